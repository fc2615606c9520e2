// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/address_messages.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::nameserver {
namespace {

std::optional<AddressPurpose> purpose_of(v1::BrokerAddress::Purpose purpose) {
  switch (purpose) {
    case v1::BrokerAddress::CLIENTS_GRPC:
      return AddressPurpose::kClientsGrpc;
    case v1::BrokerAddress::CLIENTS_REMOTING:
      return AddressPurpose::kClientsRemoting;
    case v1::BrokerAddress::INTERNAL:
      return AddressPurpose::kInternal;
    default:
      return std::nullopt;
  }
}

v1::BrokerAddress::Purpose wire_purpose(AddressPurpose purpose) {
  switch (purpose) {
    case AddressPurpose::kClientsGrpc:
      return v1::BrokerAddress::CLIENTS_GRPC;
    case AddressPurpose::kClientsRemoting:
      return v1::BrokerAddress::CLIENTS_REMOTING;
    case AddressPurpose::kInternal:
      return v1::BrokerAddress::INTERNAL;
  }
  return v1::BrokerAddress::PURPOSE_UNSPECIFIED;
}

absl::StatusOr<AddressOwner> read_owner(const v1::BrokerAddress& address, int32_t broker_id) {
  switch (address.owner()) {
    case v1::BrokerAddress::MEMBER:
      return AddressOwner::kMember;
    case v1::BrokerAddress::GROUP:
      break;
    default:
      return absl::InvalidArgumentError(concat(address.host_port(), " has the owner ",
                                               static_cast<int>(address.owner()),
                                               ", which this nameserver does not know"));
  }
  if (broker_id != 0) {
    return absl::InvalidArgumentError(concat(address.host_port(),
                                             " belongs to the group, whose master has the id 0; "
                                             "this broker has the id ",
                                             broker_id));
  }
  return AddressOwner::kGroup;
}

absl::Status check_unique(const std::vector<BrokerAddress>& earlier, const BrokerAddress& address) {
  const bool twice = std::any_of(earlier.begin(), earlier.end(), [&](const BrokerAddress& other) {
    return other.purpose == address.purpose && other.host_port == address.host_port;
  });
  return twice ? absl::InvalidArgumentError(
                     concat(to_string(address.host_port), " stands twice for one purpose"))
               : absl::OkStatus();
}

absl::StatusOr<std::vector<BrokerAddress>> read_list(const v1::BrokerIdentity& identity) {
  std::vector<BrokerAddress> addresses;
  for (const v1::BrokerAddress& wire : identity.addresses()) {
    const std::optional<AddressPurpose> purpose = purpose_of(wire.purpose());
    if (!purpose.has_value()) {
      continue;
    }
    BrokerAddress address{.purpose = *purpose, .in_reserve = wire.in_reserve()};
    PETREL_ASSIGN_OR_RETURN(address.host_port, parse_host_port(wire.host_port()));
    PETREL_ASSIGN_OR_RETURN(address.owner, read_owner(wire, identity.broker_id()));
    PETREL_RETURN_IF_ERROR(check_unique(addresses, address));
    addresses.push_back(std::move(address));
  }
  const bool routable = std::any_of(addresses.begin(), addresses.end(), [](const auto& address) {
    return address.purpose == AddressPurpose::kClientsGrpc && !address.in_reserve;
  });
  if (!routable) {
    return absl::InvalidArgumentError("none is for gRPC clients and not in reserve");
  }
  return addresses;
}

}  // namespace

absl::StatusOr<std::vector<BrokerAddress>> read_addresses(const v1::BrokerIdentity& identity) {
  if (identity.addresses().empty()) {
    absl::StatusOr<HostPort> only = parse_host_port(identity.grpc_address());
    if (!only.ok()) {
      return annotate(only.status(), "broker.grpc_address");
    }
    return std::vector<BrokerAddress>{{.host_port = *std::move(only)}};
  }
  if (identity.addresses_size() > static_cast<int>(kAddressesPerBrokerMax)) {
    return absl::InvalidArgumentError(concat("broker.addresses has ", identity.addresses_size(),
                                             " entries, at most ", kAddressesPerBrokerMax,
                                             " allowed"));
  }
  absl::StatusOr<std::vector<BrokerAddress>> list = read_list(identity);
  return list.ok() ? list : annotate(list.status(), "broker.addresses");
}

void write_addresses(const Broker& broker, v1::BrokerIdentity* identity) {
  identity->set_grpc_address(shown_address(broker));
  for (const BrokerAddress& address : broker.addresses) {
    v1::BrokerAddress* wire = identity->add_addresses();
    wire->set_purpose(wire_purpose(address.purpose));
    wire->set_owner(address.owner == AddressOwner::kGroup ? v1::BrokerAddress::GROUP
                                                          : v1::BrokerAddress::MEMBER);
    wire->set_host_port(to_string(address.host_port));
    wire->set_in_reserve(address.in_reserve);
  }
}

}  // namespace petrel::nameserver
