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
#include "store/record.h"
#include "store/sim_disk.h"

namespace petrel::core {
namespace {

using store::QueueOffset;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kSegmentBytes = 64 << 10;

class Losses final : public RetentionObserver {
 public:
  void log_deleted(store::RetentionReason, int64_t bytes) override { log_bytes += bytes; }
  void unread_deleted(std::string_view topic, std::string_view group, int64_t messages) override {
    unread[concat(topic, " ", group)] += messages;
  }
  void deletion_failed() override { ++failures; }

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

  void send(int count, const std::string& topic = "t") {
    for (int i = 0; i < count; ++i) {
      auto& sent = world().ask<SendRequest>([&](auto& r) {
        r.topic = topic;
        r.messages.push_back(
            {.record = *store::encode_record({.topic = topic, .body = std::string(10'000, 'x')})});
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
      r.filter = *TagFilter::parse("*");
      r.cancel_id = ++last_cancel_id_;
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
  void retain() {
    world().post_internal(std::make_unique<DiskMeasured>(std::nullopt, false));
    world().settle();
  }
  QueueOffset min() { return world().store().find_queue("t", 0)->min(); }
  std::vector<int64_t> positions() {
    state::v1::Snapshot snapshot;
    EXPECT_TRUE(snapshot.ParseFromString(world().core().snapshot_for_close()));
    std::vector<int64_t> next;
    for (const auto& position : snapshot.positions()) next.push_back(position.next_offset());
    return next;
  }

  store::SimDisk disk_{{}};
  const std::shared_ptr<Losses> losses_ = std::make_shared<Losses>();
  CoreWorld::Options options_;
  std::unique_ptr<CoreWorld> world_;
  uint64_t last_cancel_id_ = 0;
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

TEST_F(RetentionServiceTest, AFailedDeletionIsToldAndTriedAgain) {
  send(20);
  grow_old();
  disk_.inject({.operation = store::SimDisk::Operation::kRename,
                .path_part = "commitlog",
                .status = absl::InternalError("EIO")});
  retain();
  EXPECT_EQ(losses_->failures, 1);
  EXPECT_EQ(min(), QueueOffset(0));
  retain();
  EXPECT_EQ(losses_->failures, 1);
  EXPECT_GT(min(), QueueOffset(0));
}

}  // namespace
}  // namespace petrel::core
