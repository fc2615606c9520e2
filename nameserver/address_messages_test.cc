// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/address_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "nameserver/testing/addresses.h"

namespace petrel::nameserver {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Purpose = v1::BrokerAddress::Purpose;

v1::BrokerAddress address(Purpose purpose, const std::string& host_port) {
  v1::BrokerAddress result;
  result.set_purpose(purpose);
  result.set_host_port(host_port);
  return result;
}

v1::BrokerAddress of_group(v1::BrokerAddress result) {
  result.set_owner(v1::BrokerAddress::GROUP);
  return result;
}

v1::BrokerAddress in_reserve(v1::BrokerAddress result) {
  result.set_in_reserve(true);
  return result;
}

v1::BrokerIdentity identity(const std::vector<v1::BrokerAddress>& addresses) {
  v1::BrokerIdentity result;
  for (const v1::BrokerAddress& one : addresses) {
    *result.add_addresses() = one;
  }
  return result;
}

constexpr Purpose kGrpc = v1::BrokerAddress::CLIENTS_GRPC;

std::vector<std::string> routes_of(const v1::BrokerIdentity& identity) {
  Broker broker;
  const auto addresses = read_addresses(identity);
  EXPECT_TRUE(addresses.ok()) << addresses.status();
  broker.addresses = *addresses;
  std::vector<std::string> result;
  for (const HostPort& host_port : route_addresses(broker)) {
    result.push_back(to_string(host_port));
  }
  return result;
}

std::string refusal(const v1::BrokerIdentity& identity) {
  const auto addresses = read_addresses(identity);
  EXPECT_EQ(addresses.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(addresses.status().message());
}

TEST(AddressMessages, RoutesNameTheAddressesOfGrpcClientsInTheBrokersOrder) {
  EXPECT_THAT(routes_of(identity({address(v1::BrokerAddress::INTERNAL, "10.0.0.1:10912"),
                                  of_group(address(kGrpc, "10.0.0.9:8081")),
                                  address(v1::BrokerAddress::CLIENTS_REMOTING, "10.0.0.1:10911"),
                                  address(kGrpc, "10.0.0.1:8081")})),
              ElementsAre("10.0.0.9:8081", "10.0.0.1:8081"));
}

TEST(AddressMessages, RoutesDoNotNameThePortThatIsInReserve) {
  EXPECT_THAT(routes_of(identity({in_reserve(of_group(address(kGrpc, "10.0.0.9:8081"))),
                                  of_group(address(kGrpc, "10.0.0.9:8083"))})),
              ElementsAre("10.0.0.9:8083"));
  EXPECT_THAT(refusal(identity({in_reserve(address(kGrpc, "10.0.0.1:8081"))})),
              HasSubstr("none is for gRPC clients"));
}

TEST(AddressMessages, AreListedAsTheyWereRegistered) {
  v1::BrokerIdentity registered =
      identity({in_reserve(of_group(address(kGrpc, "group.example:8083"))),
                of_group(address(kGrpc, "group.example:8081")),
                address(v1::BrokerAddress::CLIENTS_REMOTING, "[2001:db8::1]:10911"),
                address(v1::BrokerAddress::INTERNAL, "10.0.0.1:10912")});
  registered.set_grpc_address("group.example:8081");
  Broker broker;
  broker.addresses = *read_addresses(registered);
  v1::BrokerIdentity listed;
  write_addresses(broker, &listed);
  EXPECT_EQ(listed.SerializeAsString(), registered.SerializeAsString());
}

TEST(AddressMessages, APurposeOfALaterVersionIsPassedOver) {
  const auto later = static_cast<Purpose>(77);
  EXPECT_THAT(
      routes_of(identity({address(later, "socket of a kind"), address(kGrpc, "10.0.0.1:8081")})),
      ElementsAre("10.0.0.1:8081"));
}

TEST(AddressMessages, OneOutOfBoundsIsRefusedWithTheAddressThatIsWrong) {
  EXPECT_THAT(refusal(identity({address(kGrpc, "10.0.0.1:8081"), address(kGrpc, "10.0.0.1:0")})),
              AllOf(HasSubstr("broker.addresses"), HasSubstr("10.0.0.1:0"), HasSubstr("port")));
  EXPECT_THAT(refusal(identity({address(kGrpc, "no where:80")})), HasSubstr("no where:80"));
  EXPECT_THAT(refusal(identity({address(kGrpc, "h:1"), address(kGrpc, "h:1")})),
              HasSubstr("h:1 stands twice"));
  EXPECT_THAT(refusal(identity({address(v1::BrokerAddress::INTERNAL, "h:1")})),
              HasSubstr("none is for gRPC clients"));
  v1::BrokerIdentity odd_owner = identity({address(kGrpc, "h:1")});
  odd_owner.mutable_addresses(0)->set_owner(static_cast<v1::BrokerAddress::Owner>(7));
  EXPECT_THAT(refusal(odd_owner), AllOf(HasSubstr("h:1"), HasSubstr("owner 7")));
}

TEST(AddressMessages, MoreThanEightAreRefused) {
  std::vector<v1::BrokerAddress> addresses;
  for (size_t i = 1; i <= kAddressesPerBrokerMax; ++i) {
    addresses.push_back(address(kGrpc, "h:" + std::to_string(i)));
  }
  EXPECT_TRUE(read_addresses(identity(addresses)).ok());
  addresses.push_back(address(static_cast<Purpose>(77), "h:9"));
  EXPECT_THAT(refusal(identity(addresses)), AllOf(HasSubstr("9 entries"), HasSubstr("at most 8")));
}

TEST(AddressMessages, OnlyTheMasterHasTheGroupsAddress) {
  v1::BrokerIdentity slave =
      identity({address(kGrpc, "10.0.0.1:8081"), of_group(address(kGrpc, "10.0.0.9:8081"))});
  EXPECT_TRUE(read_addresses(slave).ok());
  slave.set_broker_id(1);
  EXPECT_THAT(refusal(slave), AllOf(HasSubstr("10.0.0.9:8081"), HasSubstr("id 1")));
}

TEST(AddressMessages, OnePortMayServeSeveralPurposes) {
  EXPECT_TRUE(read_addresses(identity({address(kGrpc, "h:1"),
                                       address(v1::BrokerAddress::CLIENTS_REMOTING, "h:1")}))
                  .ok());
}

}  // namespace
}  // namespace petrel::nameserver
