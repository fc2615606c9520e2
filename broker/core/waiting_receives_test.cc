// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// Receives that wait while the world around them changes.

#include <gtest/gtest.h>

#include <set>

#include "broker/core/broker_core_test_util.h"

namespace petrel::core {
namespace {

constexpr int64_t kMinuteUs = 60'000'000;

TEST_F(BrokerCoreTest, AReceiveThatWaitsForAQueueWhichItsTopicLostIsToldSo) {
  create_topic("t", 3);
  auto& waiting = world().ask<ReceiveRequest>([&](auto& r) {
    r.group = "g";
    r.topic = "t";
    r.queue_id = 2;
    r.invisible_ms = 10'000;
    r.wait_until_us = world().clock.mono_us() + kMinuteUs;
    r.cancel_id = world().new_cancel_id();
  });
  world().settle();
  ASSERT_FALSE(waiting.done);
  create_topic("t", 2);
  world().settle();
  EXPECT_TRUE(waiting.done);
  EXPECT_EQ(waiting.code(), OutcomeCode::kInvalidArgument);
  EXPECT_TRUE(waiting.deliveries.empty());
}

TEST_F(BrokerCoreTest, AReceiveThatWaitsHearsThatItsGroupIsSwitchedOff) {
  create_topic("t");
  auto& waiting = receive({.wait_us = kMinuteUs});
  world().settle();
  ASSERT_FALSE(waiting.done);
  world().ask<ApplyGroupsRequest>(
      [](auto& r) { r.groups = {{.name = "g", .consume_enabled = false}}; });
  world().settle();
  EXPECT_TRUE(waiting.done);
  EXPECT_EQ(waiting.code(), OutcomeCode::kNoReadableQueue);
}

TEST_F(BrokerCoreTest, SoManyReceivesOfOneClientMayWaitAndThoseOfOthersBeside) {
  build({.core = {.waiting_receives_per_client_max = 2}});
  create_topic("t");
  const auto ask = [this](const char* client) -> auto& {
    return world().ask<ReceiveRequest>([&](auto& r) {
      r.group = "g";
      r.topic = "t";
      r.client_id = client;
      r.invisible_ms = 10'000;
      r.wait_until_us = world().clock.mono_us() + kMinuteUs;
      r.cancel_id = world().new_cancel_id();
    });
  };
  const auto& first = ask("a");
  const auto& second = ask("a");
  const auto& third = ask("a");
  const auto& others = ask("b");
  world().settle();
  EXPECT_EQ(third.code(), OutcomeCode::kOverloaded);
  EXPECT_FALSE(first.done || second.done || others.done);
  world().post_internal(std::make_unique<CancelReceive>(first.cancel_id));
  world().settle();
  const auto& fourth = ask("a");
  world().settle();
  EXPECT_FALSE(fourth.done) << "there was room for it";
  world().clock.advance_ms(60'001);
  world().settle();
  EXPECT_TRUE(second.done && others.done && fourth.done);
}

TEST_F(BrokerCoreTest, WhoWaitsOnADeletedTopicOrGroupIsToldWhich) {
  create_topic("t");
  create_topic("u");
  auto& on_topic = receive({.group = "g", .topic = "t", .wait_us = kMinuteUs});
  auto& on_group = receive({.group = "h", .topic = "u", .wait_us = kMinuteUs});
  world().settle();
  world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"t"}; });
  world().ask<DeleteGroupsRequest>([](auto& r) { r.names = {"h"}; });
  world().settle();
  EXPECT_EQ(on_topic.code(), OutcomeCode::kTopicNotFound);
  EXPECT_EQ(on_group.code(), OutcomeCode::kGroupNotFound);
}

// Messages that the present filter refuses are for other members of the group.
TEST_F(BrokerCoreTest, DueMessagesThatAFilterRefusesDoNotHoldUpTheOthers) {
  create_topic("t");
  for (int i = 0; i < 70; ++i) {
    send("t", "b", "B");
  }
  for (int i = 0; i < 5; ++i) {
    send("t", "a", "A");
  }
  world().settle();
  ASSERT_EQ(receive_now({.batch = 100, .tags = "A || B"}).deliveries.size(), 75u);
  world().clock.advance_ms(10'001);
  auto& again = receive_now({.batch = 100, .tags = "A"});
  ASSERT_EQ(again.deliveries.size(), 5u);
  EXPECT_EQ(again.deliveries[0].attempt, 2);
}

TEST_F(BrokerCoreTest, ALongRunOfRefusedDueMessagesIsWalkedInPiecesAndNoneIsLeftOut) {
  build({.core = {.scan_entries_max = 16}});
  create_topic("t");
  for (int i = 0; i < 200; ++i) {
    send("t", "b", "B");
  }
  for (int i = 0; i < 3; ++i) {
    send("t", "a", "A");
  }
  world().settle();
  ASSERT_EQ(receive_now({.batch = 300}).deliveries.size(), 203u);
  world().clock.advance_ms(10'001);
  EXPECT_EQ(receive_now({.batch = 100, .tags = "A"}).deliveries.size(), 3u);
}

// A look that stops early goes on in the next turn. When all have seen everything, the core rests.
TEST_F(BrokerCoreTest, ReceivesThatRefuseAllThatIsDueDoNotKeepTheCoreBusy) {
  build({.core = {.scan_entries_max = 8}});
  create_topic("t", 2);
  for (int i = 0; i < 40; ++i) {
    send("t", "b", "B");
    if (i < 12) send("t", "b", "B");
  }
  world().settle();
  ASSERT_EQ(receive_now({.batch = 100}).deliveries.size(), 52u);
  world().clock.advance_ms(10'001);
  auto& first = receive({.wait_us = kMinuteUs, .tags = "A"});
  world().turn();
  auto& second = receive({.wait_us = kMinuteUs, .tags = "A"});
  int turns = 0;
  do {
    world().turn();
  } while (world().turn_is_due() && ++turns < 100);
  EXPECT_LT(turns, 100);
  EXPECT_FALSE(first.done || second.done);
  send("t", "a", "A");
  world().settle();
  EXPECT_TRUE(first.done) << "it still waits for what it wants";
}

TEST_F(BrokerCoreTest, AGroupThatIsDeletedDoesNotLoseAnotherOnesPageLoad) {
  create_topic("t");
  for (int i = 0; i < 3'000; ++i) {
    send("t", concat(i));
  }
  world().settle();
  world().stop();
  world().start();  // entries are no longer in memory
  auto& first = receive({.group = "goes", .wait_us = kMinuteUs});
  auto& second = receive({.group = "stays", .wait_us = kMinuteUs});
  world().turn();
  world().ask<DeleteGroupsRequest>([](auto& r) { r.names = {"goes"}; });
  world().turn();
  world().settle();
  EXPECT_EQ(first.code(), OutcomeCode::kGroupNotFound);
  ASSERT_TRUE(second.done);
  EXPECT_EQ(second.deliveries.size(), 16u);
}

}  // namespace
}  // namespace petrel::core
