// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proto/endpoints.h"

// A broker as it registered itself. Plain values.

namespace petrel::nameserver {

inline constexpr size_t kAddressesPerBrokerMax = 8;

// What is spoken at an address, as in petrel.nameserver.v1.
enum class AddressPurpose { kClientsGrpc, kClientsRemoting, kInternal };

// Whom an address leads to: always this member, or the group's master, whoever that is.
enum class AddressOwner { kMember, kGroup };

struct BrokerAddress {
  AddressPurpose purpose = AddressPurpose::kClientsGrpc;
  AddressOwner owner = AddressOwner::kMember;
  HostPort host_port;
  // Works, but routes do not name it: the port of a pair that is not in turn.
  bool in_reserve = false;

  friend bool operator==(const BrokerAddress&, const BrokerAddress&) = default;
};

// A broker process: one member of the group of brokers that share a name.
//
// Its addresses stand in its own order: at most kAddressesPerBrokerMax, no two of one purpose the
// same, those of the group only with the master, and at least one that route_addresses() gives.
struct Broker {
  std::string cluster;
  std::string name;
  int32_t id = 0;  // 0: master of the group
  int64_t role_epoch = 0;
  std::vector<BrokerAddress> addresses;
  std::string incarnation;  // this run of the process
  std::string version;
  bool auto_create_topics = false;
  int32_t auto_create_queues = 0;

  friend bool operator==(const Broker&, const Broker&) = default;
};

// Where gRPC clients are told to reach the broker, best first.
std::vector<HostPort> route_addresses(const Broker& broker);

// The first of route_addresses(), for people to read.
std::string shown_address(const Broker& broker);

}  // namespace petrel::nameserver
