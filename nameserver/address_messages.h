// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "nameserver/broker.h"
#include "petrel/nameserver/v1/registration.pb.h"

// A broker's addresses in petrel.nameserver.v1.BrokerIdentity. Pure functions, callable from any
// thread.
//
// Brokers and nameservers of before `addresses` know `grpc_address` alone. So it is written beside
// the list, and read where there is no list.

namespace petrel::nameserver {

// What the identity says, without purposes that are not known here. InvalidArgument with a sentence
// that says which address is wrong: what Broker promises about addresses holds, or this is refused.
absl::StatusOr<std::vector<BrokerAddress>> read_addresses(const v1::BrokerIdentity& identity);

void write_addresses(const Broker& broker, v1::BrokerIdentity* identity);

}  // namespace petrel::nameserver
