// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/registration/identity.h"

#include <gtest/gtest.h>

#include "proto/testing/older_broker_identity.h"

namespace petrel::broker {
namespace {

using nameserver::v1::BrokerAddress;
using nameserver::v1::BrokerIdentity;

BrokerAddress address(BrokerAddress::Purpose purpose, const std::string& host_port,
                      bool in_reserve = false) {
  BrokerAddress result = own_grpc_address(host_port);
  result.set_purpose(purpose);
  result.set_in_reserve(in_reserve);
  return result;
}

TEST(Identity, OlderNameserversAreToldTheFirstAddressThatRoutesName) {
  BrokerIdentity identity;
  add_address(address(BrokerAddress::INTERNAL, "10.0.0.1:10912"), &identity);
  add_address(address(BrokerAddress::CLIENTS_GRPC, "10.0.0.1:8083", true), &identity);
  EXPECT_EQ(identity.grpc_address(), "");
  add_address(own_grpc_address("10.0.0.1:8081"), &identity);
  add_address(own_grpc_address("10.0.0.2:8081"), &identity);
  OlderBrokerIdentity older;
  EXPECT_EQ(older.read(identity, "grpc_address"), "10.0.0.1:8081");
}

TEST(Identity, AddressesStandInTheOrderInWhichTheyWereAdded) {
  BrokerIdentity identity;
  add_address(own_grpc_address("10.0.0.2:8081"), &identity);
  add_address(own_grpc_address("10.0.0.1:8081"), &identity);
  ASSERT_EQ(identity.addresses_size(), 2);
  EXPECT_EQ(identity.addresses(0).host_port(), "10.0.0.2:8081");
  EXPECT_EQ(identity.addresses(1).host_port(), "10.0.0.1:8081");
  EXPECT_EQ(identity.addresses(0).owner(), BrokerAddress::MEMBER);
}

}  // namespace
}  // namespace petrel::broker
