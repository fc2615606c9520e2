// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

#include "common/check.h"
#include "nameserver/broker.h"

// Addresses for tests of the nameserver.

namespace petrel::nameserver {

// What a broker that has one address registers: "host:port", for gRPC clients, its own.
inline BrokerAddress clients_grpc(std::string_view text) {
  absl::StatusOr<HostPort> host_port = parse_host_port(text);
  PETREL_CHECK_OK(host_port.status()) << text;
  return {.host_port = *std::move(host_port)};
}

}  // namespace petrel::nameserver
