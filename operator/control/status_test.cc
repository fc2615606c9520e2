// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/control/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace petrel::ops {
namespace {

using nlohmann::json;

constexpr int64_t kNowMs = 1'700'000'000'000;

WantedStatus wanted(bool ready, const std::string& reason = "Applied") {
  return {.observed_generation = 3,
          .conditions = {{.type = "Ready",
                          .status = ready,
                          .reason = reason,
                          .message = "words",
                          .observed_generation = 3}},
          .fields = {{"queues", 8}}};
}

// The object after a status write at that time.
json written(json object, const WantedStatus& status, int64_t now_ms) {
  const auto patch = status_patch(object, status, now_ms);
  EXPECT_TRUE(patch.has_value());
  if (patch.has_value()) {
    object.merge_patch(*patch);
  }
  return object;
}

std::string transition_time(const json& object) {
  return object.at("status").at("conditions").at(0).at("lastTransitionTime").get<std::string>();
}

TEST(StatusTest, WhatIsToldAlreadyIsNotWrittenAgain) {
  const json object = written(json::object(), wanted(true), kNowMs);
  EXPECT_EQ(object.at("status").at("observedGeneration"), 3);
  EXPECT_EQ(object.at("status").at("queues"), 8);
  EXPECT_EQ(status_patch(object, wanted(true), kNowMs + 60'000), std::nullopt);
}

TEST(StatusTest, TheTransitionTimeChangesWithTheStatusOnly) {
  json object = written(json::object(), wanted(false), kNowMs);
  EXPECT_EQ(transition_time(object), "2023-11-14T22:13:20Z");
  object = written(object, wanted(false, "Conflict"), kNowMs + 60'000);
  EXPECT_EQ(transition_time(object), "2023-11-14T22:13:20Z");
  EXPECT_EQ(condition_reason(object, "Ready"), "Conflict");
  object = written(object, wanted(true), kNowMs + 60'000);
  EXPECT_EQ(transition_time(object), "2023-11-14T22:14:20Z");
}

TEST(StatusTest, AFieldThatIsNoLongerToldGoesAway) {
  WantedStatus more = wanted(true);
  more.fields["oldestMessageTime"] = "2023-11-14T22:13:20Z";
  more.fields["nameservers"] = {{"ready", 1}, {"replicas", 1}};
  json object = written(json::object(), more, kNowMs);
  WantedStatus less = wanted(true);
  less.fields["nameservers"] = {{"ready", 1}};
  object = written(object, less, kNowMs);
  EXPECT_FALSE(object.at("status").contains("oldestMessageTime"));
  EXPECT_EQ(object.at("status").at("nameservers"), json({{"ready", 1}}));
}

TEST(StatusTest, ThePatchHoldsOnlyWhatDiffers) {
  const json object = written(json::object(), wanted(true), kNowMs);
  WantedStatus other = wanted(true);
  other.fields["queues"] = 16;
  EXPECT_EQ(*status_patch(object, other, kNowMs), json({{"status", {{"queues", 16}}}}));
}

Contents two_brokers() {
  auto first = std::make_shared<BrokerContent>();
  first->topics["orders"] = {
      .settings = {.name = "orders"},
      .stats = {.messages = 10, .size_bytes = 1500, .oldest_message_ms = kNowMs}};
  first->groups["g"] = {.settings = {.name = "g"},
                        .stats = {.lag = 4, .in_flight = 1, .members = 2}};
  auto second = std::make_shared<BrokerContent>(*first);
  second->topics["orders"].stats.oldest_message_ms = kNowMs - 1000;
  second->topics["other"] = {};
  return {{{Role::kBroker, 0}, first}, {{Role::kBroker, 1}, second}};
}

TEST(StatusTest, ATopicIsSummedOverItsBrokers) {
  const json fields = topic_fields("orders", two_brokers());
  EXPECT_EQ(fields.at("queues"), 16);
  EXPECT_EQ(fields.at("messages"), 20);
  EXPECT_EQ(fields.at("size"), "2.9 KiB");
  EXPECT_EQ(fields.at("oldestMessageTime"), "2023-11-14T22:13:19Z");
  EXPECT_EQ(fields.at("brokers").size(), 2U);
  EXPECT_EQ(fields.at("brokers").at(1).at("broker"), "broker-1");
}

TEST(StatusTest, AGroupsMembersAreConnectedToEveryBroker) {
  const json fields = group_fields("g", two_brokers());
  EXPECT_EQ(fields.at("members"), 2);
  EXPECT_EQ(fields.at("lag"), 8);
  EXPECT_EQ(fields.at("inFlight"), 2);
}

TEST(StatusTest, FingerprintsTellTrafficFromSettings) {
  const Fingerprints before = topic_fingerprints("orders", two_brokers());
  Contents contents = two_brokers();
  auto content = std::make_shared<BrokerContent>(*contents.begin()->second);
  content->topics["orders"].stats.messages = 11;
  contents.begin()->second = content;
  const Fingerprints traffic = topic_fingerprints("orders", contents);
  EXPECT_EQ(traffic.settings, before.settings);
  EXPECT_NE(traffic.stats, before.stats);
  contents.erase(contents.begin());
  EXPECT_NE(topic_fingerprints("orders", contents).settings, before.settings);
}

TEST(StatusTest, BytesAreReadable) {
  EXPECT_EQ(readable_bytes(0), "0 B");
  EXPECT_EQ(readable_bytes(1023), "1023 B");
  EXPECT_EQ(readable_bytes(1536), "1.5 KiB");
  EXPECT_EQ(readable_bytes(int64_t{5} << 40), "5.0 TiB");
}

}  // namespace
}  // namespace petrel::ops
