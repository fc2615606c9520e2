// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/broker.h"

#include "common/check.h"

namespace petrel::nameserver {

std::vector<HostPort> route_addresses(const Broker& broker) {
  std::vector<HostPort> named;
  for (const BrokerAddress& address : broker.addresses) {
    if (address.purpose == AddressPurpose::kClientsGrpc && !address.in_reserve) {
      named.push_back(address.host_port);
    }
  }
  return named;
}

std::string shown_address(const Broker& broker) {
  const std::vector<HostPort> named = route_addresses(broker);
  PETREL_CHECK(!named.empty()) << broker.name;  // read_broker() let it in
  return to_string(named.front());
}

}  // namespace petrel::nameserver
