// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/settings_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace petrel::cli {
namespace {

using ops::TopicSettings;
using testing::ElementsAre;
using testing::HasSubstr;

Broker broker(const std::string& name, absl::Status silence = absl::OkStatus()) {
  return {.name = name,
          .admin = std::make_unique<ops::BrokerAdmin>(ops::Connection{.address = "127.0.0.1:1"}),
          .silence = std::move(silence)};
}

TopicSettings topic(const std::string& name, int32_t queues) {
  return {.name = name, .read_queues = queues, .write_queues = queues};
}

class SettingsChangeTest : public testing::Test {
 protected:
  SettingsChangeTest() : brokers_(two_brokers()) {}

  static std::vector<Broker> two_brokers() {
    std::vector<Broker> all;
    all.push_back(broker("a"));
    all.push_back(broker("b"));
    return all;
  }
  const Broker* a() const { return &brokers_.all()[0]; }
  const Broker* b() const { return &brokers_.all()[1]; }

  Brokers brokers_;
  KnownSettings<TopicSettings> known_;
};

TEST_F(SettingsChangeTest, ANewTopicGoesToAllBrokersThatAnswer) {
  const auto planned = plan_creation("topic", brokers_, known_, {topic("orders", 4)});
  ASSERT_TRUE(planned.ok()) << planned.status();
  EXPECT_THAT(planned->at(a()), ElementsAre(topic("orders", 4)));
  EXPECT_THAT(planned->at(b()), ElementsAre(topic("orders", 4)));
  brokers_.all()[1].silence = absl::UnavailableError("down");
  EXPECT_EQ(plan_creation("topic", brokers_, known_, {topic("orders", 4)})->count(b()), 0u);
}

TEST_F(SettingsChangeTest, WhatExistsIsNotCreatedAgainEvenWithTheSameSettings) {
  known_["orders"] = {{a(), topic("orders", 4)}, {b(), topic("orders", 4)}};
  const auto planned =
      plan_creation("topic", brokers_, known_, {topic("new", 1), topic("orders", 4)});
  EXPECT_EQ(planned.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(planned.status().message()), HasSubstr("petrelctl topic alter orders"));
}

TEST_F(SettingsChangeTest, ACreationThatReachedHalfOfTheBrokersIsMendedByTheSameOne) {
  known_["orders"] = {{a(), topic("orders", 4)}};
  const auto mended = plan_creation("topic", brokers_, known_, {topic("orders", 4)});
  ASSERT_TRUE(mended.ok()) << mended.status();
  EXPECT_EQ(mended->count(a()), 0u);
  EXPECT_THAT(mended->at(b()), ElementsAre(topic("orders", 4)));
  EXPECT_EQ(plan_creation("topic", brokers_, known_, {topic("orders", 5)}).status().code(),
            absl::StatusCode::kAlreadyExists);
}

TEST_F(SettingsChangeTest, AnAlterationLeavesWhatItDoesNotNameAsItIsOnEachBroker) {
  TopicSettings read_only = topic("orders", 16);
  read_only.permission = 4;
  known_["orders"] = {{a(), read_only}, {b(), topic("orders", 3)}};
  const auto planned =
      plan_alteration<TopicSettings>("topic", brokers_, known_, {"orders"},
                                     [](TopicSettings& settings) { settings.retention_ms = 1000; });
  ASSERT_TRUE(planned.ok()) << planned.status();
  read_only.retention_ms = 1000;
  TopicSettings other = topic("orders", 3);
  other.retention_ms = 1000;
  EXPECT_THAT(planned->at(a()), ElementsAre(read_only));
  EXPECT_THAT(planned->at(b()), ElementsAre(other));
}

TEST_F(SettingsChangeTest, AnAlterationBringsATopicToTheBrokersThatLackIt) {
  known_["orders"] = {{b(), topic("orders", 16)}};
  const auto planned =
      plan_alteration<TopicSettings>("topic", brokers_, known_, {"orders"}, [](TopicSettings&) {});
  ASSERT_TRUE(planned.ok()) << planned.status();
  EXPECT_THAT(planned->at(a()), ElementsAre(topic("orders", 16)));
  EXPECT_EQ(
      plan_alteration<TopicSettings>("topic", brokers_, known_, {"none"}, [](TopicSettings&) {})
          .status()
          .code(),
      absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace petrel::cli
