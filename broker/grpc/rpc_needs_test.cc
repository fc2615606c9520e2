// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/rpc_needs.h"

#include "gtest/gtest.h"

namespace petrel::grpcfront {
namespace {

using frontend::Action;
using frontend::Need;
using frontend::ResourceKind;

constexpr Action kPublish = Action::kPublish;
constexpr Action kSubscribe = Action::kSubscribe;
constexpr ResourceKind kTopic = ResourceKind::kTopic;
constexpr ResourceKind kGroup = ResourceKind::kGroup;

const CallContext kContext{.resource_namespace = "ns"};
const Need kConnect{Action::kConnect, ResourceKind::kBroker, ""};

void expect(const Needs& needs, const Needs& expected) {
  ASSERT_EQ(needs.size(), expected.size());
  for (size_t i = 0; i < needs.size(); ++i) {
    EXPECT_EQ(needs[i].action, expected[i].action) << i;
    EXPECT_EQ(needs[i].kind, expected[i].kind) << i;
    EXPECT_EQ(needs[i].name, expected[i].name) << i;
  }
}

TEST(RpcNeeds, ASendPublishesToItsTopicOnceHoweverManyMessagesItHas) {
  rmq::SendMessageRequest request;
  expect(needs_of(kContext, request), {kConnect});
  for (int i = 0; i < 3; ++i) {
    request.add_messages()->mutable_topic()->set_name("orders");
  }
  expect(needs_of(kContext, request), {{kPublish, kTopic, "ns%orders"}});
}

TEST(RpcNeeds, NoTopicOfASendIsOverlooked) {
  rmq::SendMessageRequest request;
  for (const char* name : {"a", "b", "a"}) {
    request.add_messages()->mutable_topic()->set_name(name);
  }
  rmq::Resource& elsewhere = *request.add_messages()->mutable_topic();
  elsewhere.set_name("a");
  elsewhere.set_resource_namespace("other");
  expect(needs_of({}, request), {{kPublish, kTopic, "a"},
                                 {kPublish, kTopic, "b"},
                                 {kPublish, kTopic, "a"},
                                 {kPublish, kTopic, "other%a"}});
}

template <typename RequestT>
void expect_consumption() {
  RequestT request;
  request.mutable_topic()->set_name("orders");
  request.mutable_group()->set_name("g");
  expect(needs_of(kContext, request),
         {{kSubscribe, kTopic, "ns%orders"}, {kSubscribe, kGroup, "ns%g"}});
}
template <typename RequestT>
void expect_consumption_of_a_queue() {
  RequestT request;
  request.mutable_message_queue()->mutable_topic()->set_name("orders");
  request.mutable_group()->set_name("g");
  expect(needs_of(kContext, request),
         {{kSubscribe, kTopic, "ns%orders"}, {kSubscribe, kGroup, "ns%g"}});
}

TEST(RpcNeeds, ConsumptionSubscribesAGroupToATopic) {
  expect_consumption<rmq::QueryAssignmentRequest>();
  expect_consumption<rmq::AckMessageRequest>();
  expect_consumption<rmq::ChangeInvisibleDurationRequest>();
  expect_consumption<rmq::ForwardMessageToDeadLetterQueueRequest>();
  expect_consumption<rmq::SyncLiteSubscriptionRequest>();
  expect_consumption_of_a_queue<rmq::ReceiveMessageRequest>();
  expect_consumption_of_a_queue<rmq::PullMessageRequest>();
  expect_consumption_of_a_queue<rmq::UpdateOffsetRequest>();
  expect_consumption_of_a_queue<rmq::GetOffsetRequest>();
}

TEST(RpcNeeds, AClientWithoutAGroupConnects) {
  rmq::HeartbeatRequest heartbeat;
  expect(needs_of(kContext, heartbeat), {kConnect});
  heartbeat.mutable_group()->set_name("g");
  expect(needs_of(kContext, heartbeat), {{kSubscribe, kGroup, "ns%g"}});
  rmq::NotifyClientTerminationRequest termination;
  expect(needs_of(kContext, termination), {kConnect});
  termination.mutable_group()->set_name("g");
  expect(needs_of(kContext, termination), {{kSubscribe, kGroup, "ns%g"}});
}

TEST(RpcNeeds, SettingsNeedLeaveForAllThatTheyName) {
  rmq::TelemetryCommand command;
  expect(needs_of(kContext, command), {kConnect});
  rmq::Publishing* publishing = command.mutable_settings()->mutable_publishing();
  publishing->add_topics()->set_name("a");
  publishing->add_topics()->set_name("b");
  expect(needs_of(kContext, command),
         {kConnect, {kPublish, kTopic, "ns%a"}, {kPublish, kTopic, "ns%b"}});
  rmq::Subscription* subscription = command.mutable_settings()->mutable_subscription();
  subscription->mutable_group()->set_name("g");
  subscription->add_subscriptions()->mutable_topic()->set_name("c");
  expect(needs_of(kContext, command),
         {kConnect, {kSubscribe, kGroup, "ns%g"}, {kSubscribe, kTopic, "ns%c"}});
}

}  // namespace
}  // namespace petrel::grpcfront
