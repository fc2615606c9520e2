// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/grpc_context.h"

#include <grpc/support/time.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "broker/frontend/host_text.h"

namespace petrel::grpcfront {
namespace {

int64_t remaining_ms(gpr_timespec deadline) {
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) {
    return -1;
  }
  const gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  return std::max<int64_t>(0, left.tv_sec * 1000 + left.tv_nsec / 1'000'000);
}

bool consume_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

std::string_view view(grpc::string_ref text) { return {text.data(), text.size()}; }

}  // namespace

CallContext read_context(const grpc::CallbackServerContext& context) {
  constexpr std::string_view kPrefix = "x-mq-";
  CallContext result;
  for (const auto& [key, value] : context.client_metadata()) {
    std::string_view name = view(key);
    if (!consume_prefix(name, kPrefix)) {
      continue;
    }
    if (name == "client-id") {
      result.client_id = view(value);
    } else if (name == "language") {
      result.language = view(value);
    } else if (name == "client-version") {
      result.client_version = view(value);
    } else if (name == "request-id") {
      result.request_id = view(value);
    } else if (name == "namespace") {
      result.resource_namespace = view(value);
    }
  }
  result.remaining_ms = remaining_ms(context.raw_deadline());
  return result;
}

// The library writes ipv4:1.2.3.4:5 and ipv6:%5B::1%5D:5.
store::HostAddress read_peer(const grpc::CallbackServerContext& context) {
  const std::string peer = context.peer();
  std::string_view text = peer;
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return {};
  }
  uint16_t port = 0;
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  text = text.substr(0, colon);
  if (consume_prefix(text, "ipv4:")) {
    return frontend::parse_host(text, port);
  }
  if (!consume_prefix(text, "ipv6:")) {
    return {};
  }
  consume_prefix(text, "%5B");
  return frontend::parse_host(text.substr(0, text.find("%5D")), port);
}

}  // namespace petrel::grpcfront
