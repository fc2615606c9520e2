// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/client_wire.h"

#include <libdeflate.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

// Official clients compress; the largest body that a server takes by default is 4 MiB.
constexpr size_t kBodyBytesMax = 64 << 20;
constexpr int64_t kMessageIdEpochMs = 1'609'459'200'000;  // 2021-01-01 UTC

absl::StatusCode code_of(rmq::Code code) {
  switch (code) {
    case rmq::TOO_MANY_REQUESTS:
      return absl::StatusCode::kResourceExhausted;
    case rmq::UNAUTHORIZED:
      return absl::StatusCode::kUnauthenticated;
    case rmq::FORBIDDEN:
      return absl::StatusCode::kPermissionDenied;
    case rmq::NOT_IMPLEMENTED:
      return absl::StatusCode::kUnimplemented;
    default:
      break;
  }
  // The protocol numbers its codes in classes, as HTTP does.
  if (code / 100 == rmq::NOT_FOUND / 100) {
    return absl::StatusCode::kNotFound;
  }
  return code / 10'000 == rmq::BAD_REQUEST / 10'000 ? absl::StatusCode::kInvalidArgument
                                                    : absl::StatusCode::kInternal;
}

google::protobuf::Timestamp timestamp(int64_t time_ms) {
  google::protobuf::Timestamp result;
  result.set_seconds(time_ms / 1000);
  result.set_nanos(static_cast<int32_t>(time_ms % 1000 * 1'000'000));
  return result;
}

}  // namespace

absl::Status from_status(const rmq::Status& status) {
  if (status.code() == rmq::OK) {
    return absl::OkStatus();
  }
  return absl::Status(code_of(status.code()),
                      concat(status.message(), " (", rmq::Code_Name(status.code()), ")"));
}

void to_wire(const OutgoingMessage& message, const std::string& topic, int64_t now_ms,
             rmq::Message* wire) {
  wire->mutable_topic()->set_name(topic);
  wire->mutable_user_properties()->insert(message.properties.begin(), message.properties.end());
  wire->set_body(message.body);
  rmq::SystemProperties& system = *wire->mutable_system_properties();
  if (!message.tag.empty()) {
    system.set_tag(message.tag);
  }
  for (const std::string& key : message.keys) {
    system.add_keys(key);
  }
  system.set_message_type(rmq::NORMAL);
  system.set_body_encoding(rmq::IDENTITY);
  *system.mutable_born_timestamp() = timestamp(now_ms);
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  system.set_born_host(host.data());
}

absl::StatusOr<ReceivedMessage> from_wire(const rmq::Message& wire, const std::string& broker) {
  const rmq::SystemProperties& system = wire.system_properties();
  ReceivedMessage message;
  message.message_id = system.message_id();
  message.topic = wire.topic().name();
  message.tag = system.tag();
  message.keys.assign(system.keys().begin(), system.keys().end());
  message.properties.insert(wire.user_properties().begin(), wire.user_properties().end());
  message.body = wire.body();
  if (system.body_encoding() == rmq::GZIP) {
    PETREL_ASSIGN_OR_RETURN(message.body, uncompress(wire.body(), kBodyBytesMax));
  }
  message.broker = broker;
  message.queue_id = system.queue_id();
  message.offset = system.queue_offset();
  message.attempt = system.delivery_attempt();
  message.born_ms =
      system.born_timestamp().seconds() * 1000 + system.born_timestamp().nanos() / 1'000'000;
  message.receipt_handle = system.receipt_handle();
  return message;
}

absl::StatusOr<std::string> uncompress(const std::string& body, size_t bytes_max) {
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  if (decompressor == nullptr) {
    return absl::ResourceExhaustedError("no memory to uncompress a message");
  }
  const bool gzip = body.substr(0, 2) == "\x1f\x8b";
  std::string result;
  libdeflate_result outcome = LIBDEFLATE_INSUFFICIENT_SPACE;
  // The format does not say how large the result is.
  for (size_t space = std::max<size_t>(4096, body.size() * 4);
       outcome == LIBDEFLATE_INSUFFICIENT_SPACE && result.size() < bytes_max; space *= 4) {
    result.resize(std::min(space, bytes_max));
    size_t size = 0;
    outcome = (gzip ? libdeflate_gzip_decompress : libdeflate_zlib_decompress)(
        decompressor, body.data(), body.size(), result.data(), result.size(), &size);
    if (outcome == LIBDEFLATE_SUCCESS) {
      result.resize(size);
    }
  }
  libdeflate_free_decompressor(decompressor);
  if (outcome != LIBDEFLATE_SUCCESS) {
    return absl::DataLossError(
        "the body of a message says that it is compressed, and is not, or is "
        "too large");
  }
  return result;
}

std::string make_message_id(uint64_t machine, int64_t now_ms, uint32_t number) {
  std::array<char, 64> text{};
  snprintf(text.data(), text.size(), "01%012llX%04X%08X%08X",
           static_cast<unsigned long long>(machine & 0xFFFFFFFFFFFFULL),
           static_cast<unsigned>(getpid()) & 0xFFFFU,
           static_cast<unsigned>((now_ms - kMessageIdEpochMs) / 1000), number);
  return text.data();
}

}  // namespace petrel::cli
