// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/topic_cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace petrel::cli {
namespace {

namespace admin = petrel::admin::v1;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kNowMs = 1'800'000'000'000;
constexpr int64_t kHourMs = 3'600'000;

// A topic of four queues with ten messages each, the oldest stored three hours ago, and a group
// that has acknowledged all but `unread` in each.
class TopicCostTest : public testing::Test {
 protected:
  TopicCostTest() {
    topic_.mutable_spec()->set_name("orders");
    topic_.mutable_spec()->set_read_queues(4);
    topic_.mutable_spec()->set_write_queues(4);
    topic_.mutable_spec()->set_permission(6);
    topic_.mutable_totals()->set_oldest_message_ms(kNowMs - 3 * kHourMs);
    for (int32_t id = 0; id < 4; ++id) {
      admin::TopicStatus::Queue* queue = topic_.add_queues();
      queue->set_queue_id(id);
      queue->set_min_offset(5);
      queue->set_max_offset(15);
    }
    after_ = {.name = "orders", .read_queues = 4, .write_queues = 4};
  }

  void add_group(const std::string& name, const std::string& topic, int64_t unread) {
    admin::GroupStatus* group = groups_.Add();
    group->mutable_spec()->set_name(name);
    admin::GroupStatus::Subscription* subscription = group->add_subscriptions();
    subscription->set_topic(topic);
    for (int32_t id = 0; id < 4; ++id) {
      admin::GroupStatus::Subscription::Queue* queue = subscription->add_queues();
      queue->set_queue_id(id);
      queue->set_lag(unread / 2);
      queue->set_in_flight(unread - unread / 2);
    }
  }

  Costs costs() const { return cost_of_change("broker-0", topic_, after_, groups_, kNowMs); }
  std::string deletion() const { return cost_of_deletion("broker-0", topic_, groups_); }

  admin::TopicStatus topic_;
  ops::TopicSettings after_;
  GroupStatuses groups_;
};

TEST_F(TopicCostTest, FewerQueuesHideWhatWasNotAcknowledged) {
  add_group("billing", "orders", 3);
  add_group("audit", "orders", 10);
  add_group("other", "payments", 7);
  after_.read_queues = after_.write_queues = 2;
  EXPECT_THAT(costs().losses,
              ElementsAre(HasSubstr("with 2 queues instead of 4, 20 messages in the queues behind "
                                    "can no longer be received, of which group billing has not "
                                    "acknowledged 6, audit 20")));
}

TEST_F(TopicCostTest, FewerQueuesWithoutAGroupHideAll) {
  after_.read_queues = 3;
  EXPECT_THAT(costs().losses, ElementsAre(HasSubstr("10 messages in the queues behind can no "
                                                    "longer be received, which no group")));
}

TEST_F(TopicCostTest, WhatAllHaveAcknowledgedAndQueuesOfSendersHideNothing) {
  add_group("billing", "orders", 0);
  after_.read_queues = 2;
  EXPECT_THAT(costs().losses, IsEmpty());
  add_group("audit", "orders", 5);
  after_.read_queues = 4;
  after_.write_queues = 1;
  EXPECT_THAT(costs().losses, IsEmpty());
  after_.read_queues = 8;
  EXPECT_THAT(costs().losses, IsEmpty());
}

TEST_F(TopicCostTest, AShorterRetentionDeletesWhatIsOlder) {
  after_.retention_ms = kHourMs;
  EXPECT_THAT(costs().losses, ElementsAre(HasSubstr("older than 1h will be deleted; the oldest is "
                                                    "3h0m old")));
  after_.retention_ms = 4 * kHourMs;
  EXPECT_THAT(costs().losses, IsEmpty());
  topic_.mutable_spec()->set_retention_ms(kHourMs);
  after_.retention_ms = 2 * kHourMs;
  EXPECT_THAT(costs().losses, IsEmpty()) << "longer than before";
  after_.retention_ms = 0;
  EXPECT_THAT(costs().losses, IsEmpty());
}

TEST_F(TopicCostTest, OfABrokerThatTellsNoQueuesTheMostIsTold) {
  add_group("billing", "orders", 3);
  admin::GroupStatus::Subscription* subscription = groups_.Mutable(0)->mutable_subscriptions(0);
  subscription->clear_queues();
  subscription->set_lag(7);
  subscription->set_in_flight(1);
  after_.read_queues = 2;
  EXPECT_THAT(costs().losses, ElementsAre(HasSubstr("group billing has not acknowledged 8")));
  subscription->set_lag(100);
  EXPECT_THAT(costs().losses, ElementsAre(HasSubstr("group billing has not acknowledged 20")));
}

TEST_F(TopicCostTest, APermissionThatGoesIsTold) {
  after_.permission = 4;
  EXPECT_THAT(costs().notes, ElementsAre(HasSubstr("sends are refused")));
  after_.permission = 2;
  EXPECT_THAT(costs().notes, ElementsAre(HasSubstr("receives are refused")));
  EXPECT_THAT(costs().losses, IsEmpty());
}

TEST_F(TopicCostTest, ADeletionCostsWhatIsNotAcknowledged) {
  EXPECT_THAT(deletion(), HasSubstr("has 40 messages, which no group has received"));
  add_group("billing", "orders", 0);
  EXPECT_EQ(deletion(), "");
  add_group("audit", "orders", 1);
  EXPECT_THAT(deletion(),
              HasSubstr("has 40 messages, of which group audit has not acknowledged 4"));
}

}  // namespace
}  // namespace petrel::cli
