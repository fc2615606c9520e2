// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "broker/core/broker_core_test_util.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

using store::QueueOffset;

TEST_F(BrokerCoreTest, ApplyingWhatIsThereWritesNothing) {
  create_topic("t", 4);
  const auto end = world().store().log().end();
  const int64_t version = world().registry().config_version();
  auto& again = world().ask<ApplyTopicsRequest>(
      [](auto& r) { r.topics = {{.name = "t", .read_queues = 4, .write_queues = 4}}; });
  world().settle();
  EXPECT_TRUE(again.done);
  EXPECT_TRUE(again.changed.empty());
  EXPECT_EQ(world().store().log().end(), end);
  EXPECT_EQ(world().registry().config_version(), version);
}

TEST_F(BrokerCoreTest, OneBadTopicOfManyChangesNothing) {
  auto& apply = world().ask<ApplyTopicsRequest>([](auto& r) {
    r.topics = {{.name = "good"}, {.name = "bad", .read_queues = 100'000}};
  });
  world().settle();
  EXPECT_EQ(apply.code(), OutcomeCode::kInvalidArgument);
  EXPECT_EQ(world().registry().find_topic("good"), nullptr);
}

TEST_F(BrokerCoreTest, DeletingATopicEndsItsReceivesAndANewOneStartsEmpty) {
  create_topic("t");
  send("t", "old");
  world().settle();
  auto& waiting = receive({.wait_us = 20'000'000, .tags = "none"});
  world().settle();
  auto& deleted = world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"t", "never"}; });
  world().settle();
  EXPECT_EQ(deleted.deleted, std::vector<std::string>{"t"});
  EXPECT_EQ(waiting.code(), OutcomeCode::kTopicNotFound);
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kTopicNotFound);
  create_topic("t");
  auto& sent = send("t", "new");
  world().settle();
  EXPECT_EQ(sent.messages[0].queue_offset, QueueOffset(0));
  EXPECT_EQ(body_of(receive_now({}).deliveries.at(0)), "new");
}

TEST_F(BrokerCoreTest, AGroupThatIsMadeAgainAtOnceGivesNoHandleOfTheOldOne) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  auto& before = receive_now({});
  ASSERT_EQ(before.deliveries.size(), 1u);
  world().ask<DeleteGroupsRequest>([](auto& r) { r.names = {"g"}; });
  auto& after = receive_now({});  // time stands still
  ASSERT_EQ(after.deliveries.size(), 1u);
  auto& stale = ack(before);
  world().settle();
  EXPECT_EQ(stale.entries[0].outcome.code, OutcomeCode::kInvalidReceiptHandle);
  auto& right = ack(after);
  world().settle();
  EXPECT_TRUE(right.entries[0].outcome.ok());
}

TEST_F(BrokerCoreTest, ATopicDeletedWhileItsMessagesAreUncommittedLeavesNoTrace) {
  create_topic("t");
  send("t", "old");
  world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"t"}; });
  world().ask<ApplyTopicsRequest>([](auto& r) { r.topics = {{.name = "t", .read_queues = 1}}; });
  world().settle();
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoMessage);
  world().restart_after_crash();
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoMessage);
}

TEST_F(BrokerCoreTest, MessagesOfANewTopicStandBehindTheDeletionOfTheOldOneInTheLog) {
  build({.core = {.auto_create_topics = true, .default_queues = 1}});
  send("t", "old");
  world().settle();
  // Both in one turn of the core.
  world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"t"}; });
  send("t", "new");
  world().settle();
  world().restart_after_crash();
  const ReceiveRequest::Delivery& delivery = receive_now({}).deliveries.at(0);
  EXPECT_EQ(delivery.handle.queue_offset, QueueOffset(0));
  const auto slice = world().store().log().read(delivery.handle.log_offset, delivery.record_size);
  ASSERT_TRUE(slice.ok()) << slice.status().ToString();
  EXPECT_EQ(store::decode_record(slice->bytes(), store::Verify::kChecksums)->body, "new");
}

ListTopicsRequest::Topic only_topic(const ListTopicsRequest& listed) {
  EXPECT_EQ(listed.topics.size(), 1U);
  return listed.topics.at(0);
}

TEST_F(BrokerCoreTest, ATopicsSizeAndTimesSurviveRestarts) {
  create_topic("t", 2);
  const int64_t first_ms = world().clock.wall_ms();
  auto& first = send("t", "one");
  world().settle();
  world().clock.advance_ms(5'000);
  auto& second = send("t", "twenty-two");
  world().settle();
  const auto bytes =
      static_cast<int64_t>(first.messages[0].record.size() + second.messages[0].record.size());
  const auto check = [&] {
    auto& listed = world().ask<ListTopicsRequest>([](auto& r) { r.range.names = {"t"}; });
    world().settle();
    const ListTopicsRequest::Topic topic = only_topic(listed);
    EXPECT_EQ(topic.totals.messages, 2);
    EXPECT_EQ(topic.totals.size_bytes, bytes);
    EXPECT_EQ(topic.totals.oldest_ms, first_ms);
    EXPECT_EQ(topic.totals.newest_ms, first_ms + 5'000);
    EXPECT_EQ(topic.queues.at(0).size_bytes + topic.queues.at(1).size_bytes, bytes);
    EXPECT_EQ(topic.queues.at(1).oldest_ms, topic.queues.at(1).newest_ms);
  };
  check();
  world().restart_after_crash();  // from the log alone
  check();
  world().stop();
  world().start();  // from a snapshot
  check();
}

TEST_F(BrokerCoreTest, ADeletedTopicLeavesNoSizeBehind) {
  create_topic("t");
  send("t", "old");
  world().settle();
  world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"t"}; });
  create_topic("t");
  world().restart_after_crash();
  auto& listed = world().ask<ListTopicsRequest>([](auto& r) { r.detail = Detail::kTotals; });
  world().settle();
  const ListTopicsRequest::Topic topic = only_topic(listed);
  EXPECT_EQ(topic.totals.size_bytes, 0);
  EXPECT_EQ(topic.totals.oldest_ms, 0);
  EXPECT_TRUE(topic.queues.empty());
}

TEST_F(BrokerCoreTest, TopicsWithMessagesCanBeLeftAlone) {
  create_topic("empty");
  create_topic("used");
  send("used", "x");  // appended in the turn of the deletion, and not committed yet
  auto& deleted = world().ask<DeleteTopicsRequest>([](auto& r) {
    r.names = {"empty", "used", "never"};
    r.only_empty = true;
  });
  world().settle();
  EXPECT_EQ(deleted.deleted, std::vector<std::string>{"empty"});
  EXPECT_EQ(deleted.kept, std::vector<std::string>{"used"});
  EXPECT_NE(world().registry().find_topic("used"), nullptr);
}

TEST_F(BrokerCoreTest, ListsComeInPagesInOrderOfNames) {
  for (const char* name : {"d", "a", "c", "b"}) create_topic(name);
  std::vector<std::string> names;
  std::string after;
  for (bool more = true; more;) {
    auto& listed = world().ask<ListTopicsRequest>([&](auto& r) {
      r.range = {.after = after, .limit = 3};
      r.include_system = true;
      r.detail = Detail::kSettings;
    });
    world().settle();
    for (const auto& topic : listed.topics) names.push_back(topic.config.name);
    more = listed.more;
    after = names.back();
  }
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c", "d", std::string(kStateTopic)}));
}

// 12 topics of 4 queues, each read by 3 groups.
class LongListTest : public BrokerCoreTest {
 protected:
  static constexpr int64_t kAtOnce = 16;
  LongListTest() {
    build({.core = {.listed_at_once_max = kAtOnce}});
    for (int i = 0; i < 12; ++i) {
      const std::string topic = concat("t", 10 + i);
      create_topic(topic, 4);
      send(topic, "x");
      for (const char* group : {"a", "b", "c"}) {
        receive({.group = group, .topic = topic});
      }
    }
    world().settle();
  }
};

TEST_F(LongListTest, GoesOnFromTurnToTurnAndTellsEachOnce) {
  const int64_t before = world().core().stats().turns;
  auto& topics = world().ask<ListTopicsRequest>([](auto& r) { r.include_system = true; });
  auto& groups = world().ask<ListGroupsRequest>([](auto& /*r*/) {});
  world().turn();
  EXPECT_FALSE(topics.done || groups.done);
  EXPECT_TRUE(world().turn_is_due()) << "nothing else wakes it";
  world().settle();
  ASSERT_TRUE(topics.done && groups.done);
  ASSERT_EQ(topics.topics.size(), 13u);
  for (size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(topics.topics[i].config.name, concat("t", 10 + i));
    EXPECT_EQ(topics.topics[i].totals.messages, 1);
  }
  ASSERT_EQ(groups.groups.size(), 3u);
  for (const ListGroupsRequest::Group& group : groups.groups) {
    EXPECT_EQ(group.in_flight + group.lag, 12) << group.config.name;
    EXPECT_EQ(group.subscriptions.size(), 12u);
  }
  const int64_t looked_at = 12 * 4 + 3 * 12 * 4;
  EXPECT_GE(world().core().stats().turns - before, looked_at / (kAtOnce + 4))
      << "a turn looks at one topic more at most";
}

TEST_F(LongListTest, WhatGoesMeanwhileIsNoLongerTold) {
  auto& groups = world().ask<ListGroupsRequest>([](auto& /*r*/) {});
  auto& topics = world().ask<ListTopicsRequest>([](auto& /*r*/) {});
  world().turn();
  world().ask<DeleteGroupsRequest>([](auto& r) { r.names = {"a", "b"}; });
  world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"t21"}; });
  world().settle();
  ASSERT_TRUE(topics.done && groups.done);
  EXPECT_EQ(topics.topics.size(), 11u);
  ASSERT_EQ(groups.groups.size(), 2u) << "the first was begun already";
  EXPECT_EQ(groups.groups[1].config.name, "c");
  EXPECT_EQ(groups.groups[1].subscriptions.size(), 11u);
  EXPECT_LT(groups.config_version, world().registry().config_version());
}

TEST_F(LongListTest, IsAnsweredWhenTheBrokerEnds) {
  auto& topics = world().ask<ListTopicsRequest>([](auto& /*r*/) {});
  world().turn();
  world().post_internal(std::make_unique<BeginShutdown>());
  world().turn();
  EXPECT_TRUE(topics.done);
  EXPECT_EQ(topics.code(), OutcomeCode::kShuttingDown);
  auto& late = world().ask<ListTopicsRequest>([](auto& /*r*/) {});
  world().turn();
  EXPECT_FALSE(late.done);
  world().core().end(world().store().log().progress());
  EXPECT_TRUE(late.done);
}

TEST_F(BrokerCoreTest, ChangesAreNamedSinceAVersion) {
  create_topic("old");
  world().restart_after_crash();
  const int64_t start = world().registry().config_version();
  EXPECT_TRUE(world().registry().changes_since(start - 1).all);
  create_topic("new");
  world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"old"}; });
  world().ask<ApplyGroupsRequest>([](auto& r) { r.groups = {{.name = "g"}}; });
  world().settle();
  const ConfigChanges changes = world().registry().changes_since(start);
  EXPECT_EQ(changes.version, world().registry().config_version());
  EXPECT_EQ(changes.topics, (std::vector<std::string>{"new", "old"}));
  EXPECT_EQ(changes.groups, std::vector<std::string>{"g"});
}

TEST_F(BrokerCoreTest, MoreChangesThanARecordOfTheLogHoldsAreRefused) {
  auto& apply = world().ask<ApplyTopicsRequest>([](auto& r) {
    for (size_t i = 0; i <= kChangesPerRequestMax; ++i)
      r.topics.push_back({.name = concat("t", i)});
  });
  world().settle();
  EXPECT_EQ(apply.code(), OutcomeCode::kInvalidArgument);
  EXPECT_EQ(world().registry().topic_count(), 0U);
}

TEST_F(BrokerCoreTest, HundredsOfTopicsAreMadeAtOnceOrNoneWhenTheLogCannotHoldThemInARecord) {
  const auto apply = [this](size_t count, size_t name_bytes) {
    auto& request = world().ask<ApplyTopicsRequest>([&](auto& r) {
      for (size_t i = 0; i < count; ++i) {
        r.topics.push_back({.name = concat(std::string(name_bytes - 5, 'n'), 10'000 + i)});
      }
    });
    world().settle();
    return request.code();
  };
  EXPECT_EQ(apply(700, 127), OutcomeCode::kInvalidArgument);
  EXPECT_EQ(world().registry().topic_count(), 0U);
  EXPECT_EQ(apply(700, 30), OutcomeCode::kOk);
  EXPECT_EQ(apply(300, 127), OutcomeCode::kOk);
  world().restart_after_crash();
  EXPECT_EQ(world().registry().topic_count(), 1'000U);
}

TEST_F(BrokerCoreTest, AGroupCanBeSwitchedOff) {
  create_topic("t");
  world().ask<ApplyGroupsRequest>(
      [](auto& r) { r.groups = {{.name = "g", .consume_enabled = false}}; });
  world().settle();
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoReadableQueue);
}

TEST_F(BrokerCoreTest, ListingsTellLagAndOpenDeliveries) {
  create_topic("t");
  for (int i = 0; i < 5; ++i) send("t", "x");
  world().settle();
  receive_now({.batch = 2});
  auto& groups = world().ask<ListGroupsRequest>([](auto&) {});
  auto& topics = world().ask<ListTopicsRequest>([](auto& r) { r.include_system = true; });
  world().settle();
  ASSERT_EQ(groups.groups.size(), 1u);
  ASSERT_EQ(groups.groups[0].subscriptions.size(), 1u);
  EXPECT_EQ(groups.groups[0].subscriptions[0].lag, 3);
  EXPECT_EQ(groups.groups[0].subscriptions[0].in_flight, 2);
  ASSERT_EQ(groups.groups[0].subscriptions[0].queues.size(), 1u);
  EXPECT_EQ(groups.groups[0].subscriptions[0].queues[0].next, QueueOffset(2));
  EXPECT_EQ(groups.groups[0].subscriptions[0].queues[0].lag, 3);
  EXPECT_EQ(groups.groups[0].subscriptions[0].queues[0].in_flight, 2);
  ASSERT_EQ(topics.topics.size(), 2u);
  EXPECT_EQ(topics.topics[0].queues.at(0).max, QueueOffset(5));
  EXPECT_TRUE(topics.topics[1].system);
}

TEST_F(BrokerCoreTest, LagCountsQueuesThatTheGroupHasNotBegun) {
  create_topic("t", 4);
  for (int i = 0; i < 8; ++i) send("t", "x");
  world().settle();
  receive_now({.batch = 1});
  auto& groups = world().ask<ListGroupsRequest>([](auto&) {});
  world().settle();
  EXPECT_EQ(groups.groups.at(0).subscriptions.at(0).lag, 7);
}

}  // namespace
}  // namespace petrel::core
