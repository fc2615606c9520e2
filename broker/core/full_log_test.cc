// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// What the core does when the log has no room for its next file: messages end first, then what
// clients have decided, and never the deletion that makes room.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/core/core_world.h"
#include "broker/core/events.h"
#include "common/concat.h"
#include "store/disk/sim_disk.h"
#include "store/log/record.h"

namespace petrel::core {
namespace {

using store::LogOffset;

constexpr int64_t kSegmentBytes = 64 << 10;

const std::string kTopic = "t";

class FullLogTest : public ::testing::Test {
 protected:
  FullLogTest() {
    options_.store.log.segment_bytes = kSegmentBytes;
    options_.store.log.record_bytes_max = 32 << 10;
    options_.store.log.reserve_bytes = kSegmentBytes / 4;
  }
  void open() {
    world_ = std::make_unique<CoreWorld>(disk_, "store", options_);
    world_->ask<ApplyTopicsRequest>(
        [](auto& r) { r.topics = {{.name = kTopic, .read_queues = 1, .write_queues = 1}}; });
    world_->settle();
  }
  // For want of room, from now on.
  void refuse(store::SimDisk::Operation operation, const std::string& path_part) {
    disk_.inject({.operation = operation,
                  .path_part = path_part,
                  .status = absl::ResourceExhaustedError("ENOSPC"),
                  .times = 1'000'000});
  }
  // Whoever it receives again and again is not given up.
  void declare_group(const std::string& name) {
    world_->ask<ApplyGroupsRequest>([&](auto& r) {
      r.groups = {
          {.name = name, .attempts_max = kAttemptsMaxMost, .consume_from = ConsumeFrom::kFirst}};
    });
    world_->settle();
  }
  // Some files of the log, below two snapshots, and no room for another one.
  void open_on_full_disk() {
    open();
    declare_group("again");
    for (int i = 0; i < 20; ++i) {
      ASSERT_EQ(send(10'000), OutcomeCode::kOk);
    }
    for (int i = 0; i < 2; ++i) {
      ASSERT_EQ(send(10'000), OutcomeCode::kOk);
      world_->clock.advance_ms(options_.store.snapshot_interval_ms);
      world_->settle();
    }
    refuse(store::SimDisk::Operation::kAllocate, "commitlog/");
  }

  CoreWorld::Kept<SendRequest>& post(size_t body_bytes) {
    return world_->ask<SendRequest>([&](auto& r) {
      r.topic = kTopic;
      r.messages.push_back({.record = *store::encode_record(
                                {.topic = kTopic, .body = std::string(body_bytes, 'x')})});
    });
  }
  OutcomeCode send(size_t body_bytes) {
    auto& sent = post(body_bytes);
    world_->settle();
    return sent.code();
  }
  // Until messages have no room any more.
  void fill() {
    int sent = 0;
    for (; send(500) == OutcomeCode::kOk; ++sent) {
      ASSERT_LT(sent, 1'000);
    }
    ASSERT_EQ(send(500), OutcomeCode::kDiskFull);
  }
  CoreWorld::Kept<ReceiveRequest>& receive(const std::string& group, int32_t batch) {
    auto& received = world_->ask<ReceiveRequest>([&](auto& r) {
      r.group = group;
      r.topic = kTopic;
      r.batch_size = batch;
      r.invisible_ms = 1'000;
      r.cancel_id = world_->new_cancel_id();
    });
    world_->settle();
    return received;
  }
  CoreWorld::Kept<AckRequest>& ack(const ReceiveRequest& received) {
    auto& acked = world_->ask<AckRequest>([&](auto& r) {
      r.group = received.group;
      r.topic = kTopic;
      for (const auto& delivery : received.deliveries) {
        r.entries.push_back({.handle = delivery.handle, .outcome = {}});
      }
    });
    world_->settle();
    return acked;
  }
  // Receives the same messages again and again; the first outcome that is not good.
  OutcomeCode consume(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      const auto& received = receive("again", 32);
      if (!received.outcome.ok()) {
        return received.code();
      }
      world_->clock.advance_ms(1'001);
    }
    return OutcomeCode::kOk;
  }
  void retain() {
    world_->post_internal(std::make_unique<DiskMeasured>(std::nullopt, false));
    world_->settle();
  }
  LogOffset log_begin() { return world_->store().log().begin(); }
  bool failed() { return world_->core().stats().store_failed; }

  store::SimDisk disk_{{}};
  CoreWorld::Options options_;
  std::unique_ptr<CoreWorld> world_;
};

TEST_F(FullLogTest, ConsumersGoOnWhileMessagesAreRefused) {
  open_on_full_disk();
  fill();
  const auto& received = receive("g", 3);
  ASSERT_EQ(received.deliveries.size(), 3u);
  const auto& acked = ack(received);
  ASSERT_TRUE(acked.outcome.ok());
  for (const auto& entry : acked.entries) {
    EXPECT_TRUE(entry.outcome.ok());
  }
}

TEST_F(FullLogTest, WhatClientsDecideEndsBeforeItTakesTheRoomOfWhatMakesRoom) {
  open_on_full_disk();
  fill();
  const auto& kept = receive("g", 1);
  EXPECT_EQ(consume(10'000), OutcomeCode::kDiskFull);
  EXPECT_EQ(ack(kept).code(), OutcomeCode::kDiskFull);
  auto& listed = world_->ask<ListTopicsRequest>([](auto& r) { r.range.names = {kTopic}; });
  world_->settle();
  EXPECT_EQ(listed.topics.size(), 1u) << "that needs no room";
  retain();
  EXPECT_GT(log_begin(), LogOffset(0));
  EXPECT_FALSE(failed());
  disk_.heal();
  world_->settle();
  EXPECT_EQ(send(500), OutcomeCode::kOk);
  EXPECT_EQ(consume(1), OutcomeCode::kOk);
}

TEST_F(FullLogTest, RestartsDoNotUseUpTheRoomOfWhatMakesRoom) {
  open_on_full_disk();
  fill();
  ASSERT_EQ(consume(10'000), OutcomeCode::kDiskFull);
  for (int i = 0; i < 3; ++i) {
    world_->restart_after_crash();
    world_->settle();
    EXPECT_FALSE(failed());
  }
  EXPECT_EQ(send(500), OutcomeCode::kDiskFull);
  retain();
  EXPECT_GT(log_begin(), LogOffset(0));
  EXPECT_FALSE(failed());
}

// Only what lies behind the older of two snapshots may go, and a snapshot needs a record.
TEST_F(FullLogTest, RoomIsMadeThoughNobodySendsOrReceivesAnything) {
  open();
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(send(10'000), OutcomeCode::kOk);
  }
  refuse(store::SimDisk::Operation::kAllocate, "commitlog/");
  fill();
  for (int i = 0; i < 5; ++i) {
    retain();
  }
  EXPECT_GT(log_begin(), LogOffset(0));
}

// What was appended for the one that failed is enough for the next, and it leaves no file behind.
TEST_F(FullLogTest, SnapshotsThatFailTakeNoRoom) {
  open();
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(send(10'000), OutcomeCode::kOk);
  }
  refuse(store::SimDisk::Operation::kAllocate, "commitlog/");
  fill();
  refuse(store::SimDisk::Operation::kSync, "snapshots/");
  retain();
  const LogOffset end = world_->store().log().end();
  for (int i = 0; i < 50; ++i) {
    world_->clock.advance_ms(1'000);
    retain();
  }
  EXPECT_GT(world_->core().stats().snapshot_failures, 2);
  EXPECT_LT(world_->core().stats().snapshot_failures, 10) << "it is tried now and then";
  EXPECT_EQ(world_->store().log().end(), end);
  EXPECT_TRUE(disk_.list("store/snapshots")->empty());
}

// The last file is being written: no snapshot lets it go.
TEST_F(FullLogTest, NothingIsDoneForTheFileThatIsBeingWritten) {
  options_.store.retention.log_bytes_max = kSegmentBytes;
  open();
  while (world_->store().log().segments().size() < 2) {
    ASSERT_EQ(send(10'000), OutcomeCode::kOk);
  }
  ASSERT_LE(world_->store().log().end().value(), kSegmentBytes);
  retain();
  const int64_t snapshots = world_->core().stats().snapshots;
  const LogOffset end = world_->store().log().end();
  for (int i = 0; i < 20; ++i) {
    world_->clock.advance_ms(10'000);
    retain();
  }
  EXPECT_EQ(world_->store().log().end(), end);
  EXPECT_LE(world_->core().stats().snapshots, snapshots + 1);
}

// A message does not stand before the changes that it follows.
TEST_F(FullLogTest, AMessageIsRefusedWhenWhatComesBeforeItCannotBeAppended) {
  options_.store.log.unwritten_bytes_max = 12'000;
  open();
  auto& large = post(11'400);
  world_->ask<DeleteTopicsRequest>([](auto& r) { r.names = {kTopic}; });
  world_->ask<ApplyTopicsRequest>([](auto& r) {
    r.topics = {{.name = kTopic, .read_queues = 1, .write_queues = 1}};
    for (int i = 0; i < 30; ++i) {
      r.topics.push_back({.name = concat("another-topic-", i), .read_queues = 1});
    }
  });
  auto& small = post(1);
  world_->turn();
  world_->settle();
  EXPECT_GT(large.messages[0].log_offset, LogOffset(0)) << "it was appended";
  EXPECT_FALSE(small.outcome.ok());
  EXPECT_TRUE(failed());
}

}  // namespace
}  // namespace petrel::core
