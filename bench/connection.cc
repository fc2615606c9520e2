// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/connection.h"

#include <arpa/inet.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <unistd.h>

#include <atomic>
#include <charconv>

#include "bench/stamp.h"
#include "common/rpc/channel_credentials.h"

namespace petrel::bench {

std::shared_ptr<grpc::Channel> make_channel(const std::string& address, bool tls) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(
      address, tls ? tls_channel_credentials("") : grpc::InsecureChannelCredentials(), arguments);
}

std::string make_client_id() {
  static std::atomic<int> next_index{0};
  char host[256] = "localhost";
  gethostname(host, sizeof host - 1);
  return std::string(host) + "@" + std::to_string(getpid()) + "@" +
         std::to_string(next_index.fetch_add(1)) + "@" + std::to_string(monotonic_ns());
}

void add_client_metadata(grpc::ClientContext& context, const std::string& client_id) {
  context.AddMetadata("x-mq-client-id", client_id);
  context.AddMetadata("x-mq-language", "CPP");
  context.AddMetadata("x-mq-protocol", "v2");
  context.AddMetadata("x-mq-client-version", "5.0.0");
}

absl::StatusOr<apache::rocketmq::v2::Endpoints> parse_endpoint(const std::string& text) {
  const size_t colon = text.rfind(':');
  int port = 0;
  const char* end = text.data() + text.size();
  if (colon == std::string::npos || colon == 0 ||
      std::from_chars(text.data() + colon + 1, end, port).ptr != end || port < 1 || port > 65535) {
    return absl::InvalidArgumentError("'" + text + "' is not host:port");
  }
  std::string host = text.substr(0, colon);
  apache::rocketmq::v2::Endpoints endpoints;
  in6_addr parsed;
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (inet_pton(AF_INET6, host.c_str(), &parsed) != 1) {
      return absl::InvalidArgumentError("'" + host + "' is not an IPv6 address");
    }
    endpoints.set_scheme(apache::rocketmq::v2::IPv6);
  } else if (inet_pton(AF_INET, host.c_str(), &parsed) == 1) {
    endpoints.set_scheme(apache::rocketmq::v2::IPv4);
  } else {
    endpoints.set_scheme(apache::rocketmq::v2::DOMAIN_NAME);
  }
  endpoints.add_addresses()->set_host(host);
  endpoints.mutable_addresses(0)->set_port(port);
  return endpoints;
}

}  // namespace petrel::bench
