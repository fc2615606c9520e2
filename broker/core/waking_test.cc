// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// How many of the receives that wait look for messages, and in how many queues.

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "broker/core/broker_core_test_util.h"

namespace petrel::core {
namespace {

class WakingTest : public BrokerCoreTest {
 protected:
  using Waiting = std::vector<CoreWorld::Kept<ReceiveRequest>*>;

  Waiting wait(int count, const Receive& how) {
    Waiting waiting;
    for (int i = 0; i < count; ++i) {
      waiting.push_back(&receive(how));
    }
    world().settle();
    return waiting;
  }
  static int64_t done(const Waiting& waiting) {
    return std::count_if(waiting.begin(), waiting.end(), [](const auto* one) { return one->done; });
  }
  int64_t looks() { return world().core().pop().looks(); }
};

TEST_F(WakingTest, AMessageWakesOneReceiveWhichLooksWhereItIs) {
  create_topic("t", 8);
  const Waiting waiting = wait(100, {.wait_us = 10'000'000});
  const int64_t before = looks();
  send("t", "x");
  world().settle();
  EXPECT_EQ(done(waiting), 1);
  EXPECT_EQ(looks() - before, 1);
}

TEST_F(WakingTest, AsManyAreWokenAsThereAreMessagesFor) {
  create_topic("t");
  const Waiting waiting = wait(100, {.batch = 2, .wait_us = 10'000'000});
  const int64_t before = looks();
  for (int i = 0; i < 5; ++i) {
    send("t", "x");
  }
  world().settle();
  EXPECT_EQ(done(waiting), 3);
  EXPECT_EQ(looks() - before, 3);
}

TEST_F(WakingTest, AMessageDoesNotWakeThoseThatHaveSeenWhatIsDue) {
  create_topic("t");
  for (int i = 0; i < 50; ++i) {
    send("t", "x", "blue");
  }
  world().settle();
  ASSERT_EQ(receive_now({.batch = 50, .tags = "blue"}).deliveries.size(), 50u);
  const Waiting waiting = wait(100, {.wait_us = 60'000'000, .tags = "red"});
  int64_t before = looks();
  world().clock.advance_ms(10'000);
  world().settle();
  EXPECT_EQ(looks() - before, 100) << "each of them may want what came due";
  before = looks();
  send("t", "x", "red");
  world().settle();
  EXPECT_EQ(done(waiting), 1);
  EXPECT_EQ(looks() - before, 1);
  EXPECT_EQ(receive_now({.batch = 50, .tags = "blue"}).deliveries.size(), 50u);
}

TEST_F(WakingTest, WhatIsDueInAQueueThatCanBeReadAgainIsGivenToWhoWaits) {
  create_topic("t", 2);
  for (int i = 0; i < 2; ++i) {
    send("t", "x");
  }
  world().settle();
  ASSERT_EQ(receive_now({}).deliveries.size(), 2u);
  create_topic("t", 1);
  world().clock.advance_ms(10'000);
  ASSERT_EQ(receive_now({}).deliveries.size(), 1u)
      << "the other one lies in a queue that is closed";
  const Waiting waiting = wait(1, {.wait_us = 60'000'000});
  ASSERT_EQ(done(waiting), 0);
  create_topic("t", 2);
  world().settle();
  EXPECT_EQ(done(waiting), 1);
}

TEST_F(WakingTest, WhatComesDueIsGivenToWhoeverWantsItThoughOthersRefuseIt) {
  create_topic("t");
  send("t", "x", "blue");
  world().settle();
  ASSERT_EQ(receive_now({.tags = "blue"}).deliveries.size(), 1u);
  const Waiting red = wait(10, {.wait_us = 60'000'000, .tags = "red"});
  const Waiting blue = wait(10, {.wait_us = 60'000'000, .tags = "blue"});
  world().clock.advance_ms(10'000);
  world().settle();
  EXPECT_EQ(done(red), 0);
  EXPECT_EQ(done(blue), 1);
}

}  // namespace
}  // namespace petrel::core
