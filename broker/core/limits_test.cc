// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// What the core decides at most, and what it still takes when the log can hardly take more.

#include <gtest/gtest.h>

#include <algorithm>

#include "broker/core/broker_core_test_util.h"
#include "store/disk/sim_disk.h"

namespace petrel::core {
namespace {

class LimitsTest : public BrokerCoreTest {
 protected:
  void send_many(int count, int32_t size = 10) {
    for (int i = 0; i < count; ++i) {
      send("t", std::string(static_cast<size_t>(size), 'x'));
      if (i % 1000 == 999) {
        world().settle();
      }
    }
    world().settle();
  }
};

// Bytes of the records that a receive was answered with.
int64_t bytes_of(const ReceiveRequest& received) {
  int64_t bytes = 0;
  for (const ReceiveRequest::Delivery& delivery : received.deliveries) {
    bytes += delivery.record_size;
  }
  return bytes;
}

TEST_F(LimitsTest, AnAnswerIsFullOfBytesBeforeItIsFullOfMessages) {
  constexpr int64_t kBytesMax = 10'000;
  build({.core = {.receive_bytes_max = kBytesMax}});
  create_topic("t", 3);
  send_many(30, 2'000);
  int taken = 0;
  while (taken < 30) {
    const auto& received = receive_now({.batch = 32});
    EXPECT_LE(bytes_of(received), kBytesMax);
    ASSERT_GE(received.deliveries.size(), 1u);
    taken += static_cast<int>(received.deliveries.size());
  }
  EXPECT_EQ(taken, 30) << "what had no room is left to the next receive, once";
  EXPECT_EQ(receive_now({.batch = 32}).code(), OutcomeCode::kNoMessage);
}

TEST_F(LimitsTest, WhatHasNoRoomInAnAnswerIsNotDecided) {
  build({.core = {.receive_bytes_max = 5'000}});
  create_topic("t");
  send_many(4, 2'000);
  ASSERT_EQ(receive_now({.batch = 32}).deliveries.size(), 2u);
  const auto& group = world().ask<ListGroupsRequest>([](auto& /*r*/) {});
  world().settle();
  EXPECT_EQ(group.groups.at(0).lag, 2) << "two are not delivered";
  EXPECT_EQ(group.groups.at(0).in_flight, 2);
}

TEST_F(LimitsTest, RedeliveriesFillAnAnswerOfBytesToo) {
  build({.core = {.receive_bytes_max = 5'000}});
  create_topic("t");
  send_many(4, 2'000);
  ASSERT_EQ(receive_now({.batch = 32}).deliveries.size(), 2u);
  ASSERT_EQ(receive_now({.batch = 32}).deliveries.size(), 2u);
  world().clock.advance_ms(10'001);
  const auto& again = receive_now({.batch = 32});
  ASSERT_EQ(again.deliveries.size(), 2u);
  const auto& others = receive_now({.batch = 32});
  ASSERT_EQ(others.deliveries.size(), 2u);
  EXPECT_EQ(again.deliveries[0].attempt, 2);
  EXPECT_EQ(others.deliveries[0].attempt, 2) << "they were not decided with the first two";
}

TEST_F(LimitsTest, AMessageLargerThanAnAnswerComesAlone) {
  build({.core = {.receive_bytes_max = 5'000}});
  create_topic("t");
  send_many(1, 1'000);
  send_many(1, 20'000);
  send_many(1, 1'000);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(receive_now({.batch = 32}).deliveries.size(), 1u) << i;
  }
}

TEST_F(LimitsTest, AnyNumberOfDeliveriesIsRenewedAtATime) {
  build({.core = {.in_flight_per_queue_max = 100'000}});
  create_topic("t");
  world().clients.insert("c");
  constexpr int kMessages = 30'000;  // whose renewals are more than a record may hold
  send_many(kMessages);
  int taken = 0;
  while (taken < kMessages) {
    taken += static_cast<int>(receive_now({.batch = 1000, .renew_client = "c"}).deliveries.size());
  }
  world().clock.advance_ms(61'000);
  const int64_t turns = world().core().stats().turns;
  world().settle();
  EXPECT_FALSE(world().core().stats().store_failed);
  EXPECT_GT(world().core().stats().turns - turns, 3) << "it should take several turns";
  EXPECT_EQ(receive_now({.batch = 16}).code(), OutcomeCode::kNoMessage) << "all are renewed";

  const std::string state = world().state_bytes();
  world().restart_after_crash();
  EXPECT_EQ(world().state_bytes(), state);
  world().clients.clear();
  world().run_for_ms(61'000);
  EXPECT_EQ(receive_now({.batch = 1000}).deliveries.size(), 1000u);
}

TEST_F(LimitsTest, RenewalGoesOnBehindWhatNobodyRenews) {
  create_topic("t");
  world().clients.insert("here");
  send_many(10'000);
  for (int taken = 0; taken < 9'999;) {
    const auto& received = receive_now({.batch = 9'999 - taken, .renew_client = "gone"});
    taken += static_cast<int>(received.deliveries.size());
  }
  ASSERT_EQ(receive_now({.batch = 1, .renew_client = "here"}).deliveries.size(), 1u);
  world().run_for_ms(61'000);
  size_t again = 0;
  while (const size_t got = receive_now({.batch = 10'000}).deliveries.size()) {
    again += got;
  }
  EXPECT_EQ(again, 9'999u) << "the last one is renewed";
}

// A consumer that fails on all that it is given, and never says so.
TEST_F(LimitsTest, MessagesThatAreNeverAcknowledgedDoNotHoldUpNewOnes) {
  create_topic("t");
  send_many(25'000);
  size_t taken = 0;
  while (const size_t got = receive_now({.batch = 1'000}).deliveries.size()) {
    taken += got;
  }
  EXPECT_EQ(taken, 20'000u) << "more are not at work at a time";
  world().clock.advance_ms(10'000);
  int64_t new_ones = 0;
  for (int i = 0; i < 10; ++i) {
    for (const auto& delivery : receive_now({.batch = 1'000}).deliveries) {
      new_ones += delivery.attempt == 1 ? 1 : 0;
    }
  }
  EXPECT_EQ(new_ones, 5'000) << "half of each batch";
  const auto next_has = [&](const SendRequest& sent, int32_t batch) {
    const auto& received = receive_now({.batch = batch});
    return std::any_of(received.deliveries.begin(), received.deliveries.end(),
                       [&](const auto& delivery) {
                         return delivery.handle.queue_offset == sent.messages[0].queue_offset;
                       });
  };
  auto& one = send("t", "x");
  world().settle();
  EXPECT_TRUE(next_has(one, 16));
  auto& another = send("t", "x");
  world().settle();
  const bool at_once = next_has(another, 1);
  EXPECT_NE(at_once, next_has(another, 1)) << "it takes turns with what comes again";
}

TEST_F(LimitsTest, LargeMessagesThatComeAgainLeaveRoomForNewOnes) {
  build({.core = {.receive_bytes_max = 3'000}});
  create_topic("t");
  send_many(6, 1'000);
  while (!receive_now({}).deliveries.empty()) {
  }
  auto& sent = send("t", std::string(1'000, 'x'));
  world().settle();
  world().clock.advance_ms(10'000);
  const auto& received = receive_now({});
  ASSERT_EQ(received.deliveries.size(), 2u);
  EXPECT_EQ(received.deliveries[0].attempt, 2);
  EXPECT_EQ(received.deliveries[1].handle.queue_offset, sent.messages[0].queue_offset);
  EXPECT_EQ(receive_now({}).deliveries.size(), 2u) << "what made way is not lost";
}

TEST_F(LimitsTest, WhatAGroupHasOpenInMemoryHasABound) {
  build({.core = {.open_bytes_per_queue_max = 8'000}});
  create_topic("t");
  send_many(300);
  while (!receive_now({.batch = 16, .invisible_ms = 1'000}).deliveries.empty()) {
  }
  world().clock.advance_ms(1'000);
  const auto& again = receive_now({.batch = 300});
  EXPECT_GT(again.deliveries.size(), 100u);
  EXPECT_LT(again.deliveries.size(), 200u);
  for (const auto& delivery : again.deliveries) {
    EXPECT_EQ(delivery.attempt, 2);
  }
  ack(again);
  for (size_t i = 1; i < 64; ++i) {
    ack(again, i);
  }
  world().settle();
  EXPECT_EQ(receive_now({.batch = 1}).deliveries.at(0).attempt, 1);
}

// The end of a look sets the timer by what it has seen: what is decided meanwhile counts, too.
TEST_F(LimitsTest, WhatIsDecidedDuringALookForRenewalsKeepsItsTimer) {
  create_topic("t", 2);
  world().clients.insert("c");
  send_many(20'000);  // half of them in each queue: more than one turn looks at
  for (int taken = 0; taken < 20'000;) {
    taken += static_cast<int>(receive_now({.batch = 1'000, .renew_client = "c"}).deliveries.size());
  }
  auto& first = send("t", "x");
  world().settle();
  const int32_t queue_id = first.messages[0].queue_id;
  world().clock.advance_ms(60'000);
  world().turn();  // looks at some of the first queue's
  world().turn();  // and at some of the second's
  ASSERT_EQ(queue_id, 0);
  auto& received = receive({.batch = 1, .invisible_ms = 10'000});
  world().turn();
  ASSERT_EQ(received.deliveries.size(), 1u);
  ASSERT_EQ(received.deliveries[0].handle.queue_id, queue_id);
  world().settle();
  auto& waiting = receive({.batch = 1, .wait_us = 50'000'000});
  world().settle();
  ASSERT_FALSE(waiting.done);
  world().clock.advance_ms(10'001);
  world().settle();
  EXPECT_TRUE(waiting.done) << "nobody woke it when the message came again";
}

// In the midst of those that wait: they are answered, once, and nothing of them is touched again.
TEST_F(LimitsTest, ALogThatFailsWhileWaitingReceivesAreServedEndsThemAll) {
  store::SimDisk disk({});
  CoreWorld world(disk, "store");
  world.ask<ApplyTopicsRequest>([](auto& r) { r.topics = {{.name = "t", .read_queues = 1}}; });
  world.settle();
  std::vector<CoreWorld::Kept<ReceiveRequest>*> waiting;
  for (int i = 0; i < 2'000; ++i) {
    waiting.push_back(&world.ask<ReceiveRequest>([&](auto& r) {
      r.group = std::string("g");
      r.topic = std::string("t");
      r.invisible_ms = 10'000;
      r.wait_until_us = world.clock.mono_us() + 1'000'000;
      r.cancel_id = world.new_cancel_id();
    }));
  }
  world.settle();
  const std::string record = *store::encode_record({.topic = "t", .body = "x"});
  auto& sent = world.ask<SendRequest>([&](auto& r) {
    r.topic = std::string("t");
    for (int i = 0; i < 2'000; ++i) {
      r.messages.push_back({.record = record});
    }
  });
  world.turn();
  ASSERT_TRUE(world.flush(/*sync=*/false));  // which the next turn hears of
  disk.inject({.operation = store::SimDisk::Operation::kSync,
               .path_part = "commitlog/",
               .status = absl::InternalError("EIO")});
  ASSERT_FALSE(world.store().log().write_group(/*sync=*/true, 0).ok());  // and of this later
  world.turn();
  EXPECT_TRUE(world.core().stats().store_failed);
  EXPECT_TRUE(sent.done);
  for (const auto* one : waiting) {
    ASSERT_TRUE(one->done);
  }
}

TEST_F(LimitsTest, AfterAFailureOfTheLogNothingIsAppended) {
  create_topic("t");
  world().clients.insert("c");
  send_many(1);
  ASSERT_EQ(receive_now({.renew_client = "c"}).deliveries.size(), 1u);
  world().post_internal(std::make_unique<LogFailed>(absl::InternalError("EIO")));
  world().turn();
  const store::LogOffset end = world().store().log().end();
  world().clock.advance_ms(61'000);  // a renewal would be due
  world().turn();
  EXPECT_EQ(world().store().log().end(), end);
}

TEST_F(LimitsTest, GroupsAreMadeOnFirstUseUpToALimit) {
  build({.core = {.auto_create_groups_max = 2}});
  create_topic("t");
  EXPECT_EQ(receive_now({.group = "a"}).code(), OutcomeCode::kNoMessage);
  EXPECT_EQ(receive_now({.group = "b"}).code(), OutcomeCode::kNoMessage);
  const auto& refused = receive_now({.group = "c"});
  EXPECT_EQ(refused.code(), OutcomeCode::kGroupNotFound);
  EXPECT_NE(refused.outcome.text.find("groups.auto-create-max"), std::string::npos)
      << refused.outcome.text;
  EXPECT_EQ(receive_now({.group = "a"}).code(), OutcomeCode::kNoMessage) << "it is there";
  world().ask<ApplyGroupsRequest>([](auto& r) { r.groups = {{.name = "c"}}; });
  world().settle();
  EXPECT_EQ(receive_now({.group = "c"}).code(), OutcomeCode::kNoMessage) << "somebody made it";
}

TEST_F(LimitsTest, ASendThatWouldNeverFitIsToldSoAndNotToTryAgain) {
  build({.core = {.unwritten_bytes_max = 4'000}});
  create_topic("t");
  auto& small = send("t", std::string(1'000, 'x'));
  auto& large = send("t", std::string(4'001, 'x'));
  auto& another = send("t", std::string(3'500, 'x'));
  world().turn();
  EXPECT_EQ(large.code(), OutcomeCode::kTooLarge);
  EXPECT_EQ(another.code(), OutcomeCode::kOverloaded) << "it has room later";
  world().settle();
  EXPECT_EQ(small.code(), OutcomeCode::kOk);
}

TEST_F(LimitsTest, FarBehindTheDiskOnlyWhatCannotWaitIsTaken) {
  build({.core = {.unwritten_bytes_max = 4'000}});
  create_topic("t");
  send_many(3);
  auto& received = receive_now({.batch = 3});
  ASSERT_EQ(received.deliveries.size(), 3u);
  while (!world().core().stats().store_failed) {  // without a flush
    auto& changed = world().ask<ChangeInvisibleRequest>([&](auto& r) {
      r.group = std::string("g");
      r.topic = std::string("t");
      r.handle = received.deliveries[0].handle;
      r.invisible_ms = 10'000;
    });
    world().turn();
    if (changed.done) {
      EXPECT_EQ(changed.code(), OutcomeCode::kOverloaded);
      break;
    }
    received.deliveries[0].handle.delivery_id++;
  }
  auto& acked = ack(received, 1);
  auto& listed = world().ask<ListTopicsRequest>([](auto& /*r*/) {});
  auto& another = receive({});
  auto give_back = std::make_unique<GiveBackRequest>();
  give_back->group = "g";
  give_back->topic = "t";
  give_back->handles = {received.deliveries[2].handle};
  give_back->comes_again_ms = 1'000;
  world().post_internal(std::move(give_back));
  world().turn();
  EXPECT_EQ(acked.code(), OutcomeCode::kOverloaded);
  EXPECT_EQ(another.code(), OutcomeCode::kOverloaded);
  EXPECT_EQ(listed.code(), OutcomeCode::kOk);

  world().settle();
  auto& now = ack(received, 1);
  world().settle();
  EXPECT_EQ(now.entries[0].outcome.code, OutcomeCode::kOk);
  world().clock.advance_ms(1'001);
  const auto& again = receive_now({});
  ASSERT_EQ(again.deliveries.size(), 1u) << "what was given back";
  EXPECT_EQ(again.deliveries[0].attempt, 1) << "that was no attempt";
}

}  // namespace
}  // namespace petrel::core
