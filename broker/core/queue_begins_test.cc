// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/queue_begins.h"

#include <string>
#include <vector>

#include "broker/core/broker_core_test_util.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kSegmentBytes = 64 << 10;

class QueueBeginsTest : public BrokerCoreTest {
 protected:
  QueueBeginsTest() {
    CoreWorld::Options options;
    options.store.log.segment_bytes = kSegmentBytes;
    options.store.log.record_bytes_max = 32 << 10;
    build(std::move(options));
  }

  CoreWorld::Kept<ApplyGroupsRequest>& declare(ConsumeFrom from, int64_t from_ms = 0,
                                               const std::string& name = "g") {
    auto& apply = world().ask<ApplyGroupsRequest>([&](auto& r) {
      r.groups = {{.name = name, .consume_from = from, .consume_from_ms = from_ms}};
    });
    world().settle();
    EXPECT_TRUE(apply.done);
    return apply;
  }
  void sent(const std::vector<std::string>& bodies, const std::string& topic = "t") {
    for (const std::string& body : bodies) {
      auto& request = send(topic, body);
      world().settle();
      ASSERT_TRUE(request.outcome.ok()) << request.outcome.text;
    }
  }
  // Bodies of what the group gets, in their order.
  std::vector<std::string> got(const std::string& group = "g", const std::string& topic = "t") {
    std::vector<std::string> bodies;
    for (;;) {
      auto& received = receive_now({.group = group, .topic = topic, .invisible_ms = kHourMs});
      if (!received.outcome.ok()) {
        EXPECT_EQ(received.code(), OutcomeCode::kNoMessage) << received.outcome.text;
        return bodies;
      }
      for (const auto& delivery : received.deliveries) {
        bodies.push_back(delivery.record ? body_of(delivery) : read(delivery));
      }
    }
  }
  std::string read(const ReceiveRequest::Delivery& delivery) {
    const auto slice = world().store().log().read(delivery.handle.log_offset, delivery.record_size);
    EXPECT_TRUE(slice.ok()) << slice.status();
    return std::string(store::decode_record(slice->bytes(), store::Verify::kChecksums)->body);
  }
  // Entries of queues are on disk alone afterwards.
  void restart_with_a_snapshot() {
    world().stop();
    world().start();
  }
  // The first segment of the log is deleted, with all that was sent before.
  void lose_all_of(const std::string& topic) {
    const std::vector<std::string> a_segment(7, std::string(10'000, 'x'));
    sent(a_segment, "other");
    world().clock.advance_ms(73 * kHourMs);
    for (int i = 0; i < 2; ++i) {
      sent(a_segment, "other");
      world().clock.advance_ms(120'000);
      world().settle();
    }
    world().post_internal(std::make_unique<DiskMeasured>(std::nullopt, false));
    world().settle();
    const store::ConsumeQueue* const queue = world().store().find_queue(topic, 0);
    ASSERT_EQ(queue->min(), queue->max()) << "nothing was deleted";
  }
  int64_t next(const std::string& group) {
    auto& listed = world().ask<ListGroupsRequest>([&](auto& r) { r.range.names = {group}; });
    world().settle();
    return listed.groups.at(0).subscriptions.at(0).queues.at(0).next.value();
  }
};

using Bodies = std::vector<std::string>;

TEST_F(QueueBeginsTest, LastIsWhatWasSentFromTheDeclarationOn) {
  create_topic("t");
  sent({"1", "2", "3"});
  declare(ConsumeFrom::kLast);
  sent({"4", "5"});
  EXPECT_EQ(got(), Bodies({"4", "5"}));
  EXPECT_EQ(got("somebody"), Bodies({"1", "2", "3", "4", "5"})) << "who was never declared";
}

TEST_F(QueueBeginsTest, ItIsTheDefaultOfWhatIsDeclaredAndIsKeptByWhoSaysNothing) {
  declare(ConsumeFrom::kUndeclared);
  EXPECT_EQ(world().core().state().find_group("g")->config.consume_from, ConsumeFrom::kLast);
  declare(ConsumeFrom::kTime, 77);
  EXPECT_TRUE(declare(ConsumeFrom::kUndeclared).changed.empty());
  EXPECT_EQ(world().core().state().find_group("g")->config.consume_from_ms, 77);
}

TEST_F(QueueBeginsTest, TheEndOfAQueueIsABeginToo) {
  create_topic("t");
  sent({"1", "2"});
  declare(ConsumeFrom::kLast);
  EXPECT_EQ(got(), Bodies());
  sent({"3"});
  EXPECT_EQ(got(), Bodies({"3"}));
}

TEST_F(QueueBeginsTest, OfATopicThatComesLaterItIsEverything) {
  declare(ConsumeFrom::kLast);
  create_topic("t");
  sent({"1", "2"});
  EXPECT_EQ(got(), Bodies({"1", "2"}));
}

TEST_F(QueueBeginsTest, LastIsTheSameAfterCrashesAndSnapshots) {
  create_topic("t");
  sent({"1", "2", "3"});
  declare(ConsumeFrom::kLast);
  sent({"4", "5"});
  world().restart_after_crash();
  restart_with_a_snapshot();
  sent({"6"});
  EXPECT_EQ(got(), Bodies({"4", "5", "6"}));
  world().restart_after_crash();
  EXPECT_EQ(next("g"), 6);
}

TEST_F(QueueBeginsTest, FirstIsTheFirstMessageThatThereIs) {
  create_topic("t");
  create_topic("other");
  sent({"1", "2"});
  declare(ConsumeFrom::kFirst);
  EXPECT_EQ(got(), Bodies({"1", "2"}));
  lose_all_of("t");
  sent({"3"});
  declare(ConsumeFrom::kFirst, 0, "late");
  EXPECT_EQ(got("late"), Bodies({"3"}));
  EXPECT_EQ(got("somebody"), Bodies()) << "some messages are gone, so it has what comes";
}

TEST_F(QueueBeginsTest, RetentionDoesNotTakeWhatWasSentSinceTheDeclaration) {
  create_topic("t");
  create_topic("other");
  sent({"1", "2"});
  declare(ConsumeFrom::kLast);
  lose_all_of("t");
  sent({"3", "4"});
  restart_with_a_snapshot();
  EXPECT_EQ(got(), Bodies({"3", "4"}));
}

TEST_F(QueueBeginsTest, ATimeIsTheFirstMessageStoredThenOrLater) {
  create_topic("t");
  sent({"1", "2"});
  world().clock.advance_ms(kHourMs);
  const int64_t then_ms = world().clock.wall_ms();
  sent({"3"});
  world().clock.advance_ms(kHourMs);
  sent({"4"});
  declare(ConsumeFrom::kTime, then_ms);
  declare(ConsumeFrom::kTime, then_ms + 1, "behind");
  declare(ConsumeFrom::kTime, 0, "old");
  restart_with_a_snapshot();
  EXPECT_EQ(got(), Bodies({"3", "4"}));
  EXPECT_EQ(got("behind"), Bodies({"4"}));
  EXPECT_EQ(got("old"), Bodies({"1", "2", "3", "4"}));
}

TEST_F(QueueBeginsTest, ATimeToComeCountsAsTheDeclaration) {
  create_topic("t");
  sent({"1"});
  declare(ConsumeFrom::kTime, world().clock.wall_ms() + kHourMs);
  sent({"2"});
  EXPECT_EQ(got(), Bodies({"2"}));
}

TEST_F(QueueBeginsTest, AnotherDeclarationChangesNothingThatHasBegun) {
  create_topic("t", 2);
  create_topic("later");
  sent({"1", "2", "3", "4"});
  sent({"a"}, "later");
  declare(ConsumeFrom::kFirst);
  auto& one = receive_now({.batch = 1, .invisible_ms = kHourMs});
  ASSERT_EQ(one.deliveries.size(), 1u);
  declare(ConsumeFrom::kLast);
  sent({"b"}, "later");
  EXPECT_EQ(got().size(), 3u) << "all queues of the topic had begun";
  EXPECT_EQ(got("g", "later"), Bodies({"b"}));
}

TEST_F(QueueBeginsTest, OtherSettingsLeaveTheDeclarationWhereItIs) {
  create_topic("t");
  sent({"1"});
  declare(ConsumeFrom::kLast);
  sent({"2"});
  world().ask<ApplyGroupsRequest>([](auto& r) {
    r.groups = {{.name = "g", .backoff_ms = {5}, .consume_from = ConsumeFrom::kLast}};
  });
  world().settle();
  EXPECT_EQ(got(), Bodies({"2"}));
}

TEST_F(QueueBeginsTest, AReceiveWaitsWhileTheBeginIsSearched) {
  create_topic("t");
  sent({"1"});
  declare(ConsumeFrom::kLast);
  sent({"2"});
  auto& waiting = receive({});
  auto& cancelled = receive({});
  world().turn();
  EXPECT_FALSE(waiting.done);
  EXPECT_EQ(world().core().state().find_subscription("g", "t"), nullptr);
  world().post_request(std::make_unique<CancelReceive>(cancelled.cancel_id));
  world().turn();
  EXPECT_EQ(cancelled.code(), OutcomeCode::kCancelled);
  world().settle();
  ASSERT_EQ(waiting.deliveries.size(), 1u);
  EXPECT_EQ(body_of(waiting.deliveries[0]), "2");
}

TEST_F(QueueBeginsTest, WhatIsDeletedOrDeclaredAnewDuringTheSearchIsNotBegunByIt) {
  create_topic("t");
  sent({"1"});
  declare(ConsumeFrom::kLast);
  sent({"2"});
  auto& waiting = receive({});
  world().turn();
  world().ask<ApplyGroupsRequest>(
      [](auto& r) { r.groups = {{.name = "g", .consume_from = ConsumeFrom::kFirst}}; });
  world().settle();
  EXPECT_EQ(waiting.deliveries.size(), 2u);

  declare(ConsumeFrom::kLast, 0, "gone");
  sent({"3"});
  auto& of_gone = receive({.group = "gone"});
  world().turn();
  world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"t"}; });
  world().settle();
  EXPECT_EQ(of_gone.code(), OutcomeCode::kTopicNotFound);
}

TEST_F(QueueBeginsTest, WhoWaitsToBeginIsFoundHoweverManyGroupsBeginMeanwhile) {
  create_topic("t");
  sent({"1"});
  constexpr int kGroups = 100;
  for (int i = 0; i < kGroups; ++i) {
    declare(ConsumeFrom::kLast, 0, concat("g", i));
  }
  sent({"2"});
  std::vector<CoreWorld::Kept<ReceiveRequest>*> waiting;
  for (int i = kGroups; i-- > 0;) {  // each before all others
    waiting.push_back(&receive({.group = concat("g", i)}));
  }
  world().turn();
  for (const auto* one : waiting) {
    world().post_request(std::make_unique<CancelReceive>(one->cancel_id));
  }
  world().turn();
  for (const auto* one : waiting) {
    EXPECT_EQ(one->code(), OutcomeCode::kCancelled);
  }
}

TEST_F(QueueBeginsTest, AGroupThatIsDeletedDuringTheSearchIsNotMadeAgainByWhoWaits) {
  create_topic("t");
  sent({"1"});
  declare(ConsumeFrom::kLast);
  sent({"2"});
  auto& waiting = receive({});
  world().turn();
  world().ask<DeleteGroupsRequest>([](auto& r) { r.names = {"g"}; });
  world().settle();
  EXPECT_EQ(waiting.code(), OutcomeCode::kGroupNotFound);
  EXPECT_EQ(world().core().state().find_group("g"), nullptr);
}

// A page is loaded for all groups of a queue.
TEST_F(QueueBeginsTest, AGroupThatIsDeletedLeavesThePageToTheOthers) {
  create_topic("t");
  sent({"1"});
  declare(ConsumeFrom::kFirst, 0, "gone");
  declare(ConsumeFrom::kFirst, 0, "stays");
  restart_with_a_snapshot();
  auto& of_gone = receive({.group = "gone"});
  auto& waiting = receive({.group = "stays"});
  world().turn();
  ASSERT_FALSE(of_gone.done || waiting.done) << "the page is in memory";
  world().ask<DeleteGroupsRequest>([](auto& r) { r.names = {"gone"}; });
  world().settle();
  EXPECT_EQ(of_gone.code(), OutcomeCode::kGroupNotFound);
  EXPECT_EQ(waiting.deliveries.size(), 1u);
}

TEST_F(QueueBeginsTest, ADeclarationWritesNothingOfTopics) {
  for (int i = 0; i < 50; ++i) {
    create_topic(concat("t", i), 8);
    sent({"1"}, concat("t", i));
  }
  const auto before = world().store().log().end();
  declare(ConsumeFrom::kLast);
  EXPECT_LT(world().store().log().end() - before, 500);
  EXPECT_TRUE(world().core().state().find_group("g")->subscriptions.empty());
}

TEST_F(QueueBeginsTest, ATimeWithoutItsKindIsRefused) {
  EXPECT_EQ(declare(ConsumeFrom::kLast, 5).code(), OutcomeCode::kInvalidArgument);
  EXPECT_EQ(declare(ConsumeFrom::kTime, -5).code(), OutcomeCode::kInvalidArgument);
}

// What lists tell of queues that nobody has received from.
class UnbegunGroupsTest : public QueueBeginsTest {
 protected:
  const ListGroupsRequest::Group& told(const std::string& group = "g") {
    auto& listed = world().ask<ListGroupsRequest>([&](auto& r) {
      r.range.names = {group};
      r.interests[group] = {"t", "not there"};
    });
    world().settle();
    EXPECT_EQ(listed.groups.size(), 1u);
    return listed.groups.at(0);
  }
  int64_t lag(const std::string& group = "g") {
    const ListGroupsRequest::Group& listed = told(group);
    EXPECT_EQ(listed.subscriptions.size(), 1u);
    EXPECT_FALSE(listed.lag_at_most || listed.subscriptions.at(0).begun);
    return listed.lag;
  }
};

TEST_F(UnbegunGroupsTest, AnAbsentGroupIsToldBehindAnUnknownName) {
  create_topic("t");
  auto& listed = world().ask<ListGroupsRequest>([](auto& r) {
    r.range.names = {"unknown", "absent"};
    r.interests["absent"] = {"t"};
  });
  world().settle();
  ASSERT_EQ(listed.groups.size(), 1u);
  EXPECT_EQ(listed.groups[0].config.name, "absent");
  EXPECT_TRUE(listed.groups[0].absent);
}

TEST_F(UnbegunGroupsTest, FirstIsAllAndLastIsWhatCameSinceTheDeclaration) {
  create_topic("t");
  sent({"1", "2", "3"});
  declare(ConsumeFrom::kFirst, 0, "first");
  declare(ConsumeFrom::kLast);
  EXPECT_EQ(lag("first"), 3);
  EXPECT_EQ(lag(), 0);
  for (int64_t since = 1; since <= 5; ++since) {
    sent({"more"});
    EXPECT_EQ(lag("first"), 3 + since);
    EXPECT_EQ(lag(), since);
  }
  EXPECT_EQ(got().size(), 5u) << "and so it begins";
}

TEST_F(UnbegunGroupsTest, WhatTakesASearchIsToldAsAtMost) {
  create_topic("t");
  sent({"1"});
  world().clock.advance_ms(kHourMs);
  const int64_t then_ms = world().clock.wall_ms();
  sent({"2", "3"});
  declare(ConsumeFrom::kTime, then_ms);
  const ListGroupsRequest::Group& group = told();
  EXPECT_TRUE(group.lag_at_most);
  EXPECT_EQ(group.lag, 3);
  declare(ConsumeFrom::kLast, 0, "last");
  sent({"4"});
  EXPECT_EQ(lag("last"), 1);
  restart_with_a_snapshot();
  EXPECT_TRUE(told("last").lag_at_most) << "the entries are on disk alone";
  EXPECT_EQ(got().size(), 3u);
  EXPECT_FALSE(told().lag_at_most) << "it has begun";
  EXPECT_TRUE(told().subscriptions.at(0).begun);
}

TEST_F(UnbegunGroupsTest, ATimeThatAllMessagesAreBehindOrBeforeTakesNone) {
  create_topic("t");
  declare(ConsumeFrom::kTime, world().clock.wall_ms());
  world().clock.advance_ms(kHourMs);
  sent({"1", "2"});
  declare(ConsumeFrom::kTime, world().clock.wall_ms() - 1, "earlier");
  EXPECT_EQ(lag(), 2);
  EXPECT_EQ(lag("earlier"), 2);
  world().clock.advance_ms(kHourMs);
  declare(ConsumeFrom::kTime, world().clock.wall_ms(), "later");
  EXPECT_EQ(lag("later"), 0);
}

TEST_F(UnbegunGroupsTest, AGroupThatIsNotThereIsToldAsAReceiveWouldMakeIt) {
  create_topic("t");
  create_topic("other");
  sent({"1", "2"});
  EXPECT_TRUE(told("nobody").absent);
  EXPECT_EQ(lag("nobody"), 2);
  EXPECT_EQ(world().core().state().find_group("nobody"), nullptr);
  lose_all_of("t");
  sent({"3"});
  EXPECT_EQ(lag("nobody"), 0) << "some messages are gone, so it has what comes";
  EXPECT_EQ(got("nobody"), Bodies());
}

}  // namespace
}  // namespace petrel::core
