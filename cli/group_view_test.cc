// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/group_view.h"

#include <gtest/gtest.h>

namespace petrel::cli {
namespace {

namespace admin = petrel::admin::v1;

admin::TopicStatus topic_with(int32_t read_queues, int64_t min, int64_t max) {
  admin::TopicStatus topic;
  topic.mutable_spec()->set_name("orders");
  topic.mutable_spec()->set_read_queues(read_queues);
  for (int32_t id = 0; id < 2; ++id) {
    admin::TopicStatus::Queue& queue = *topic.add_queues();
    queue.set_queue_id(id);
    queue.set_min_offset(min);
    queue.set_max_offset(max);
  }
  return topic;
}

class GroupViewTest : public testing::Test {
 protected:
  GroupViewTest() {
    admin::GroupStatus& status = view_.on.emplace_back(GroupView::OnBroker{&here_, {}}).status;
    status.mutable_spec()->set_name("billing");
    admin::GroupStatus::Subscription& subscription = *status.add_subscriptions();
    subscription.set_topic("orders");
    subscription.set_lag(1);
    subscription.set_in_flight(2);
  }
  Broker here_{.name = "a", .admin = nullptr, .silence = absl::OkStatus()};
  Broker elsewhere_{.name = "b", .admin = nullptr, .silence = absl::OkStatus()};
  GroupView view_;
};

TEST_F(GroupViewTest, WhatItReceivedFromCountsAsTheBrokerSays) {
  add_unreceived(here_, topic_with(2, 0, 50), view_);
  EXPECT_EQ(view_.totals().lag, 1);
  EXPECT_EQ(view_.totals().in_flight, 2);
}

TEST_F(GroupViewTest, WhereItNeverWasAllMessagesOfQueuesThatAreReadAreItsLag) {
  add_unreceived(elsewhere_, topic_with(1, 0, 50), view_);
  EXPECT_EQ(view_.totals().lag, 51);
  EXPECT_EQ(view_.by_topic().at("orders").lag, 51);
  EXPECT_EQ(view_.on.size(), 1u) << "the broker does not have the group";
  ASSERT_NE(view_.on_broker(elsewhere_), nullptr);
  EXPECT_EQ(view_.on_broker(elsewhere_)->totals().lag(), 50);
}

TEST_F(GroupViewTest, WhereTheFirstMessagesAreDeletedItWillBeginWithTheNextOne) {
  add_unreceived(elsewhere_, topic_with(2, 10, 50), view_);
  EXPECT_EQ(view_.totals().lag, 1);
  EXPECT_EQ(view_.on_broker(elsewhere_)->subscriptions(0).queues(0).next_offset(), 50);
}

}  // namespace
}  // namespace petrel::cli
