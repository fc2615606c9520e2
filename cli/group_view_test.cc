// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/group_view.h"

#include <gtest/gtest.h>

namespace petrel::cli {
namespace {

namespace admin = petrel::admin::v1;

class GroupViewTest : public testing::Test {
 protected:
  GroupViewTest() { views_["billing"].on.push_back({&here_, status_with(1)}); }
  static admin::GroupStatus status_with(int64_t lag) {
    admin::GroupStatus status;
    status.mutable_spec()->set_name("billing");
    admin::GroupStatus::Subscription& subscription = *status.add_subscriptions();
    subscription.set_topic("orders");
    subscription.set_lag(lag);
    return status;
  }
  GroupView& view() { return views_.at("billing"); }
  Broker here_{.name = "a", .admin = nullptr, .silence = absl::OkStatus()};
  Broker elsewhere_{.name = "b", .admin = nullptr, .silence = absl::OkStatus()};
  GroupViews views_;
};

TEST_F(GroupViewTest, WhatABrokerSaysOfMoreTopicsTakesThePlaceOfWhatItSaid) {
  admin::ListGroupsResponse listed;
  *listed.add_groups() = status_with(7);
  take_interests(here_, listed, views_);
  EXPECT_EQ(view().on.size(), 1u);
  EXPECT_EQ(view().totals().lag, 7);
  EXPECT_EQ(lag_text(view()), "7");
}

TEST_F(GroupViewTest, WhereItNeverWasCountsAsTheBrokerSays) {
  admin::ListGroupsResponse listed;
  admin::GroupStatus& absent = *listed.add_groups();
  absent = status_with(50);
  absent.set_absent(true);
  absent.mutable_subscriptions(0)->set_lag_at_most(true);
  take_interests(elsewhere_, listed, views_);
  EXPECT_EQ(view().totals().lag, 51);
  EXPECT_EQ(lag_text(view()), "at most 51");
  EXPECT_EQ(view().on.size(), 1u) << "the broker does not have the group";
  ASSERT_NE(view().on_broker(elsewhere_), nullptr);
}

TEST_F(GroupViewTest, AGroupWithoutTopicsHasNoLag) {
  view().on.front().status.clear_subscriptions();
  EXPECT_EQ(lag_text(view()), "-");
}

}  // namespace
}  // namespace petrel::cli
