// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "nameserver/registration_messages.h"
#include "nameserver/route_messages.h"
#include "proto/testing/older_broker_identity.h"

// During a roll, builds of before and after BrokerIdentity.addresses meet.

namespace petrel::nameserver {
namespace {

namespace rmq = ::apache::rocketmq::v2;
using ::testing::HasSubstr;

TEST(MixedVersions, RoutesNameAnOlderBrokerByItsOneAddress) {
  OlderBrokerIdentity older;
  const auto broker = read_broker(older.write(
      R"(cluster: "c" broker_name: "a" grpc_address: "10.0.0.1:8081" incarnation: "run")"));
  ASSERT_TRUE(broker.ok()) << broker.status();
  rmq::QueryRouteResponse response;
  write_route(rmq::Resource(),
              {{{1, 1, permission::kRead | permission::kWrite, 2},
                {std::make_shared<const Broker>(*broker)}}},
              &response);
  ASSERT_EQ(response.message_queues_size(), 1);
  const rmq::Endpoints& endpoints = response.message_queues(0).broker().endpoints();
  ASSERT_EQ(endpoints.addresses_size(), 1);
  EXPECT_EQ(endpoints.addresses(0).host(), "10.0.0.1");
  EXPECT_EQ(endpoints.addresses(0).port(), 8081);
}

TEST(MixedVersions, AnOlderBrokerWithoutASoundAddressIsRefused) {
  OlderBrokerIdentity older;
  const auto broker = read_broker(
      older.write(R"(cluster: "c" broker_name: "a" grpc_address: "here" incarnation: "run")"));
  EXPECT_EQ(broker.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(broker.status().message()), HasSubstr("broker.grpc_address"));
}

TEST(MixedVersions, AnOlderToolReadsTheFirstAddressThatRoutesName) {
  v1::BrokerIdentity identity;
  identity.set_cluster("c");
  identity.set_broker_name("a");
  identity.set_incarnation("run");
  for (const char* host_port : {"10.0.0.2:8083", "10.0.0.1:8081", "10.0.0.2:8081"}) {
    v1::BrokerAddress* address = identity.add_addresses();
    address->set_purpose(v1::BrokerAddress::CLIENTS_GRPC);
    address->set_host_port(host_port);
  }
  identity.mutable_addresses(0)->set_in_reserve(true);
  const auto broker = read_broker(identity);
  ASSERT_TRUE(broker.ok()) << broker.status();
  v1::ListBrokersResponse::Entry entry;
  write_broker({std::make_shared<const Broker>(*broker), 3, 2, 1000, 2000}, &entry);
  OlderBrokerIdentity older;
  EXPECT_EQ(older.read(entry.broker(), "grpc_address"), "10.0.0.1:8081");
}

}  // namespace
}  // namespace petrel::nameserver
