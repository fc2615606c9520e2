// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/registration/identity.h"

#include <utility>

namespace petrel::broker {

using nameserver::v1::BrokerAddress;
using nameserver::v1::BrokerIdentity;

void add_address(BrokerAddress address, BrokerIdentity* identity) {
  const bool named = address.purpose() == BrokerAddress::CLIENTS_GRPC && !address.in_reserve();
  if (named && identity->grpc_address().empty()) {
    identity->set_grpc_address(address.host_port());
  }
  *identity->add_addresses() = std::move(address);
}

BrokerAddress own_grpc_address(std::string host_port) {
  BrokerAddress address;
  address.set_purpose(BrokerAddress::CLIENTS_GRPC);
  address.set_owner(BrokerAddress::MEMBER);
  address.set_host_port(std::move(host_port));
  return address;
}

}  // namespace petrel::broker
