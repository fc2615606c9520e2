// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// What push consumers work on, over restarts of the broker and answers that are lost.

#include <gtest/gtest.h>

#include "broker/core/broker_core_test_util.h"

namespace petrel::core {
namespace {

class LeasesTest : public BrokerCoreTest {
 protected:
  LeasesTest() {
    create_topic("t");
    world().clients.insert("c");
  }
  void pass_ms(int64_t ms) { world().run_for_ms(ms); }
  void stand_still_ms(int64_t ms) { world().clock.advance_ms(ms); }
  // A message that the client works on, delivered now.
  CoreWorld::Kept<ReceiveRequest>& work() {
    send("t", "hello");
    world().settle();
    auto& received = receive_now({.renew_client = "c"});
    EXPECT_EQ(received.deliveries.size(), 1u);
    return received;
  }
  const InFlight* open() {
    return world().core().state().find_subscription("g", "t")->find(0)->find(store::QueueOffset(0));
  }
  int64_t log_end() { return world().store().log().end().value(); }
  bool acknowledged(const ReceiveRequest& received) {
    auto& acked = ack(received);
    world().settle();
    return acked.entries[0].outcome.ok();
  }
  bool comes_again() { return !receive_now({.group = "g"}).deliveries.empty(); }
};

TEST(SentAnswer, NeighboursOfOneDeliveryAreOneRun) {
  SentAnswer answer;
  const auto add = [&](int32_t queue_id, int64_t offset, int64_t id) {
    answer.add(
        {.queue_id = queue_id, .queue_offset = store::QueueOffset(offset), .delivery_id = id});
  };
  add(1, 10, 5);
  add(1, 11, 5);
  add(1, 13, 5);  // 12 was not in the answer
  add(1, 14, 6);
  add(2, 15, 6);
  ASSERT_EQ(answer.runs.size(), 4u);
  EXPECT_EQ(answer.runs[0].first, store::QueueOffset(10));
  EXPECT_EQ(answer.runs[0].end, store::QueueOffset(12));
  EXPECT_EQ(answer.runs[3].queue_id, 2);
}

TEST_F(LeasesTest, WhatIsOpenASecondAfterItsAnswerWasSentIsMarked) {
  work();
  EXPECT_FALSE(open()->answer_sent);
  const InFlight before = *open();
  pass_ms(500);
  EXPECT_FALSE(open()->answer_sent);
  pass_ms(500);
  ASSERT_TRUE(open()->answer_sent);
  EXPECT_EQ(open()->visible_at_ms, before.visible_at_ms);
  EXPECT_EQ(open()->delivery_id, before.delivery_id);
  const int64_t end = log_end();
  pass_ms(1'000);
  EXPECT_EQ(log_end(), end) << "it is marked once";
}

TEST_F(LeasesTest, AMessageThatIsAcknowledgedSoonIsNotMarked) {
  auto& received = work();
  pass_ms(500);
  ASSERT_TRUE(acknowledged(received));
  const int64_t end = log_end();
  pass_ms(500);
  pass_ms(5'000);
  EXPECT_EQ(log_end(), end);
}

TEST_F(LeasesTest, ADeliveryWhoseAnswerWasLostIsNotRenewed) {
  world().answers_are_sent = false;
  work();
  pass_ms(59'999);
  EXPECT_FALSE(comes_again());
  pass_ms(1);
  EXPECT_TRUE(comes_again());
}

TEST_F(LeasesTest, AnAnswerThatIsSentLateIsMarkedLate) {
  world().answers_are_sent = false;
  auto& received = work();
  pass_ms(30'000);
  world().say_sent(received);
  pass_ms(31'000);
  EXPECT_FALSE(comes_again());
  EXPECT_TRUE(acknowledged(received));
}

TEST_F(LeasesTest, APauseOfTheProcessLosesNoMark) {
  auto& received = work();
  stand_still_ms(70'000);
  EXPECT_FALSE(comes_again());
  EXPECT_TRUE(acknowledged(received));
}

TEST_F(LeasesTest, AfterARestartAClientHasAGraceToComeBack) {
  auto& received = work();
  pass_ms(1'000);
  world().clients.clear();
  world().restart_after_crash();
  pass_ms(59'500);
  EXPECT_EQ(world().core().stats().leases_in_grace, 1);
  EXPECT_FALSE(comes_again()) << "its invisible time is over, and it is renewed";
  world().clients.insert("c");
  pass_ms(500);
  EXPECT_EQ(world().core().stats().leases_in_grace, 0);
  pass_ms(120'000);
  EXPECT_FALSE(comes_again());
  EXPECT_TRUE(acknowledged(received));
}

TEST_F(LeasesTest, TheGraceEndsForAClientThatDoesNotComeBack) {
  work();
  pass_ms(1'000);
  world().clients.clear();
  world().restart_after_crash();
  pass_ms(59'999);
  EXPECT_FALSE(comes_again());
  pass_ms(1);
  EXPECT_EQ(receive_now({}).deliveries.at(0).attempt, 2);
  pass_ms(500);
  EXPECT_EQ(world().core().stats().leases_in_grace, 0);
}

TEST_F(LeasesTest, AfterAPauseOfTheProcessAClientHasAGraceToComeBack) {
  auto& received = work();
  pass_ms(1'000);
  world().clients.clear();  // all were silent for too long
  stand_still_ms(120'000);
  EXPECT_FALSE(comes_again()) << "in the first turn already";
  EXPECT_EQ(world().core().stats().leases_in_grace, 1);
  pass_ms(59'500);
  EXPECT_FALSE(comes_again());
  world().clients.insert("c");
  pass_ms(1'000);
  EXPECT_EQ(world().core().stats().leases_in_grace, 0);
  pass_ms(120'000);
  EXPECT_FALSE(comes_again());
  EXPECT_TRUE(acknowledged(received));
}

TEST_F(LeasesTest, AfterAPauseAClientWhoseConnectionEndedMeanwhileHasTheGraceToo) {
  auto& received = work();
  pass_ms(51'000);
  stand_still_ms(20'000);
  EXPECT_FALSE(comes_again());
  EXPECT_EQ(world().core().stats().leases_in_grace, 1) << "though it counts as connected";
  world().clients.clear();
  pass_ms(59'500);
  EXPECT_FALSE(comes_again());
  world().clients.insert("c");
  pass_ms(120'000);
  EXPECT_EQ(world().core().stats().leases_in_grace, 0);
  EXPECT_FALSE(comes_again());
  EXPECT_TRUE(acknowledged(received));
}

TEST_F(LeasesTest, TheGraceOfAPauseEnds) {
  work();
  pass_ms(1'000);
  world().clients.clear();
  stand_still_ms(120'000);
  world().settle();
  pass_ms(59'999);
  EXPECT_FALSE(comes_again());
  pass_ms(1);
  EXPECT_EQ(receive_now({}).deliveries.at(0).attempt, 2);
}

TEST_F(LeasesTest, ACoreThatIsSlowForAWhileWasNotAway) {
  work();
  pass_ms(51'000);
  world().clients.clear();
  stand_still_ms(9'999);
  world().turn();
  EXPECT_EQ(world().core().stats().leases_in_grace, 0);
  EXPECT_TRUE(comes_again());
}

TEST_F(LeasesTest, AClientThatCameBackAndWentHasNoGraceAnyMore) {
  work();
  pass_ms(1'000);
  world().clients.clear();
  world().restart_after_crash();
  world().clients.insert("c");
  pass_ms(10'000);
  world().clients.clear();
  pass_ms(48'999);
  EXPECT_FALSE(comes_again());
  pass_ms(1);
  EXPECT_TRUE(comes_again()) << "its invisible time is over";
}

TEST_F(LeasesTest, WhatIsNotKnownToBeSentIsNotRenewedAfterARestart) {
  work();
  pass_ms(100);
  world().restart_after_crash();  // the client is back at once
  pass_ms(59'899);
  EXPECT_FALSE(comes_again());
  pass_ms(1);
  EXPECT_TRUE(comes_again());
}

TEST_F(LeasesTest, AGracefulStopMarksAllThatWasSent) {
  auto& received = work();
  world().stop();
  world().clients.clear();
  world().start();
  EXPECT_TRUE(open()->answer_sent);
  pass_ms(20'000);
  world().clients.insert("c");
  pass_ms(120'000);
  EXPECT_FALSE(comes_again());
  EXPECT_TRUE(acknowledged(received));
}

TEST_F(LeasesTest, AnAnswerThatIsLostIsNotMarkedByAStop) {
  world().answers_are_sent = false;
  work();
  world().stop();
  world().start();
  EXPECT_FALSE(open()->answer_sent);
  pass_ms(60'000);
  EXPECT_TRUE(comes_again());
}

TEST_F(LeasesTest, AnEngineThatIsMadeAgainStillHearsWhatWasSentBefore) {
  auto& received = work();
  world().make_again();
  EXPECT_FALSE(open()->answer_sent);
  pass_ms(1'000);
  EXPECT_TRUE(open()->answer_sent);
  pass_ms(120'000);
  EXPECT_FALSE(comes_again());
  EXPECT_TRUE(acknowledged(received));
}

TEST_F(LeasesTest, ADeliveryThatIsGivenBackIsNotMarked) {
  world().answers_are_sent = false;
  auto& received = work();
  auto back = std::make_unique<GiveBackRequest>();
  back->group = "g";
  back->topic = "t";
  back->handles = {received.deliveries[0].handle};
  back->comes_again_ms = 1'000;
  world().post_internal(std::move(back));
  world().settle();
  world().say_sent(received);
  pass_ms(500);
  EXPECT_FALSE(open()->answer_sent);
  pass_ms(500);
  EXPECT_EQ(receive_now({}).deliveries.at(0).attempt, 1);
}

TEST_F(LeasesTest, EveryDeliveryIsMarkedAnew) {
  work();
  pass_ms(1'000);
  world().clients.clear();
  pass_ms(59'000);
  world().clients.insert("d");
  world().answers_are_sent = false;
  ASSERT_EQ(receive_now({.renew_client = "d"}).deliveries.size(), 1u);
  EXPECT_FALSE(open()->answer_sent);
  pass_ms(60'000);
  EXPECT_EQ(receive_now({}).deliveries.at(0).attempt, 3);
}

}  // namespace
}  // namespace petrel::core
