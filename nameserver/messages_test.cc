// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nameserver/registration_messages.h"
#include "nameserver/route_messages.h"
#include "nameserver/testing/addresses.h"

namespace petrel::nameserver {
namespace {

namespace rmq = ::apache::rocketmq::v2;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const Broker> replica(const std::string& name, int32_t id,
                                      const std::string& address) {
  Broker broker;
  broker.name = name;
  broker.id = id;
  broker.addresses = {clients_grpc(address)};
  return std::make_shared<const Broker>(broker);
}

constexpr uint32_t kNormal = 1U << rmq::NORMAL;
constexpr int32_t kReadWrite = permission::kRead | permission::kWrite;

rmq::Resource topic() {
  rmq::Resource resource;
  resource.set_resource_namespace("shop");
  resource.set_name("orders");
  return resource;
}

// "broker/id#queue PERMISSION scheme"
std::vector<std::string> route_of(const std::vector<GroupRoute>& routes) {
  rmq::QueryRouteResponse response;
  write_route(topic(), routes, &response);
  std::vector<std::string> result;
  for (const rmq::MessageQueue& queue : response.message_queues()) {
    EXPECT_EQ(queue.topic().name(), "orders");
    EXPECT_EQ(queue.topic().resource_namespace(), "shop");
    result.push_back(queue.broker().name() + "/" + std::to_string(queue.broker().id()) + "#" +
                     std::to_string(queue.id()) + " " + rmq::Permission_Name(queue.permission()) +
                     " " + rmq::AddressScheme_Name(queue.broker().endpoints().scheme()));
  }
  return result;
}

TEST(RouteMessagesTest, EachQueueOfEachReplicaIsListedInOrder) {
  const std::vector<GroupRoute> routes = {
      {{2, 1, kReadWrite, kNormal}, {replica("a", 0, "10.0.0.1:8081"), replica("a", 1, "[::1]:2")}},
      {{1, 1, permission::kRead, kNormal}, {replica("b", 0, "b.example:8081")}}};
  EXPECT_THAT(route_of(routes),
              ElementsAre("a/0#0 READ IPv4", "a/0#1 READ_WRITE IPv4", "a/1#0 READ IPv6",
                          "a/1#1 READ_WRITE IPv6", "b/0#0 READ DOMAIN_NAME"));
}

TEST(RouteMessagesTest, QueuesNameTheTypesThatTheyAccept) {
  rmq::QueryRouteResponse response;
  write_route(topic(),
              {{{1, 1, kReadWrite, 1U << rmq::FIFO | kNormal | 1U << 31},
                {replica("a", 0, "10.0.0.1:8081")}}},
              &response);
  ASSERT_EQ(response.message_queues_size(), 1);
  EXPECT_THAT(response.message_queues(0).accept_message_types(),
              ElementsAre(rmq::NORMAL, rmq::FIFO));
  const rmq::Endpoints& endpoints = response.message_queues(0).broker().endpoints();
  ASSERT_EQ(endpoints.addresses_size(), 1);
  EXPECT_EQ(endpoints.addresses(0).host(), "10.0.0.1");
  EXPECT_EQ(endpoints.addresses(0).port(), 8081);
}

TEST(RouteMessagesTest, SeveralAddressesOfABrokerAreItsEndpointsInOrder) {
  Broker broker = *replica("a", 0, "10.0.0.2:8081");
  broker.addresses.push_back(clients_grpc("10.0.0.1:8081"));
  broker.addresses.push_back(clients_grpc("10.0.0.3:8081"));
  broker.addresses[2].in_reserve = true;
  rmq::QueryRouteResponse response;
  write_route(topic(), {{{1, 1, kReadWrite, kNormal}, {std::make_shared<const Broker>(broker)}}},
              &response);
  ASSERT_EQ(response.message_queues_size(), 1);
  const rmq::Endpoints& endpoints = response.message_queues(0).broker().endpoints();
  ASSERT_EQ(endpoints.addresses_size(), 2);
  EXPECT_EQ(endpoints.addresses(0).host(), "10.0.0.2");
  EXPECT_EQ(endpoints.addresses(1).host(), "10.0.0.1");
}

TEST(RouteMessagesTest, ReadableMastersAreAssignedOnceEach) {
  rmq::QueryAssignmentResponse response;
  write_assignments(
      topic(),
      {{{8, 8, kReadWrite, kNormal}, {replica("a", 0, "h:1"), replica("a", 1, "h:2")}},
       {{8, 8, permission::kWrite, kNormal}, {replica("b", 0, "h:3")}},
       {{8, 8, permission::kRead, kNormal}, {replica("c", 1, "h:4")}},
       {{0, 8, kReadWrite, kNormal}, {replica("d", 0, "h:5")}},
       {{8, 0, permission::kRead, kNormal}, {replica("e", 0, "h:6")}}},
      &response);
  ASSERT_EQ(response.assignments_size(), 2);
  const rmq::MessageQueue& first = response.assignments(0).message_queue();
  EXPECT_EQ(first.broker().name(), "a");
  EXPECT_EQ(first.id(), -1);
  EXPECT_EQ(first.permission(), rmq::READ_WRITE);
  EXPECT_EQ(first.topic().name(), "orders");
  const rmq::MessageQueue& second = response.assignments(1).message_queue();
  EXPECT_EQ(second.broker().name(), "e");
  EXPECT_EQ(second.permission(), rmq::READ);
}

v1::BrokerIdentity identity() {
  v1::BrokerIdentity result;
  result.set_cluster("c");
  result.set_broker_name("a");
  result.set_broker_id(1);
  result.set_role_epoch(7);
  result.set_grpc_address("127.0.0.1:8081");
  result.add_addresses()->set_purpose(v1::BrokerAddress::CLIENTS_GRPC);
  result.mutable_addresses(0)->set_host_port("127.0.0.1:8081");
  result.set_incarnation("run");
  result.set_version("0.1.0");
  result.set_auto_create_topics(true);
  result.set_auto_create_queues(4);
  return result;
}

TEST(RegistrationMessagesTest, ABrokerIsListedAsItRegistered) {
  const absl::StatusOr<Broker> broker = read_broker(identity());
  ASSERT_TRUE(broker.ok());
  v1::ListBrokersResponse::Entry entry;
  write_broker({std::make_shared<const Broker>(*broker), 3, 2, 1000, 2000}, &entry);
  EXPECT_EQ(entry.broker().SerializeAsString(), identity().SerializeAsString());
  EXPECT_EQ(entry.topics_version(), 3);
  EXPECT_EQ(entry.topic_count(), 2);
  EXPECT_EQ(entry.registered_ms(), 1000);
  EXPECT_EQ(entry.last_heard_ms(), 2000);
}

// The message of the error after a change to a sound identity.
template <typename Change>
std::string refusal(Change change) {
  v1::BrokerIdentity changed = identity();
  change(changed);
  const absl::StatusOr<Broker> broker = read_broker(changed);
  EXPECT_EQ(broker.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(broker.status().message());
}

TEST(RegistrationMessagesTest, ABrokerWithAFieldOutOfBoundsIsRefused) {
  EXPECT_THAT(refusal([](auto& b) { b.clear_cluster(); }), HasSubstr("cluster"));
  EXPECT_THAT(refusal([](auto& b) { b.set_broker_name(std::string(256, 'x')); }),
              HasSubstr("broker_name"));
  EXPECT_THAT(refusal([](auto& b) { b.clear_incarnation(); }), HasSubstr("incarnation"));
  EXPECT_THAT(refusal([](auto& b) { b.set_broker_id(-1); }), HasSubstr("broker_id"));
  EXPECT_THAT(refusal([](auto& b) { b.set_role_epoch(-1); }), HasSubstr("role_epoch"));
  EXPECT_THAT(refusal([](auto& b) { b.mutable_addresses(0)->set_host_port("nowhere"); }),
              HasSubstr("addresses"));
  EXPECT_THAT(refusal([](auto& b) { b.set_auto_create_queues(20000); }),
              HasSubstr("auto_create_queues"));
}

v1::RegisterRequest one_topic() {
  v1::RegisterRequest request;
  v1::TopicRoute* route = request.add_topics();
  route->set_topic("orders");
  route->set_read_queues(4);
  route->set_write_queues(3);
  route->set_permission(6);
  route->add_message_types(rmq::NORMAL);
  route->add_message_types(rmq::FIFO);
  return request;
}

TEST(RegistrationMessagesTest, ATopicIsListedAsItWasRegistered) {
  const auto entries = read_topics(one_topic().topics());
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().queues, (TopicQueues{4, 3, 6, kNormal | 1U << rmq::FIFO}));
  v1::ListTopicsResponse::Entry entry;
  write_topic("orders", {{entries->front().queues, {replica("a", 0, "h:1")}}}, &entry);
  ASSERT_EQ(entry.placements_size(), 1);
  EXPECT_EQ(entry.placements(0).broker_name(), "a");
  EXPECT_EQ(entry.placements(0).route().SerializeAsString(),
            one_topic().topics(0).SerializeAsString());
}

TEST(RegistrationMessagesTest, ATopicOutOfBoundsIsRefused) {
  const auto code = [](auto change) {
    v1::RegisterRequest request = one_topic();
    change(*request.mutable_topics(0));
    return read_topics(request.topics()).status().code();
  };
  const auto refused = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(code([](auto& t) { t.clear_topic(); }), refused);
  EXPECT_EQ(code([](auto& t) { t.set_topic(std::string(256, 'x')); }), refused);
  EXPECT_EQ(code([](auto& t) { t.set_read_queues(-1); }), refused);
  EXPECT_EQ(code([](auto& t) { t.set_write_queues(16385); }), refused);
  EXPECT_EQ(code([](auto& t) { t.add_message_types(32); }), refused);
  EXPECT_EQ(code([](auto& t) { t.add_message_types(-1); }), refused);
}

}  // namespace
}  // namespace petrel::nameserver
