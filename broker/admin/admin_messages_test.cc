// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/admin/admin_messages.h"

#include "gtest/gtest.h"

namespace petrel::broker {
namespace {

TEST(AdminMessages, EveryOutcomeHasAStatus) {
  for (int i = 0; i <= static_cast<int>(core::OutcomeCode::kForbidden); ++i) {
    const grpc::Status status = to_status({static_cast<core::OutcomeCode>(i), "why"});
    EXPECT_EQ(status.ok(), i == 0) << i;
    EXPECT_NE(status.error_code(), grpc::StatusCode::UNKNOWN) << i;
    EXPECT_EQ(status.error_message(), i == 0 ? "" : "why");
  }
}

TEST(AdminMessages, AGroupConsumesUnlessItSaysOtherwise) {
  admin::v1::GroupSpec spec;
  spec.set_name("g");
  spec.mutable_backoff()->add_delays_ms(1'000);
  EXPECT_TRUE(read_group(spec).consume_enabled);
  EXPECT_EQ(read_group(spec).backoff_ms, std::vector<int64_t>{1'000});
  spec.set_consume_enabled(false);
  EXPECT_FALSE(read_group(spec).consume_enabled);
}

TEST(AdminMessages, AGroupComesBackAsItWasDeclared) {
  admin::v1::GroupSpec spec;
  spec.set_name("g");
  spec.set_consume_enabled(true);
  spec.mutable_backoff();
  spec.set_consume_from(admin::v1::CONSUME_FROM_TIME);
  spec.set_consume_from_ms(1'764'514'800'000);
  admin::v1::GroupStatus status;
  write_group({.config = read_group(spec)}, core::Detail::kFull, 0, &status);
  EXPECT_EQ(status.spec().consume_from(), spec.consume_from());
  EXPECT_EQ(status.spec().consume_from_ms(), spec.consume_from_ms());
}

TEST(AdminMessages, ATopicComesBackAsItWasDeclared) {
  admin::v1::TopicSpec spec;
  spec.set_name("orders");
  spec.set_read_queues(8);
  spec.set_write_queues(4);
  spec.set_permission(6);
  spec.set_message_type(admin::v1::NORMAL);
  spec.set_retention_ms(3'600'000);
  core::ListTopicsRequest::Topic topic{.config = read_topic(spec)};
  topic.queues.push_back({.queue_id = 0, .max = store::QueueOffset(5)});
  admin::v1::TopicStatus status;
  write_topic(topic, core::Detail::kFull, &status);
  EXPECT_EQ(status.spec().SerializeAsString(), spec.SerializeAsString());
  EXPECT_EQ(status.queues(0).max_offset(), 5);
}

TEST(AdminMessages, AGroupTellsItsPositionInEachQueue) {
  core::ListGroupsRequest::Group group{.config = {.name = "billing"}};
  group.subscriptions.push_back(
      {.topic = "orders",
       .queues = {{.queue_id = 3, .next = store::QueueOffset(7), .lag = 5, .in_flight = 2},
                  {.queue_id = 4, .lag = 9, .begun = false, .lag_at_most = true}},
       .lag_at_most = true});
  admin::v1::GroupStatus status;
  write_group(group, core::Detail::kFull, 1, &status);
  ASSERT_EQ(status.subscriptions(0).queues_size(), 2);
  EXPECT_EQ(status.subscriptions(0).queues(0).queue_id(), 3);
  EXPECT_EQ(status.subscriptions(0).queues(0).next_offset(), 7);
  EXPECT_EQ(status.subscriptions(0).queues(0).lag(), 5);
  EXPECT_EQ(status.subscriptions(0).queues(0).in_flight(), 2);
  EXPECT_FALSE(status.subscriptions(0).queues(0).not_begun());
  EXPECT_TRUE(status.subscriptions(0).queues(1).not_begun());
  EXPECT_TRUE(status.subscriptions(0).queues(1).lag_at_most());
  EXPECT_FALSE(status.subscriptions(0).not_begun());
  EXPECT_TRUE(status.subscriptions(0).lag_at_most());
}

}  // namespace
}  // namespace petrel::broker
