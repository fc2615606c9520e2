// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "proto/settings_check.h"

#include <gtest/gtest.h>

#include "apache/rocketmq/v2/definition.pb.h"
#include "proto/resource_name.h"

namespace petrel {
namespace {

namespace v2 = apache::rocketmq::v2;

v2::Settings publishing(const std::string& topic) {
  v2::Settings settings;
  settings.mutable_publishing()->add_topics()->set_name(topic);
  return settings;
}

v2::Settings subscription(const std::string& group, const std::string& topic) {
  v2::Settings settings;
  settings.mutable_subscription()->mutable_group()->set_name(group);
  settings.mutable_subscription()->add_subscriptions()->mutable_topic()->set_name(topic);
  return settings;
}

TEST(SettingsCheck, TakesSoundNames) {
  EXPECT_EQ(check_settings(publishing("orders"), "").code, v2::OK);
  EXPECT_EQ(check_settings(subscription("workers", "orders"), "shop").code, v2::OK);
  v2::Settings without_group;
  without_group.mutable_subscription();
  EXPECT_EQ(check_settings(without_group, "").code, v2::OK);
}

TEST(SettingsCheck, RefusesWhatIsNeitherPublishingNorSubscription) {
  const SettingsVerdict verdict = check_settings({}, "");
  EXPECT_EQ(verdict.code, v2::BAD_REQUEST);
  EXPECT_EQ(verdict.message, "the settings say neither publishing nor subscription");
}

TEST(SettingsCheck, RefusesNamesThatNoTopicOrGroupMayHave) {
  EXPECT_EQ(check_settings(publishing("or ders"), "").code, v2::ILLEGAL_TOPIC);
  EXPECT_EQ(check_settings(subscription("workers", "or ders"), "").code, v2::ILLEGAL_TOPIC);
  EXPECT_EQ(check_settings(subscription("wor kers", "orders"), "").code,
            v2::ILLEGAL_CONSUMER_GROUP);
  EXPECT_NE(check_settings(publishing("or ders"), "").message, "");
}

TEST(SettingsCheck, TheCallsNamespaceIsPartOfANameThatHasNone) {
  EXPECT_EQ(check_settings(publishing("orders"), "sh op").code, v2::ILLEGAL_TOPIC);
  v2::Settings own = publishing("orders");
  own.mutable_publishing()->mutable_topics(0)->set_resource_namespace("shop");
  EXPECT_EQ(check_settings(own, "sh op").code, v2::OK);
}

TEST(ResourceName, HasItsOwnNamespaceBeforeTheCalls) {
  v2::Resource topic;
  topic.set_name("orders");
  EXPECT_EQ(full_name(topic, "shop"), "shop%orders");
  topic.set_resource_namespace("store");
  EXPECT_EQ(full_name(topic, "shop"), "store%orders");
  topic.clear_resource_namespace();
  EXPECT_EQ(full_name(topic, ""), "orders");
}

}  // namespace
}  // namespace petrel
