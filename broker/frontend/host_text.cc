// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/host_text.h"

#include <arpa/inet.h>

#include <array>

#include "common/concat.h"

namespace petrel::frontend {

std::string format_host(const store::HostAddress& host) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(host.ipv6 ? AF_INET6 : AF_INET, host.ip.data(), text.data(), text.size());
  return host.ipv6 ? concat("[", text.data(), "]:", host.port)
                   : concat(text.data(), ":", host.port);
}

store::HostAddress parse_host(std::string_view ip, uint16_t port) {
  store::HostAddress host;
  host.port = port;
  const std::string text(ip);
  if (inet_pton(AF_INET, text.c_str(), host.ip.data()) == 1) {
    return host;
  }
  host.ipv6 = inet_pton(AF_INET6, text.c_str(), host.ip.data()) == 1;
  return host;
}

}  // namespace petrel::frontend
