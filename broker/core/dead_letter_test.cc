// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// Messages that a group gives up: after their last attempt, or because a client says so.

#include <gtest/gtest.h>

#include "broker/core/broker_core_test_util.h"
#include "broker/core/move_origin.h"

namespace petrel::core {
namespace {

constexpr char kDeadLetters[] = "%DLQ%g";

class DeadLetterTest : public BrokerCoreTest {
 protected:
  void set_up(int32_t attempts_max, CoreWorld::Options options = {}) {
    build(std::move(options));
    create_topic("t");
    set_attempts_max(attempts_max);
  }
  void set_attempts_max(int32_t attempts_max) {
    auto& applied = world().ask<ApplyGroupsRequest>([&](auto& r) {
      r.groups = {{.name = "g", .attempts_max = attempts_max, .consume_from = ConsumeFrom::kFirst}};
    });
    world().settle();
    ASSERT_TRUE(applied.outcome.ok()) << applied.outcome.text;
  }
  void send_now(const std::string& body) {
    auto& sent = send("t", body);
    world().settle();
    ASSERT_TRUE(sent.outcome.ok()) << sent.outcome.text;
  }
  // It is received, and its invisible time goes by.
  void fail_once(int32_t attempt) {
    auto& received = receive_now({});
    ASSERT_EQ(received.deliveries.size(), 1u);
    EXPECT_EQ(received.deliveries[0].attempt, attempt);
    world().run_for_ms(10'001);
  }
  CoreWorld::Kept<DeadLetterRequest>& forward(const ReceiveRequest& received) {
    return world().ask<DeadLetterRequest>([&](auto& r) {
      r.group = "g";
      r.topic = "t";
      r.handle = received.deliveries.at(0).handle;
      r.client_id = "worker@1";
    });
  }
  int64_t dead_letters() {
    const store::ConsumeQueue* const queue = world().store().find_queue(kDeadLetters, 0);
    return queue == nullptr ? 0 : queue->max().value();
  }
  size_t open() {
    const Subscription* const subscription = world().core().state().find_subscription("g", "t");
    return subscription == nullptr ? 0 : subscription->find(0)->in_flight_count();
  }
  // The first dead letter, as a consumer of them gets it.
  store::RecordView dead_letter() {
    auto& received = receive_now({.group = "people", .topic = kDeadLetters});
    EXPECT_GE(received.deliveries.size(), 1u);
    const auto record =
        store::decode_record(received.deliveries.at(0).record->bytes(), store::Verify::kChecksums);
    EXPECT_TRUE(record.ok());
    return *record;
  }
};

TEST_F(DeadLetterTest, AfterItsLastAttemptAMessageMovesThoughNobodyAsks) {
  set_up(2);
  send_now("poison");
  fail_once(1);
  fail_once(2);
  EXPECT_EQ(dead_letters(), 1);
  EXPECT_EQ(open(), 0u);
  EXPECT_TRUE(receive_now({}).deliveries.empty());
}

TEST_F(DeadLetterTest, TheCopyTellsWhereItCameFrom) {
  set_up(1);
  auto& sent = world().ask<SendRequest>([&](auto& r) {
    r.topic = "t";
    r.messages.push_back(
        {.record = *store::encode_record({.topic = "t",
                                          .body = "poison",
                                          .properties = "TAGS\x01red\x02UNIQ_KEY\x01id-7\x02"
                                                        "colour\x01"
                                                        "blue\x02",
                                          .born_ms = 77})});
  });
  world().settle();
  ASSERT_TRUE(sent.outcome.ok());
  fail_once(1);
  const store::RecordView letter = dead_letter();
  EXPECT_EQ(letter.body, "poison");
  EXPECT_EQ(letter.born_ms, 77);
  EXPECT_EQ(letter.reconsume_times, 0);
  const auto property = [&](std::string_view name) {
    return std::string(store::find_property(letter.properties, name));
  };
  EXPECT_EQ(property("UNIQ_KEY"), "id-7");
  EXPECT_EQ(property("TAGS"), "red");
  EXPECT_EQ(property("colour"), "blue");
  EXPECT_EQ(property("DLQ_ORIGIN_TOPIC"), "t");
  EXPECT_EQ(property("DLQ_ORIGIN_MESSAGE_ID"), "id-7");
  ASSERT_TRUE(move_origin(letter).has_value());
  EXPECT_EQ(move_origin(letter)->offset, store::QueueOffset(0));
}

TEST_F(DeadLetterTest, AClientMayGiveAMessageUp) {
  set_up(17);
  send_now("poison");
  auto& received = receive_now({});
  auto& forwarded = forward(received);
  world().settle();
  EXPECT_TRUE(forwarded.outcome.ok()) << forwarded.outcome.text;
  EXPECT_EQ(dead_letters(), 1);
  EXPECT_EQ(open(), 0u);
  const store::RecordView letter = dead_letter();
  EXPECT_EQ(store::find_property(letter.properties, kLastClientProperty), "worker@1");

  auto& again = forward(received);
  auto& acked = ack(received);
  world().settle();
  EXPECT_EQ(again.code(), OutcomeCode::kInvalidReceiptHandle);
  EXPECT_EQ(acked.entries[0].outcome.code, OutcomeCode::kInvalidReceiptHandle);
  EXPECT_EQ(dead_letters(), 1);
}

TEST_F(DeadLetterTest, SaidTwiceInOneTurnItMovesOnce) {
  set_up(17);
  send_now("poison");
  auto& received = receive_now({});
  auto& first = forward(received);
  auto& second = forward(received);
  world().settle();
  EXPECT_TRUE(first.outcome.ok());
  EXPECT_TRUE(second.outcome.ok());
  EXPECT_EQ(dead_letters(), 1);
}

TEST_F(DeadLetterTest, AnAcknowledgementInTheSameTurnCounts) {
  set_up(17);
  send_now("done after all");
  auto& received = receive_now({});
  auto& forwarded = forward(received);
  auto& acked = ack(received);
  world().settle();
  EXPECT_TRUE(acked.entries[0].outcome.ok());
  EXPECT_EQ(forwarded.code(), OutcomeCode::kInvalidReceiptHandle);
  EXPECT_EQ(dead_letters(), 0);
}

// What was decided about the origin in the same turn stands in the log before the move.
TEST_F(DeadLetterTest, TheLogGivesTheSameStateAsTheDecisions) {
  set_up(17);
  send_now("poison");
  auto& received = receive_now({});
  auto& changed = world().ask<ChangeInvisibleRequest>([&](auto& r) {
    r.group = "g";
    r.topic = "t";
    r.handle = received.deliveries.at(0).handle;
    r.invisible_ms = 20'000;
  });
  world().turn();
  auto& forwarded = world().ask<DeadLetterRequest>([&](auto& r) {
    r.group = "g";
    r.topic = "t";
    r.handle = changed.handle;
  });
  auto& later = world().ask<ChangeInvisibleRequest>([&](auto& r) {
    r.group = "g";
    r.topic = "t";
    r.handle = changed.handle;
    r.invisible_ms = 30'000;
  });
  world().settle();
  EXPECT_TRUE(later.outcome.ok());
  EXPECT_EQ(forwarded.code(), OutcomeCode::kInvalidReceiptHandle) << "the handle is dead";
  auto& once_more = world().ask<DeadLetterRequest>([&](auto& r) {
    r.group = "g";
    r.topic = "t";
    r.handle = later.handle;
  });
  world().settle();
  ASSERT_TRUE(once_more.outcome.ok()) << once_more.outcome.text;
  const std::string decided = world().state_bytes();
  world().restart_after_crash();
  EXPECT_EQ(world().state_bytes(), decided);
  EXPECT_EQ(dead_letters(), 1);
  EXPECT_EQ(open(), 0u);
}

TEST_F(DeadLetterTest, ACrashBeforeTheCopyIsWrittenLeavesTheMessageWithItsGroup) {
  set_up(1);
  send_now("poison");
  auto& received = receive_now({});
  ASSERT_EQ(received.deliveries.size(), 1u);
  world().clock.advance_ms(10'001);
  world().turn();  // decided, and appended in memory alone
  world().restart_after_crash();
  EXPECT_EQ(dead_letters(), 0);
  EXPECT_EQ(open(), 1u);
  world().settle();
  EXPECT_EQ(dead_letters(), 1) << "nobody asked, and it moved";
  EXPECT_EQ(open(), 0u);
}

TEST_F(DeadLetterTest, WhatTheDiskHasIsReadFirst) {
  CoreWorld::Options options;
  options.store.log.hot_bytes = 512 << 10;
  set_up(1, options);
  send_now("poison");
  auto& received = receive_now({});
  ASSERT_EQ(received.deliveries.size(), 1u);
  create_topic("other");
  for (int i = 0; i < 64; ++i) {
    send("other", std::string(32 << 10, 'x'));
    world().settle();
  }
  world().run_for_ms(10'001);
  EXPECT_EQ(dead_letters(), 1);
  EXPECT_EQ(open(), 0u);
}

TEST_F(DeadLetterTest, ManyThatFailHoldUpNothing) {
  set_up(1);
  for (int i = 0; i < 3'000; ++i) {
    send("t", concat("poison ", i));
  }
  world().settle();
  for (int received = 0; received < 3'000;) {
    auto& some = receive_now({.batch = 1'000});
    ASSERT_FALSE(some.deliveries.empty());
    received += static_cast<int>(some.deliveries.size());
  }
  world().run_for_ms(10'001);
  send_now("good");
  auto& good = receive_now({});
  ASSERT_EQ(good.deliveries.size(), 1u);
  EXPECT_EQ(body_of(good.deliveries[0]), "good");
  world().run_for_ms(5'000);
  EXPECT_EQ(dead_letters(), 3'000);
  EXPECT_EQ(open(), 1u);
}

TEST_F(DeadLetterTest, LargeMessagesAreMovedAFewAtATime) {
  CoreWorld::Options options;
  options.core.loading_bytes_max = 64 << 10;
  set_up(1, options);
  for (int i = 0; i < 20; ++i) {
    send_now(std::string(30'000, 'x'));
  }
  for (int received = 0; received < 20;) {
    received += static_cast<int>(receive_now({.batch = 20}).deliveries.size());
  }
  world().clock.advance_ms(10'001);
  world().turn();
  world().turn();
  EXPECT_LE(world().store().queue(kDeadLetters, 0)->next().value(), 6) << "three a turn";
  world().settle();
  EXPECT_EQ(dead_letters(), 20);
}

TEST_F(DeadLetterTest, ADeliveryThatNobodyGotIsNoAttempt) {
  set_up(1);
  send_now("unlucky");
  auto& received = receive_now({});
  auto request = std::make_unique<GiveBackRequest>();
  request->group = "g";
  request->topic = "t";
  request->handles = {received.deliveries.at(0).handle};
  request->comes_again_ms = 1'000;
  world().post_request(std::move(request));
  world().settle();
  world().run_for_ms(1'001);
  EXPECT_EQ(dead_letters(), 0);
  EXPECT_EQ(receive_now({}).deliveries.size(), 1u);
}

TEST_F(DeadLetterTest, FewerAttemptsCountAtOnce) {
  set_up(17);
  send_now("poison");
  fail_once(1);
  fail_once(2);
  EXPECT_EQ(dead_letters(), 0);
  set_attempts_max(2);
  EXPECT_EQ(dead_letters(), 1);
}

TEST_F(DeadLetterTest, WhoDeletesTheGroupOrTheTopicMeanwhileIsToldSo) {
  set_up(17);
  send_now("poison");
  auto& received = receive_now({});
  auto& forwarded = forward(received);
  world().ask<DeleteTopicsRequest>([&](auto& r) { r.names = {"t"}; });
  world().settle();
  EXPECT_EQ(forwarded.code(), OutcomeCode::kInvalidReceiptHandle);
  EXPECT_EQ(dead_letters(), 0);
  const std::string decided = world().state_bytes();
  world().restart_after_crash();
  EXPECT_EQ(world().state_bytes(), decided);
}

TEST_F(DeadLetterTest, OneThatIsPastItsAttemptsIsNoBusinessOfOtherGroups) {
  set_up(1);
  send_now("poison");
  receive_now({.group = "others"});
  fail_once(1);
  EXPECT_EQ(world().core().state().find_subscription("others", "t")->find(0)->in_flight_count(),
            1u);
}

TEST(MoveOrigin, IsReadAsItWasWritten) {
  const MoveOrigin origin{
      .group = GroupId(7), .topic = TopicId(3), .queue_id = 5, .offset = store::QueueOffset(12)};
  const std::string properties =
      concat(kMoveOriginProperty, "\x01", format_move_origin(origin), "\x02");
  store::RecordView record;
  record.topic = kDeadLetters;
  record.properties = properties;
  EXPECT_EQ(move_origin(record), origin);
  record.topic = "t";
  EXPECT_EQ(move_origin(record), std::nullopt) << "other topics' records move nothing";
}

TEST(MoveOrigin, WhatIsNoOriginMovesNothing) {
  for (const std::string_view text :
       {"", "1", "1,2,3", "1,2,3,4,5", "1,2,3,-4", "1,2,3,4 ", "a,2,3,4", "1,,3,4", "1,2,4000,4",
        "1,2,3,99999999999999999999"}) {
    const std::string properties = concat(kMoveOriginProperty, "\x01", text, "\x02");
    store::RecordView record;
    record.topic = kDeadLetters;
    record.properties = properties;
    EXPECT_EQ(move_origin(record), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace petrel::core
