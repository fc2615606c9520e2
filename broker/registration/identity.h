// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "petrel/nameserver/v1/registration.pb.h"

namespace petrel::broker {

// Adds an address after those that are there; the order is the one in which routes name them. Keeps
// `grpc_address`, all that older nameservers look at, at the first address for gRPC clients that is
// not in reserve. Any thread.
void add_address(nameserver::v1::BrokerAddress address, nameserver::v1::BrokerIdentity* identity);

// An address of this member for gRPC clients.
nameserver::v1::BrokerAddress own_grpc_address(std::string host_port);

}  // namespace petrel::broker
