// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/retention_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "broker/core/core_world.h"
#include "broker/core/events.h"
#include "common/concat.h"
#include "petrel/state/v1/state.pb.h"
#include "store/disk/sim_disk.h"
#include "store/log/record.h"

namespace petrel::core {
namespace {

using store::LogOffset;
using store::QueueOffset;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kSegmentBytes = 64 << 10;

class Losses final : public MessageObserver {
 public:
  void log_deleted(store::RetentionReason, int64_t bytes) override { log_bytes += bytes; }
  void unread_deleted(std::string_view topic, std::string_view group, int64_t messages) override {
    unread[concat(topic, " ", group)] += messages;
  }
  void deletion_failed() override { ++failures; }
  void dead_lettered(const DeadLetter& /*letter*/) override {}

  std::map<std::string, int64_t> unread;
  int64_t log_bytes = 0;
  int64_t failures = 0;
};

class RetentionServiceTest : public ::testing::Test {
 protected:
  RetentionServiceTest() {
    options_.store.log.segment_bytes = kSegmentBytes;
    options_.store.log.record_bytes_max = 32 << 10;
    options_.observer = losses_;
  }
  CoreWorld& world() {
    if (world_ == nullptr) {
      world_ = std::make_unique<CoreWorld>(disk_, "store", options_);
      world_->ask<ApplyTopicsRequest>(
          [](auto& r) { r.topics = {{.name = "t", .read_queues = 1, .write_queues = 1}}; });
      world_->settle();
    }
    return *world_;
  }

  void send(int count, const std::string& topic = "t", size_t body_bytes = 10'000) {
    for (int i = 0; i < count; ++i) {
      auto& sent = world().ask<SendRequest>([&](auto& r) {
        r.topic = topic;
        r.messages.push_back({.record = *store::encode_record(
                                  {.topic = topic, .body = std::string(body_bytes, 'x')})});
      });
      world().settle();
      ASSERT_TRUE(sent.outcome.ok()) << sent.outcome.text;
    }
  }
  CoreWorld::Kept<ReceiveRequest>& receive(const std::string& group, int32_t batch) {
    auto& received = world().ask<ReceiveRequest>([&](auto& r) {
      r.group = group;
      r.topic = "t";
      r.batch_size = batch;
      r.invisible_ms = 1'000;
      r.cancel_id = world().new_cancel_id();
    });
    world().settle();
    return received;
  }
  void ack(const ReceiveRequest& received, size_t count) {
    auto& acked = world().ask<AckRequest>([&](auto& r) {
      r.group = received.group;
      r.topic = "t";
      for (size_t i = 0; i < count; ++i) {
        r.entries.push_back({.handle = received.deliveries[i].handle, .outcome = {}});
      }
    });
    world().settle();
    ASSERT_TRUE(acked.outcome.ok());
  }
  // Makes all that was sent old, and takes the snapshots that a deletion needs.
  void grow_old(const std::string& topic = "t") {
    world().clock.advance_ms(73 * kHourMs);
    for (int i = 0; i < 2; ++i) {
      send(7, topic);
      world().clock.advance_ms(120'000);
      world().settle();
    }
  }
  void keep(const std::string& topic, int64_t retention_ms, int32_t queues = 1) {
    auto& applied = world().ask<ApplyTopicsRequest>([&](auto& r) {
      r.topics = {{.name = topic,
                   .read_queues = queues,
                   .write_queues = queues,
                   .retention_ms = retention_ms}};
    });
    world().settle();
    ASSERT_TRUE(applied.outcome.ok()) << applied.outcome.text;
  }
  // Of all that is there.
  void take_snapshot() {
    world().clock.advance_ms(options_.store.snapshot_interval_ms);
    world().settle();
    ASSERT_FALSE(world().store().snapshot_due());
  }
  ListTopicsRequest::Topic described(const std::string& topic) {
    auto& listed = world().ask<ListTopicsRequest>([&](auto& r) { r.range.names = {topic}; });
    world().settle();
    return listed.topics.at(0);
  }
  int expired(const std::string& prefix, int topics) {
    int count = 0;
    for (int i = 0; i < topics; ++i) {
      const auto* queue = world().store().find_queue(concat(prefix, i), 0);
      count += queue->min() == queue->max() ? 1 : 0;
    }
    return count;
  }
  void retain() {
    world().post_internal(std::make_unique<DiskMeasured>(std::nullopt, false));
    world().settle();
  }
  QueueOffset min() { return world().store().find_queue("t", 0)->min(); }
  std::vector<int64_t> positions() {
    std::vector<int64_t> next;
    for (const auto& [name, group] : world().core().state().groups()) {
      for (const auto& [topic, subscription] : group->subscriptions) {
        for (int32_t id = 0; id < subscription->queue_id_end(); ++id) {
          if (const GroupQueue* queue = subscription->find(id)) {
            next.push_back(queue->next().value());
          }
        }
      }
    }
    return next;
  }

  store::SimDisk disk_{{}};
  const std::shared_ptr<Losses> losses_ = std::make_shared<Losses>();
  CoreWorld::Options options_;
  std::unique_ptr<CoreWorld> world_;
};

TEST_F(RetentionServiceTest, GroupsMovePastWhatIsGoneAndWhatTheyLostIsCounted) {
  send(1);
  ack(receive("done", 10), 1);
  ack(receive("open", 10), 0);
  receive("behind", 1);
  send(23);  // four segments
  auto& all = receive("done", 32);
  ASSERT_EQ(all.deliveries.size(), 23u);
  ack(all, 23);
  grow_old();
  retain();
  const int64_t gone = min().value();
  ASSERT_GE(gone, 12);
  ASSERT_LE(gone, 24);
  EXPECT_GE(losses_->log_bytes, 2 * kSegmentBytes);
  EXPECT_THAT(losses_->unread, ElementsAre(Pair("t behind", gone), Pair("t open", gone)));
  EXPECT_EQ(receive("behind", 1).deliveries.at(0).handle.queue_offset, min());
  EXPECT_EQ(receive("done", 1).deliveries.at(0).handle.queue_offset, QueueOffset(24));
}

TEST_F(RetentionServiceTest, WhatGroupsMovedToOutlivesACrash) {
  send(20);
  receive("behind", 1);
  grow_old();
  retain();
  ASSERT_GT(min(), QueueOffset(0));
  const QueueOffset before = min();
  EXPECT_THAT(positions(), ElementsAre(before.value()));
  world().restart_after_crash();
  EXPECT_EQ(min(), before);
  EXPECT_THAT(positions(), ElementsAre(before.value()));
}

TEST_F(RetentionServiceTest, KeepUnreadWaitsForTheSlowestGroup) {
  options_.store.retention.keep_unread = true;
  send(8);
  auto& slow = receive("slow", 8);
  grow_old();
  retain();
  EXPECT_EQ(min(), QueueOffset(0));
  ack(slow, 0);
  world().clock.advance_ms(2'000);
  auto& again = receive("slow", 32);
  ack(again, again.deliveries.size());
  retain();
  EXPECT_GT(min(), QueueOffset(0));
  EXPECT_THAT(losses_->unread, IsEmpty());
}

TEST_F(RetentionServiceTest, ATopicWithoutMessagesLeftCountsAsEmpty) {
  send(7);
  world().ask<ApplyTopicsRequest>(
      [](auto& r) { r.topics = {{.name = "u", .read_queues = 1, .write_queues = 1}}; });
  send(14, "u");
  grow_old("u");
  retain();
  ASSERT_EQ(min(), QueueOffset(7));
  auto& deleted = world().ask<DeleteTopicsRequest>([](auto& r) {
    r.names = {"t"};
    r.only_empty = true;
  });
  world().settle();
  EXPECT_THAT(deleted.deleted, ElementsAre("t"));
}

// All that one search finds is told in one turn.
TEST_F(RetentionServiceTest, ManyQueuesAreShortenedInPortionsAndTheLogBeginsLaterWithTheLast) {
  options_.store.retention_queues_max = 4;
  options_.core.auto_create_topics = true;
  options_.core.default_queues = 1;
  for (int i = 0; i < 10; ++i) {
    send(1, concat("many-", i), 100);
  }
  send(20);
  grow_old();
  for (int portions = 1; expired("many-", 10) < 10; ++portions) {
    ASSERT_LT(portions, 10);
    ASSERT_EQ(world().store().begin(), LogOffset(0)) << "queues lead there yet";
    retain();
  }
  retain();
  EXPECT_GT(world().store().begin(), LogOffset(0));
  world().restart_after_crash();
  EXPECT_EQ(expired("many-", 10), 10);
}

TEST_F(RetentionServiceTest, AFailedDeletionIsToldAndTriedAgain) {
  send(20);
  grow_old();
  disk_.inject({.operation = store::SimDisk::Operation::kRename,
                .path_part = "commitlog",
                .status = absl::InternalError("EIO")});
  retain();
  EXPECT_GT(min(), QueueOffset(0)) << "that was decided, whether the files can go or not";
  EXPECT_EQ(world().store().log().begin(), LogOffset(0));
  retain();
  EXPECT_EQ(losses_->failures, 1);
  retain();
  EXPECT_EQ(losses_->failures, 1);
  EXPECT_GT(world().store().log().begin(), LogOffset(0));
}

// ---- topics with a retention of their own

TEST_F(RetentionServiceTest, ATopicMayKeepLessThanTheLog) {
  keep("t", kHourMs);
  send(3);
  ack(receive("done", 10), 3);
  receive("open", 2);
  world().clock.advance_ms(kHourMs / 2);
  send(2);
  take_snapshot();
  retain();
  EXPECT_EQ(min(), QueueOffset(0));
  world().clock.advance_ms(kHourMs / 2 + 1);
  retain();
  EXPECT_EQ(min(), QueueOffset(3));
  EXPECT_EQ(world().store().log().begin(), store::LogOffset(0)) << "its bytes stay";
  EXPECT_EQ(losses_->log_bytes, 0);
  EXPECT_THAT(losses_->unread, ElementsAre(Pair("t open", 3)))
      << "two were open, one not delivered";
  EXPECT_EQ(receive("open", 1).deliveries.at(0).handle.queue_offset, QueueOffset(3));
  EXPECT_EQ(receive("done", 1).deliveries.at(0).handle.queue_offset, QueueOffset(3));
  const auto& topic = described("t");
  EXPECT_EQ(topic.config.retention_ms, kHourMs);
  EXPECT_EQ(topic.totals.messages, 2);
  EXPECT_GT(topic.totals.size_bytes, 20'000);
  EXPECT_LT(topic.totals.size_bytes, 30'000);
  EXPECT_GE(topic.totals.oldest_ms, world().clock.wall_ms() - kHourMs);
}

TEST_F(RetentionServiceTest, WhatIsDecidedAndNotCommittedYetIsNotCountedAgain) {
  keep("t", kHourMs);
  send(3);
  world().clock.advance_ms(kHourMs / 2);
  send(2);
  world().clock.advance_ms(kHourMs / 4);
  send(2);
  take_snapshot();
  const int64_t bytes = described("t").totals.size_bytes;
  for (int check = 0; check < 2; ++check) {  // the log's writes are slower
    world().clock.advance_ms(check == 0 ? kHourMs / 4 : kHourMs / 2);
    world().post_internal(std::make_unique<DiskMeasured>(std::nullopt, false));
    world().turn();
    world().run_background();
    world().turn();
  }
  EXPECT_EQ(min(), QueueOffset(0));
  world().settle();
  EXPECT_GT(min(), QueueOffset(0));
  retain();
  EXPECT_EQ(min(), QueueOffset(5));
  EXPECT_EQ(described("t").totals.size_bytes, bytes / 7 * 2);
}

TEST_F(RetentionServiceTest, OtherTopicsKeepWhatTheyHave) {
  world().ask<ApplyTopicsRequest>(
      [](auto& r) { r.topics = {{.name = "u", .read_queues = 1, .write_queues = 1}}; });
  keep("t", kHourMs);
  send(2);
  send(2, "u");
  world().clock.advance_ms(2 * kHourMs);
  take_snapshot();
  retain();
  EXPECT_EQ(min(), QueueOffset(2));
  EXPECT_EQ(world().store().find_queue("u", 0)->min(), QueueOffset(0));
}

TEST_F(RetentionServiceTest, ARetentionMayChangeAndGo) {
  keep("t", 4 * kHourMs);
  send(1);
  world().clock.advance_ms(2 * kHourMs);
  take_snapshot();
  retain();
  EXPECT_EQ(min(), QueueOffset(0));
  keep("t", 0);
  retain();
  EXPECT_EQ(min(), QueueOffset(0));
  keep("t", kHourMs);
  world().restart_after_crash();
  retain();
  EXPECT_EQ(min(), QueueOffset(1)) << "the journal has the topic's retention";
}

TEST_F(RetentionServiceTest, AnExpirySurvivesACrashAndNothingIsCountedTwice) {
  options_.store.snapshot_interval_ms = 3 * kHourMs;
  keep("t", kHourMs);
  send(2);
  receive("behind", 1);
  take_snapshot();  // and lets the messages grow old
  retain();
  ASSERT_EQ(min(), QueueOffset(2));
  ASSERT_THAT(losses_->unread, ElementsAre(Pair("t behind", 2)));
  world().restart_after_crash();
  EXPECT_EQ(min(), QueueOffset(2));
  EXPECT_THAT(positions(), ElementsAre(2));
  EXPECT_THAT(receive("behind", 10).deliveries, IsEmpty());
  retain();
  EXPECT_EQ(min(), QueueOffset(2));
  EXPECT_THAT(losses_->unread, ElementsAre(Pair("t behind", 2)));
  take_snapshot();
  world().restart_after_crash();
  EXPECT_EQ(min(), QueueOffset(2));
}

TEST_F(RetentionServiceTest, KeepUnreadHoldsForATopicsOwnRetention) {
  options_.store.retention.keep_unread = true;
  keep("t", kHourMs);
  send(3);
  auto& slow = receive("slow", 2);
  take_snapshot();
  world().clock.advance_ms(2 * kHourMs);
  retain();
  EXPECT_EQ(min(), QueueOffset(0));
  auto& again = receive("slow", 3);  // with the third one, which it keeps
  ASSERT_EQ(slow.deliveries.size(), 2U);
  ASSERT_EQ(again.deliveries.size(), 3U);
  ack(again, 2);
  retain();
  EXPECT_EQ(min(), QueueOffset(2));
  EXPECT_THAT(losses_->unread, IsEmpty());
}

// The second queue was closed when the group came, and is one that it has not begun.
TEST_F(RetentionServiceTest, WhatAGroupBeginsBehindIsNothingThatItHasNotRead) {
  options_.store.retention.keep_unread = true;
  keep("t", kHourMs, 2);
  send(6);
  world().ask<ApplyGroupsRequest>(
      [](auto& r) { r.groups = {{.name = "late", .consume_from = ConsumeFrom::kLast}}; });
  keep("t", kHourMs, 1);
  EXPECT_THAT(receive("late", 8).deliveries, IsEmpty());
  keep("t", kHourMs, 2);
  take_snapshot();
  world().clock.advance_ms(2 * kHourMs);
  retain();
  for (const int32_t id : {0, 1}) {
    const auto* queue = world().store().find_queue("t", id);
    EXPECT_GT(queue->max(), QueueOffset(0));
    EXPECT_EQ(queue->min(), queue->max()) << id;
  }
  EXPECT_THAT(losses_->unread, IsEmpty());
}

TEST_F(RetentionServiceTest, ManyTopicsTakeTheirTurns) {
  constexpr int kTopics = 1'500;  // more than one check gives to the store
  for (int i = 0; i < kTopics; ++i) {
    keep(concat("many", i), kHourMs);
    send(1, concat("many", i), 100);
  }
  world().clock.advance_ms(2 * kHourMs);
  take_snapshot();
  retain();
  EXPECT_GT(expired("many", kTopics), 500);
  EXPECT_LT(expired("many", kTopics), kTopics);
  retain();
  EXPECT_EQ(expired("many", kTopics), kTopics);
}

TEST_F(RetentionServiceTest, ATopicThatRocketmqHadKeepsItsRetention) {
  keep("t", kHourMs);
  Adopted adopted{.fingerprint = "files"};
  adopted.topics = {{.name = "t",
                     .read_queues = 2,
                     .write_queues = 2,
                     .permission = 6,
                     .message_type = MessageType::kNormal}};
  world().core().adopt(adopted);
  world().settle();
  EXPECT_EQ(described("t").config.read_queues, 2);
  EXPECT_EQ(described("t").config.retention_ms, kHourMs);
}

TEST_F(RetentionServiceTest, ARetentionOfNoUseIsRefused) {
  for (const int64_t retention_ms : {int64_t{-1}, int64_t{999}, kRetentionMsMax + 1}) {
    auto& applied = world().ask<ApplyTopicsRequest>([&](auto& r) {
      r.topics = {{.name = "t", .read_queues = 1, .write_queues = 1, .retention_ms = retention_ms}};
    });
    world().settle();
    EXPECT_EQ(applied.code(), OutcomeCode::kInvalidArgument) << retention_ms;
  }
  EXPECT_EQ(described("t").config.retention_ms, 0);
}

}  // namespace
}  // namespace petrel::core
