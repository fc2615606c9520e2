// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/layout.h"

#include "common/concat.h"

namespace petrel::ops {

namespace {

constexpr int kBrokersFromBase = 100;

}  // namespace

uint16_t Layout::grpc_port(const MemberId& member) const {
  const bool broker = member.role == Role::kBroker;
  int port = 0;
  if (port_base > 0) {
    port = port_base + (broker ? kBrokersFromBase : 0) + 2 * member.index;
  } else if (member.index == 0) {
    port = broker ? 8081 : 8080;
  } else {
    port = (broker ? 18080 : 28080) + member.index;
  }
  return static_cast<uint16_t>(port);
}

uint16_t Layout::http_port(const MemberId& member) const {
  const bool broker = member.role == Role::kBroker;
  int port = 0;
  if (port_base > 0) {
    port = grpc_port(member) + 1;
  } else if (member.index == 0) {
    port = broker ? 5557 : 5558;
  } else {
    port = (broker ? 15556 : 25557) + member.index;
  }
  return static_cast<uint16_t>(port);
}

std::string Layout::grpc_address(const MemberId& member) const {
  return concat(kLocalHost, ":", grpc_port(member));
}

}  // namespace petrel::ops
