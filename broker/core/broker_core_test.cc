// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <map>
#include <memory>

#include "broker/core/broker_core_test_util.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

using store::QueueOffset;

// --- sending and durability

TEST_F(BrokerCoreTest, ASendIsAnsweredWhenItIsWritten) {
  create_topic("t");
  auto& sent = send("t", "hello");
  world().turn();
  EXPECT_FALSE(sent.done);
  world().flush(/*sync=*/false);
  world().turn();
  ASSERT_TRUE(sent.done);
  EXPECT_TRUE(sent.outcome.ok());
  EXPECT_EQ(sent.messages[0].queue_offset, QueueOffset(0));
}

TEST_F(BrokerCoreTest, WithSyncFlushASendIsAnsweredWhenItIsSynced) {
  build({.core = {.flush_mode = store::FlushMode::kSync}});
  create_topic("t");
  auto& sent = send("t", "hello");
  world().turn();
  world().flush(/*sync=*/false);
  world().turn();
  EXPECT_FALSE(sent.done);
  world().flush(/*sync=*/true);
  world().turn();
  EXPECT_TRUE(sent.done);
}

TEST_F(BrokerCoreTest, AMessageIsNotDeliveredBeforeItIsCommitted) {
  create_topic("t");
  send("t", "hello");
  auto& early = receive({});
  world().turn();
  ASSERT_TRUE(early.done);
  EXPECT_EQ(early.code(), OutcomeCode::kNoMessage);
  world().settle();
  auto& later = receive_now({});
  ASSERT_EQ(later.deliveries.size(), 1u);
  EXPECT_EQ(body_of(later.deliveries[0]), "hello");
}

TEST_F(BrokerCoreTest, WithSyncFlushAMessageIsNotDeliveredBeforeItIsSynced) {
  build({.core = {.flush_mode = store::FlushMode::kSync}});
  create_topic("t");
  send("t", "hello");
  world().turn();
  world().flush(/*sync=*/false);
  world().turn();
  auto& early = receive({});
  world().turn();
  ASSERT_TRUE(early.done);
  EXPECT_EQ(early.code(), OutcomeCode::kNoMessage);
  world().flush(/*sync=*/true);
  world().turn();
  EXPECT_EQ(receive_now({}).deliveries.size(), 1u);
}

TEST_F(BrokerCoreTest, SendsGoRoundTheQueuesAndOffsetsAreDense) {
  create_topic("t", 4);
  std::map<int32_t, int64_t> next;
  for (int i = 0; i < 20; ++i) {
    auto& sent = send("t", "x");
    world().settle();
    EXPECT_EQ(sent.messages[0].queue_offset.value(), next[sent.messages[0].queue_id]++);
  }
  EXPECT_EQ(next.size(), 4u);
  for (const auto& [queue, count] : next) EXPECT_EQ(count, 5) << queue;
}

TEST_F(BrokerCoreTest, SendingToAnUnknownTopicIsRefusedUnlessTopicsAreMadeOnUse) {
  auto& refused = send("nowhere", "x");
  world().settle();
  EXPECT_EQ(refused.code(), OutcomeCode::kTopicNotFound);
  world_.reset();
  build({.core = {.auto_create_topics = true, .default_queues = 3}});
  auto& taken = send("nowhere", "x");
  world().settle();
  EXPECT_TRUE(taken.outcome.ok()) << taken.outcome.text;
  EXPECT_EQ(world().registry().find_topic("nowhere")->write_queues, 3);
}

TEST_F(BrokerCoreTest, PermissionsAndTypesAreRespected) {
  world().ask<ApplyTopicsRequest>([](auto& r) {
    r.topics = {{.name = "read", .permission = permission::kRead},
                {.name = "write", .permission = permission::kWrite}};
  });
  world().settle();
  auto& to_read = send("read", "x");
  auto& from_write = receive({.topic = "write"});
  auto& fifo = world().ask<SendRequest>([](auto& r) {
    r.topic = "write";
    r.messages.push_back({.record = *store::encode_record({.topic = "write", .body = "x"}),
                          .type = MessageType::kFifo});
  });
  world().settle();
  EXPECT_EQ(to_read.code(), OutcomeCode::kNoWritableQueue);
  EXPECT_EQ(from_write.code(), OutcomeCode::kNoReadableQueue);
  EXPECT_EQ(fifo.code(), OutcomeCode::kMessageTypeConflict);
}

TEST_F(BrokerCoreTest, AFullDiskRefusesSendsButNotAcknowledgements) {
  create_topic("t");
  send("t", "x");
  world().settle();
  auto& received = receive_now({});
  world().post_internal(std::make_unique<DiskMeasured>(std::nullopt, true));
  auto& refused = send("t", "y");
  auto& acked = ack(received);
  world().settle();
  EXPECT_EQ(refused.code(), OutcomeCode::kDiskFull);
  EXPECT_TRUE(acked.entries[0].outcome.ok());
}

// --- receiving

TEST_F(BrokerCoreTest, AWaitingReceiveGetsAMessageWhenItArrives) {
  create_topic("t");
  auto& waiting = receive({.wait_us = 20'000'000});
  world().settle();
  EXPECT_FALSE(waiting.done);
  send("t", "hello");
  world().settle();
  ASSERT_TRUE(waiting.done);
  EXPECT_EQ(body_of(waiting.deliveries.at(0)), "hello");
}

TEST_F(BrokerCoreTest, AWaitingReceiveEndsEmptyAtItsDeadline) {
  create_topic("t");
  auto& waiting = receive({.wait_us = 5'000'000});
  world().settle();
  world().clock.advance_ms(4'999);
  world().settle();
  EXPECT_FALSE(waiting.done);
  world().clock.advance_ms(1);
  world().settle();
  ASSERT_TRUE(waiting.done);
  EXPECT_EQ(waiting.code(), OutcomeCode::kNoMessage);
}

TEST_F(BrokerCoreTest, ACancelledReceiveTakesNothing) {
  create_topic("t");
  auto& waiting = receive({.wait_us = 20'000'000});
  world().settle();
  world().post_request(std::make_unique<CancelReceive>(waiting.cancel_id));
  send("t", "hello");
  world().settle();
  EXPECT_EQ(waiting.code(), OutcomeCode::kCancelled);
  EXPECT_EQ(receive_now({}).deliveries.size(), 1u);
}

TEST_F(BrokerCoreTest, OneMessageGoesToOneOfTheWaitingReceivesOfAGroupAndToEveryGroup) {
  create_topic("t");
  auto& first = receive({.wait_us = 20'000'000});
  auto& second = receive({.wait_us = 20'000'000});
  auto& other = receive({.group = "h", .wait_us = 20'000'000});
  world().settle();
  send("t", "hello");
  world().settle();
  EXPECT_TRUE(first.done);
  EXPECT_FALSE(second.done);
  EXPECT_TRUE(other.done);
}

TEST_F(BrokerCoreTest, AFilterSkipsOtherTagsForGood) {
  create_topic("t");
  for (const char* tag : {"red", "green", "red", "blue"}) send("t", tag, tag);
  world().settle();
  auto& red = receive_now({.tags = "red || blue"});
  ASSERT_EQ(red.deliveries.size(), 3u);
  EXPECT_EQ(body_of(red.deliveries[2]), "blue");
  EXPECT_EQ(receive_now({.tags = "green"}).code(), OutcomeCode::kNoMessage);
  EXPECT_EQ(receive_now({.group = "h", .tags = "green"}).deliveries.size(), 1u);
}

TEST_F(BrokerCoreTest, ABatchIsCollectedFromSeveralQueues) {
  create_topic("t", 4);
  for (int i = 0; i < 12; ++i) send("t", concat(i));
  world().settle();
  auto& received = receive_now({.batch = 10});
  EXPECT_EQ(received.deliveries.size(), 10u);
  EXPECT_EQ(receive_now({.batch = 10}).deliveries.size(), 2u);
}

TEST_F(BrokerCoreTest, AGroupThatHoldsTooManyOpenMessagesGetsNoNewOnes) {
  build({.core = {.in_flight_per_queue_max = 3}});
  create_topic("t");
  for (int i = 0; i < 5; ++i) send("t", concat(i));
  world().settle();
  auto& first = receive_now({.batch = 3});
  ASSERT_EQ(first.deliveries.size(), 3u);
  auto& waiting = receive({.wait_us = 20'000'000});
  world().settle();
  EXPECT_FALSE(waiting.done);
  ack(first);
  world().settle();
  ASSERT_TRUE(waiting.done) << "an acknowledgement makes room";
  EXPECT_EQ(body_of(waiting.deliveries.at(0)), "3");
}

// --- acknowledging and redelivery

TEST_F(BrokerCoreTest, AnAcknowledgedMessageDoesNotComeAgain) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  auto& acked = ack(receive_now({}));
  world().settle();
  EXPECT_TRUE(acked.entries[0].outcome.ok());
  world().clock.advance_ms(3'600'000);
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoMessage);
}

TEST_F(BrokerCoreTest, AnUnacknowledgedMessageComesAgainAsTheSecondAttempt) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  auto& first = receive_now({.invisible_ms = 10'000});
  EXPECT_EQ(first.deliveries.at(0).attempt, 1);
  auto& waiting = receive({.wait_us = 20'000'000});
  world().settle();
  world().clock.advance_ms(9'999);
  world().settle();
  EXPECT_FALSE(waiting.done);
  world().clock.advance_ms(1);
  world().settle();
  ASSERT_TRUE(waiting.done);
  EXPECT_EQ(waiting.deliveries.at(0).attempt, 2);
  auto& late = ack(first);
  auto& good = ack(waiting);
  world().settle();
  EXPECT_EQ(late.entries[0].outcome.code, OutcomeCode::kInvalidReceiptHandle);
  EXPECT_TRUE(good.entries[0].outcome.ok());
}

TEST_F(BrokerCoreTest, AnExpiredHandleIsInvalidEvenBeforeTheRedelivery) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  auto& first = receive_now({.invisible_ms = 10'000});
  world().clock.advance_ms(10'000);
  auto& late = ack(first);
  world().settle();
  EXPECT_EQ(late.entries[0].outcome.code, OutcomeCode::kInvalidReceiptHandle);
}

TEST_F(BrokerCoreTest, ChangingTheInvisibleTimeGivesANewHandleAndKillsTheOld) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  auto& received = receive_now({.invisible_ms = 10'000});
  const auto change = [&](const ReceiptHandle& handle, int64_t invisible_ms) -> auto& {
    return world().ask<ChangeInvisibleRequest>([&](auto& r) {
      r.group = "g";
      r.topic = "t";
      r.handle = handle;
      r.invisible_ms = invisible_ms;
    });
  };
  auto& changed = change(received.deliveries[0].handle, 60'000);
  world().settle();
  ASSERT_TRUE(changed.outcome.ok());
  auto& again = change(received.deliveries[0].handle, 60'000);
  world().settle();
  EXPECT_EQ(again.code(), OutcomeCode::kInvalidReceiptHandle);
  world().clock.advance_ms(59'999);
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoMessage);
  auto& at_once = change(changed.handle, 0);
  world().settle();
  ASSERT_TRUE(at_once.outcome.ok());
  EXPECT_EQ(receive_now({}).deliveries.at(0).attempt, 2);
}

TEST_F(BrokerCoreTest, TheBrokerRenewsWhileTheClientIsConnected) {
  build({.core = {.renew_interval_ms = 60'000, .renew_total_ms = 600'000}});
  create_topic("t");
  send("t", "hello");
  world().settle();
  world().clients.insert("c1");
  auto& received = receive_now({.renew_client = "c1"});
  for (int minute = 0; minute < 5; ++minute) {
    world().clock.advance_ms(60'000);
    EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoMessage) << minute;
  }
  auto& acked = ack(received);
  world().settle();
  EXPECT_TRUE(acked.entries[0].outcome.ok()) << "the first handle lives as long as it is renewed";
}

TEST_F(BrokerCoreTest, ALostClientsMessagesComeAgain) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  world().clients.insert("c1");
  receive_now({.renew_client = "c1"});
  world().clock.advance_ms(90'000);
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoMessage);
  world().clients.clear();
  world().run_for_ms(60'000);
  EXPECT_EQ(receive_now({}).deliveries.at(0).attempt, 2);
}

TEST_F(BrokerCoreTest, RenewalEndsAtItsLimit) {
  build({.core = {.renew_interval_ms = 60'000, .renew_total_ms = 120'000}});
  create_topic("t");
  send("t", "hello");
  world().settle();
  world().clients.insert("c1");
  receive_now({.renew_client = "c1"});
  world().clock.advance_ms(60'000);
  world().settle();
  world().clock.advance_ms(60'000);
  EXPECT_EQ(receive_now({}).deliveries.at(0).attempt, 2);
}

}  // namespace
}  // namespace petrel::core
