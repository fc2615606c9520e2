// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace apache::rocketmq::v2 {
class Endpoints;
}

// Addresses of servers, as people write them and as clients are told them. Pure functions, callable
// from any thread.

namespace petrel {

enum class HostKind { kIpv4, kIpv6, kDomainName };

struct HostPort {
  // Without brackets.
  std::string host;
  uint16_t port = 0;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// Parses "host:port" or "[ipv6]:port". The host is an IP address or a domain name, the port
// 1 to 65535. InvalidArgument otherwise.
absl::StatusOr<HostPort> parse_host_port(std::string_view text);

// The inverse of parse_host_port.
std::string to_string(const HostPort& address);

// The kind of a host that parse_host_port accepted.
HostKind host_kind(std::string_view host);

// Makes `endpoints` name this address and no other, with the scheme that clients need to read it.
void set_endpoints(const HostPort& address, apache::rocketmq::v2::Endpoints* endpoints);

// The same for several addresses of one server, at least one, which clients try in this order.
// Endpoints have one scheme, and official clients refuse more than one domain name: those of
// another kind than the first are left out, and a domain name that is first stands alone.
void set_endpoints(const std::vector<HostPort>& addresses,
                   apache::rocketmq::v2::Endpoints* endpoints);

}  // namespace petrel
