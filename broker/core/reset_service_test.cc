// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/reset_service.h"

#include <string>
#include <utility>
#include <vector>

#include "broker/core/broker_core_test_util.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

using Target = ResetGroupRequest::Target;
using Bodies = std::vector<std::string>;

class ResetServiceTest : public BrokerCoreTest {
 protected:
  struct Reset {
    Target target = Target::kEarliest;
    int64_t value = 0;
    std::vector<std::string> topics = {};
    std::optional<int32_t> queue_id = {};
    bool dry_run = false;
    std::string group = "g";
  };
  CoreWorld::Kept<ResetGroupRequest>& ask(const Reset& how) {
    return world().ask<ResetGroupRequest>([&](auto& r) {
      r.group = how.group;
      r.topics = how.topics;
      r.queue_id = how.queue_id;
      r.target = how.target;
      r.value = how.value;
      r.dry_run = how.dry_run;
    });
  }
  CoreWorld::Kept<ResetGroupRequest>& reset(const Reset& how) {
    auto& request = ask(how);
    world().settle();
    EXPECT_TRUE(request.done);
    return request;
  }
  ResetGroupRequest::Queue moved(const Reset& how) {
    auto& request = reset(how);
    EXPECT_TRUE(request.outcome.ok()) << request.outcome.text;
    EXPECT_EQ(request.queues.size(), 1U);
    return request.queues.empty() ? ResetGroupRequest::Queue() : request.queues.front();
  }
  OutcomeCode refused(const Reset& how) {
    auto& request = reset(how);
    EXPECT_TRUE(request.queues.empty());
    return request.outcome.code;
  }
  // A second lies between two messages.
  void sent(const Bodies& bodies, const std::string& topic = "t") {
    for (const std::string& body : bodies) {
      auto& request = send(topic, body);
      world().settle();
      ASSERT_TRUE(request.outcome.ok()) << request.outcome.text;
      world().clock.advance_ms(1'000);
    }
  }
  CoreWorld::Kept<ReceiveRequest>& take(int32_t batch = 16, const std::string& topic = "t") {
    return receive_now({.topic = topic, .batch = batch, .invisible_ms = 3'600'000});
  }
  static Bodies bodies_of(const ReceiveRequest& received) {
    Bodies bodies;
    for (const auto& delivery : received.deliveries) {
      bodies.push_back(body_of(delivery));
    }
    return bodies;
  }
  Bodies got(const std::string& topic = "t") { return bodies_of(take(16, topic)); }
  OutcomeCode acked(const ReceiveRequest& received, size_t index) {
    auto& request = ack(received, index);
    world().settle();
    return request.entries.at(0).outcome.code;
  }
  // The group "g" has taken the first two of four messages, and acknowledged one.
  CoreWorld::Kept<ReceiveRequest>& begin() {
    create_topic("t");
    sent({"0", "1", "2", "3"});
    auto& first = take(2);
    EXPECT_EQ(bodies_of(first), Bodies({"0", "1"}));
    EXPECT_EQ(acked(first, 0), OutcomeCode::kOk);
    return first;
  }
};

TEST_F(ResetServiceTest, ToTheEarliestAllComesAgain) {
  begin();
  const ResetGroupRequest::Queue queue = moved({.target = Target::kEarliest});
  EXPECT_EQ(queue.topic, "t");
  EXPECT_EQ(queue.from.value(), 2);
  EXPECT_EQ(queue.to.value(), 0);
  EXPECT_EQ(queue.again(), 2);
  EXPECT_EQ(queue.skipped(), 0);
  EXPECT_EQ(queue.open, 1);
  EXPECT_EQ(got(), Bodies({"0", "1", "2", "3"}));
}

TEST_F(ResetServiceTest, ToTheLatestWhatIsThereIsSkippedAndWhatIsOpenEnds) {
  auto& first = begin();
  const ResetGroupRequest::Queue queue = moved({.target = Target::kLatest});
  EXPECT_EQ(queue.skipped(), 2);
  EXPECT_EQ(queue.open, 1);
  EXPECT_EQ(acked(first, 1), OutcomeCode::kInvalidReceiptHandle);
  world().run_for_ms(3'700'000);
  EXPECT_EQ(got(), Bodies()) << "an open delivery below the position came again";
  sent({"4"});
  EXPECT_EQ(got(), Bodies({"4"}));
}

TEST_F(ResetServiceTest, ToATimeItGoesOnWithTheFirstMessageStoredThenOrLater) {
  const int64_t begin_ms = world().clock.wall_ms();
  begin();
  EXPECT_EQ(moved({.target = Target::kTime, .value = begin_ms + 900}).to.value(), 1);
  EXPECT_EQ(got(), Bodies({"1", "2", "3"}));
  EXPECT_EQ(moved({.target = Target::kTime, .value = 0}).to.value(), 0);
  EXPECT_EQ(moved({.target = Target::kTime, .value = begin_ms + 3'600'000}).to.value(), 4);
}

TEST_F(ResetServiceTest, AnOffsetIsClampedAndTheResultSaysSo) {
  begin();
  const Reset to_three{.target = Target::kOffset, .value = 3, .topics = {"t"}, .queue_id = 0};
  EXPECT_FALSE(moved(to_three).clamped);
  EXPECT_EQ(got(), Bodies({"3"}));
  Reset beyond = to_three;
  beyond.value = 99;
  const ResetGroupRequest::Queue queue = moved(beyond);
  EXPECT_TRUE(queue.clamped);
  EXPECT_EQ(queue.to.value(), 4);
  beyond.queue_id.reset();
  EXPECT_EQ(refused(beyond), OutcomeCode::kInvalidArgument);
  beyond.queue_id = 0;
  beyond.topics.clear();
  EXPECT_EQ(refused(beyond), OutcomeCode::kInvalidArgument);
}

TEST_F(ResetServiceTest, ADryRunTellsTheSameAndChangesNothing) {
  auto& first = begin();
  const std::string before = world().state_bytes();
  for (const Target target : {Target::kEarliest, Target::kLatest, Target::kTime}) {
    const ResetGroupRequest::Queue queue = moved({.target = target, .dry_run = true});
    EXPECT_EQ(queue.to.value(), target == Target::kLatest ? 4 : 0);
    EXPECT_EQ(queue.open, 1);
  }
  EXPECT_EQ(world().state_bytes(), before);
  EXPECT_EQ(acked(first, 1), OutcomeCode::kOk);
}

TEST_F(ResetServiceTest, WhoWaitsGetsMessagesAtOnce) {
  create_topic("t");
  sent({"0", "1"});
  EXPECT_EQ(got(), Bodies({"0", "1"}));
  auto& waiting = receive({.wait_us = 60'000'000});
  world().settle();
  ASSERT_FALSE(waiting.done);
  reset({.target = Target::kEarliest});
  ASSERT_TRUE(waiting.done);
  EXPECT_EQ(bodies_of(waiting), Bodies({"0", "1"}));
}

TEST_F(ResetServiceTest, AnOldHandleNeverMeansALaterDelivery) {
  auto& first = begin();
  reset({.target = Target::kEarliest});
  auto& second = take();
  ASSERT_EQ(bodies_of(second), Bodies({"0", "1", "2", "3"}));
  EXPECT_EQ(acked(first, 1), OutcomeCode::kInvalidReceiptHandle);
  EXPECT_EQ(second.deliveries[1].attempt, 1);
  EXPECT_EQ(acked(second, 1), OutcomeCode::kOk);
}

TEST_F(ResetServiceTest, ATopicThatWasNeverReceivedFromBeginsThere) {
  begin();
  create_topic("new", 2);
  sent({"a", "b"}, "new");
  auto& waiting = receive({.topic = "new", .wait_us = 60'000'000});
  world().settle();
  auto& request = reset({.target = Target::kLatest, .topics = {"new"}});
  ASSERT_TRUE(request.outcome.ok()) << request.outcome.text;
  ASSERT_EQ(request.queues.size(), 2U);
  EXPECT_EQ(bodies_of(waiting), Bodies({"a", "b"})) << "it came before the reset";
  auto& named = reset({.target = Target::kLatest, .topics = {"new"}, .queue_id = 1});
  ASSERT_EQ(named.queues.size(), 1U);
  EXPECT_EQ(named.queues[0].queue_id, 1);
  EXPECT_EQ(got("new"), Bodies());
}

// Its receives wait for a search, which takes as long as it takes.
TEST_F(ResetServiceTest, WhoWaitsToBeginBeginsWhereTheResetSays) {
  create_topic("t");
  sent({"0", "1", "2"});
  auto& declared = world().ask<ApplyGroupsRequest>([&](auto& r) {
    r.groups = {{.name = "g",
                 .consume_from = ConsumeFrom::kTime,
                 .consume_from_ms = world().clock.wall_ms() - 500}};
  });
  world().settle();
  ASSERT_TRUE(declared.outcome.ok());
  world().stop();
  world().start();
  auto& waiting = receive({.wait_us = 60'000'000});
  world().turn();
  ASSERT_FALSE(waiting.done);
  ask({.target = Target::kEarliest, .topics = {"t"}});
  world().settle();
  ASSERT_TRUE(waiting.done);
  EXPECT_EQ(waiting.deliveries.size(), 3U);
}

TEST_F(ResetServiceTest, WhatIsNotThereIsToldAndNothingMoves) {
  begin();
  const std::string before = world().state_bytes();
  EXPECT_EQ(refused({.group = "nobody"}), OutcomeCode::kGroupNotFound);
  EXPECT_EQ(refused({.topics = {"t", "nothing"}}), OutcomeCode::kTopicNotFound);
  EXPECT_EQ(refused({.topics = {"t"}, .queue_id = 1}), OutcomeCode::kInvalidArgument);
  EXPECT_EQ(refused({.target = Target::kTime, .value = -1}), OutcomeCode::kInvalidArgument);
  EXPECT_EQ(world().state_bytes(), before);
}

TEST_F(ResetServiceTest, WhatIsDeletedWhileItSearchesIsTold) {
  begin();
  auto& of_topic = ask({.target = Target::kTime});
  world().turn();
  ASSERT_FALSE(of_topic.done);
  world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"t"}; });
  world().settle();
  EXPECT_EQ(of_topic.code(), OutcomeCode::kTopicNotFound);

  create_topic("t");
  sent({"0"});
  auto& of_group = ask({.target = Target::kTime, .topics = {"t"}});
  world().turn();
  world().ask<DeleteGroupsRequest>([](auto& r) { r.names = {"g"}; });
  world().settle();
  EXPECT_EQ(of_group.code(), OutcomeCode::kGroupNotFound);
}

TEST_F(ResetServiceTest, ASecondOneOfAGroupIsRefusedWhileTheFirstSearches) {
  begin();
  auto& first = ask({.target = Target::kTime});
  auto& second = ask({.target = Target::kLatest});
  world().settle();
  EXPECT_TRUE(first.outcome.ok()) << first.outcome.text;
  EXPECT_EQ(second.code(), OutcomeCode::kOverloaded);
  EXPECT_EQ(moved({.target = Target::kLatest}).to.value(), 4);
}

TEST_F(ResetServiceTest, ManyQueuesMoveAsOneAfterAllSearches) {
  create_topic("t", 20);
  sent({"0", "1", "2"});
  EXPECT_EQ(got().size(), 3U);
  auto& again = reset({.target = Target::kTime});
  ASSERT_TRUE(again.outcome.ok()) << again.outcome.text;
  EXPECT_EQ(again.queues.size(), 20U);
  EXPECT_EQ(got().size(), 3U);
}

TEST_F(ResetServiceTest, AnAnswerWaitsForTheCommit) {
  begin();
  auto& request = ask({.target = Target::kEarliest});
  world().turn();
  EXPECT_FALSE(request.done);
  world().settle();
  EXPECT_TRUE(request.done);
}

TEST_F(ResetServiceTest, ACrashBeforeTheRecordIsWrittenLeavesAllAsItWas) {
  begin();
  auto& request = ask({.target = Target::kEarliest});
  world().turn();
  ASSERT_FALSE(request.done);
  world().restart_after_crash();
  auto& next = take(1);
  ASSERT_EQ(next.deliveries.size(), 1U);
  EXPECT_EQ(next.deliveries[0].handle.queue_offset.value(), 2);
}

TEST_F(ResetServiceTest, ACrashAfterItLeavesTheGroupWhereItWasMoved) {
  begin();
  reset({.target = Target::kLatest});
  const std::string before = world().state_bytes();
  world().restart_after_crash();
  EXPECT_EQ(world().state_bytes(), before);
  world().clock.advance_ms(3'700'000);
  EXPECT_EQ(got(), Bodies());
}

TEST_F(ResetServiceTest, ASearchEndsWithTheCore) {
  begin();
  auto& request = ask({.target = Target::kTime});
  world().turn();
  world().post_internal(std::make_unique<BeginShutdown>());
  world().settle();
  EXPECT_EQ(request.code(), OutcomeCode::kShuttingDown);
}

}  // namespace
}  // namespace petrel::core
