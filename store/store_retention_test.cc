// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// Deletion from the front of a whole store: the log, the queues, and what a start makes of both.
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/message_store.h"
#include "store/queue/queue_view.h"
#include "store/testing/control_owner.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kSegmentBytes = 4096;
constexpr int64_t kHourMs = 3'600'000;

class StoreRetentionTest : public ::testing::Test {
 protected:
  StoreRetentionTest() {
    options_.directory = "store";
    options_.log = small_log_options();
    EXPECT_TRUE(open().ok());
  }

  absl::Status open() {
    PETREL_ASSIGN_OR_RETURN(store_, open_store(disk_, clock_, executor_, options_, owner_));
    return absl::OkStatus();
  }
  void kill() {
    executor_.run_all();
    store_.reset();
    disk_.restart();
  }
  void lose_power() {
    executor_.run_all();
    store_.reset();
    disk_.crash();
  }

  void send(std::string_view topic, int32_t queue_id, size_t body_bytes = 1000) {
    const std::string record = test_record(topic, std::string(body_bytes, 'x'));
    ASSERT_TRUE(append_and_commit(*store_, record, queue_id, clock_.wall_ms(), /*sync=*/true).ok());
  }
  // Three records of 1,000 bytes fill a segment.
  void fill_segment(std::string_view topic, int32_t queue_id = 0) {
    for (int i = 0; i < 3; ++i) send(topic, queue_id);
  }
  void snapshot() { ASSERT_TRUE(make_snapshot(*store_, executor_).ok()); }
  // The first segment is due: the second was begun 73 hours ago, too.
  void make_one_old_segment() {
    fill_segment("T");
    fill_segment("T");
    clock_.advance_ms(73 * kHourMs);
    fill_segment("T");
    snapshots();
  }
  void snapshots() {
    snapshot();
    snapshot();
  }
  // Whether there was something to do; what was found is in found_, decided, and done.
  bool retain(std::optional<DiskSpace> disk = std::nullopt) {
    const bool begun = search(disk);
    decide();
    EXPECT_TRUE(write_and_commit(*store_, /*sync=*/true).ok());
    executor_.run_all();
    return begun;
  }
  bool search(std::optional<DiskSpace> disk = std::nullopt) {
    found_ = {};
    const bool begun = store_->begin_retention(
        {.disk = disk, .now_ms = clock_.wall_ms()},
        [&](const ConsumeQueue& queue) { return unread(queue); }, expiring_,
        [&](auto result) { found_ = store_->finish_retention(std::move(result)); });
    executor_.run_all();
    return begun;
  }
  void decide() {
    const std::string events = control_events(found_, store_->begin());
    if (events.empty()) return;
    ASSERT_TRUE(append_control(*store_, events, clock_.wall_ms()).ok());
  }
  // The topic of a queue keeps an hour.
  void expire(std::string_view topic, int32_t queue_id = 0) {
    expiring_.push_back({store_->find_queue(topic, queue_id), clock_.wall_ms() - kHourMs});
  }
  bool retain_after(int64_t ms, std::string_view topic) {
    clock_.advance_ms(ms);
    expire(topic);
    const bool begun = retain();
    expiring_.clear();
    return begun;
  }
  std::optional<QueueOffset> unread(const ConsumeQueue& queue) const {
    if (queue.topic() != "slow") return std::nullopt;
    return read_to_;
  }
  int64_t min(std::string_view topic, int32_t queue_id = 0) {
    return store_->find_queue(topic, queue_id)->min().value();
  }
  int64_t max(std::string_view topic, int32_t queue_id = 0) {
    return store_->find_queue(topic, queue_id)->max().value();
  }
  std::vector<std::string> names(const std::string& directory) {
    return disk_.list(concat("store/", directory)).value_or(std::vector<std::string>());
  }
  QueueEntry entry(ConsumeQueue* queue, QueueOffset at) {
    QueueEntry entry;
    if (queue->read(at, std::span(&entry, 1)) == 1) return entry;
    store_->load_queue_page(queue, at, [&](auto page) {
      ASSERT_TRUE(page.ok()) << page.status();
      store_->finish_load(queue, *page);
    });
    executor_.run_all();
    EXPECT_EQ(queue->read(at, std::span(&entry, 1)), 1u);
    return entry;
  }
  // Every entry of the queue leads to its record.
  void expect_readable(std::string_view topic, int32_t queue_id = 0) {
    ConsumeQueue* const queue = store_->find_queue(topic, queue_id);
    for (QueueOffset at = queue->min(); at < queue->max(); ++at) {
      const QueueEntry found = entry(queue, at);
      const absl::StatusOr<LogSlice> slice = store_->log().read(found.log_offset, found.size);
      ASSERT_TRUE(slice.ok()) << slice.status();
      EXPECT_EQ(decode_record(slice->bytes(), Verify::kChecksums)->queue_offset, at);
    }
  }

  SimDisk disk_{{}};
  ManualClock clock_;
  ManualExecutor executor_;
  ControlOwner owner_;
  MessageStore::Options options_;
  std::unique_ptr<MessageStore> store_;
  MessageStore::RetentionFound found_;
  QueueOffset read_to_{0};
  std::vector<ExpiringQueue> expiring_;
};

TEST_F(StoreRetentionTest, OldSegmentsGoAndTheirQueuesFollow) {
  fill_segment("both");
  fill_segment("old");
  clock_.advance_ms(73 * kHourMs);
  fill_segment("both");
  snapshots();
  ASSERT_TRUE(retain());
  EXPECT_EQ(found_.begin, LogOffset(kSegmentBytes)) << "segment 1 ended an hour ago at most";
  EXPECT_EQ(found_.log_bytes[static_cast<size_t>(RetentionReason::kAge)], kSegmentBytes);
  EXPECT_EQ(store_->log().begin(), found_.begin);
  EXPECT_EQ(min("both"), 3);
  EXPECT_EQ(min("old"), 0);
  ASSERT_EQ(found_.queues.size(), 1u);
  EXPECT_EQ(found_.queues[0].topic, "both");
  EXPECT_EQ(found_.queues[0].old_min, QueueOffset(0));
  EXPECT_EQ(found_.queues[0].move.bytes,
            3 * static_cast<int64_t>(test_record("both", std::string(1000, 'x')).size()));
  expect_readable("both");
  expect_readable("old");
  EXPECT_THAT(names("removed"), IsEmpty());
  EXPECT_EQ(names("commitlog").front(), "00000000000000004096");
  EXPECT_FALSE(retain()) << "nothing more is due";
}

TEST_F(StoreRetentionTest, AQueueMayLoseEverythingAndGoOn) {
  options_.retention.log_bytes_max = 2 * kSegmentBytes;
  kill();
  ASSERT_TRUE(open().ok());
  fill_segment("old");
  for (int i = 0; i < 3; ++i) fill_segment("new");
  snapshots();
  ASSERT_TRUE(retain());
  EXPECT_EQ(min("old"), 3);
  EXPECT_EQ(max("old"), 3);
  send("old", 0);
  for (int i = 0; i < 3; ++i) fill_segment("new");
  snapshots();
  ASSERT_TRUE(retain());
  EXPECT_EQ(min("old"), 4) << "the queue is found again when it got entries";
  expect_readable("new");
}

TEST_F(StoreRetentionTest, NothingGoesBeforeTwoSnapshotsAreBehindIt) {
  options_.retention.log_bytes_max = kSegmentBytes;
  kill();
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 4; ++i) fill_segment("T");
  EXPECT_FALSE(retain());
  EXPECT_TRUE(store_->snapshot_due()) << "it is what the deletion waits for";
  snapshot();
  for (int i = 0; i < 4; ++i) fill_segment("T");
  snapshot();
  ASSERT_TRUE(retain());
  EXPECT_EQ(found_.begin, LogOffset(3 * kSegmentBytes)) << "the older snapshot was taken in 3";
}

TEST_F(StoreRetentionTest, AStartFindsTheQueuesWhereTheLogBegins) {
  options_.retention.log_bytes_max = 2 * kSegmentBytes;
  kill();
  ASSERT_TRUE(open().ok());
  fill_segment("old");
  for (int i = 0; i < 3; ++i) fill_segment("both", i % 2);
  snapshots();
  ASSERT_TRUE(retain());
  const int64_t min0 = min("both", 0);
  const int64_t min1 = min("both", 1);
  lose_power();  // no snapshot since
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(min("old"), 3);
  EXPECT_EQ(min("both", 0), min0);
  EXPECT_EQ(min("both", 1), min1);
  expect_readable("both", 0);
  expect_readable("both", 1);
}

TEST_F(StoreRetentionTest, NothingMovesBeforeTheRecordThatSaysSoIsCommitted) {
  make_one_old_segment();
  const QueueEntry first = entry(store_->find_queue("T", 0), QueueOffset(0));
  ASSERT_TRUE(search());
  decide();
  EXPECT_FALSE(search()) << "what was decided is not done yet";
  EXPECT_EQ(min("T"), 0);
  EXPECT_EQ(store_->begin(), LogOffset(0));
  expect_readable("T");
  executor_.run_all();
  EXPECT_TRUE(store_->log().read(first.log_offset, first.size).ok());
  EXPECT_EQ(names("commitlog").front(), "00000000000000000000");
  ASSERT_TRUE(write_and_commit(*store_).ok());
  EXPECT_EQ(min("T"), 3);
  EXPECT_EQ(store_->begin(), LogOffset(kSegmentBytes));
  executor_.run_all();
  EXPECT_EQ(names("commitlog").front(), "00000000000000004096");
  EXPECT_TRUE(absl::IsOutOfRange(store_->log().read(first.log_offset, first.size).status()));
  EXPECT_EQ(store_->log().progress().synced.value(), store_->log().progress().written.value())
      << "the record must outlive what it takes";
}

TEST_F(StoreRetentionTest, WhatIsDecidedAndNotShownYetIsNotCountedTwice) {
  for (int i = 0; i < 4; ++i) {
    send("T", 0);
    clock_.advance_ms(kHourMs / 2);
  }
  snapshot();
  const int64_t bytes = store_->find_queue("T", 0)->totals().bytes;
  expire("T");  // the first two
  ASSERT_TRUE(search());
  decide();
  ASSERT_EQ(min("T"), 0) << "it is not committed";
  clock_.advance_ms(kHourMs / 2);
  expiring_.clear();
  expire("T");  // and the third
  EXPECT_FALSE(search());
  decide();
  ASSERT_TRUE(write_and_commit(*store_).ok());
  ASSERT_TRUE(retain());
  EXPECT_EQ(min("T"), 3);
  EXPECT_EQ(store_->find_queue("T", 0)->totals().bytes, bytes / 4);
}

TEST_F(StoreRetentionTest, AQueueThatMovedDuringTheSearchIsLeftForTheNext) {
  send("T", 0);
  send("T", 0);
  snapshot();
  clock_.advance_ms(2 * kHourMs);
  send("T", 0);
  const auto record_bytes = static_cast<int64_t>(test_record("T", std::string(1000, 'x')).size());
  expire("T");
  std::shared_ptr<MessageStore::RetentionResult> result;
  ASSERT_TRUE(store_->begin_retention(
      {.now_ms = clock_.wall_ms()}, [&](const ConsumeQueue& queue) { return unread(queue); },
      expiring_, [&](auto done) { result = std::move(done); }));
  executor_.run_all();
  const std::string moved = concat("min T 0 1 ", record_bytes, " ", record_bytes, " 0\n");
  ASSERT_TRUE(append_control(*store_, moved, clock_.wall_ms()).ok());
  ASSERT_TRUE(write_and_commit(*store_).ok());
  ASSERT_EQ(min("T"), 1);
  EXPECT_THAT(store_->finish_retention(std::move(result)).queues, IsEmpty());
  ASSERT_TRUE(retain());
  EXPECT_EQ(min("T"), 2);
  EXPECT_EQ(store_->find_queue("T", 0)->totals().bytes, record_bytes);
}

TEST_F(StoreRetentionTest, ADecisionThatIsLostTakesNothing) {
  make_one_old_segment();
  ASSERT_TRUE(search());
  decide();
  executor_.run_all();
  lose_power();  // it was not even written
  ASSERT_TRUE(open().ok());
  executor_.run_all();
  EXPECT_EQ(min("T"), 0);
  EXPECT_EQ(store_->begin(), LogOffset(0));
  expect_readable("T");
  EXPECT_EQ(names("commitlog").front(), "00000000000000000000");
}

TEST_F(StoreRetentionTest, ADeletionGoesOnAfterACrashBehindTheDecision) {
  make_one_old_segment();
  ASSERT_TRUE(search());
  decide();
  store_->log().submit();
  ASSERT_TRUE(store_->log().write_group(/*sync=*/true, 0).ok());
  executor_.drop_all();  // before it is committed, so nothing was deleted
  store_.reset();
  disk_.crash();
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(min("T"), 3);
  EXPECT_EQ(store_->begin(), LogOffset(kSegmentBytes));
  EXPECT_EQ(store_->log().begin(), LogOffset(0)) << "the files are there yet";
  EXPECT_FALSE(search()) << "this is done first";
  send("T", 0);
  EXPECT_TRUE(store_->snapshot_due()) << "it waits for a second one";
  snapshot();
  EXPECT_EQ(store_->log().begin(), LogOffset(kSegmentBytes));
  EXPECT_THAT(names("removed"), IsEmpty());
  expect_readable("T");
}

TEST_F(StoreRetentionTest, FilesLeftByACrashAreFreedByTheNextStart) {
  make_one_old_segment();
  ASSERT_TRUE(retain());
  disk_.put_file("store/removed/00000000000000000000", std::string(kSegmentBytes, 'x'));
  kill();
  ASSERT_TRUE(open().ok());
  executor_.run_all();
  EXPECT_THAT(names("removed"), IsEmpty());
  EXPECT_EQ(min("T"), 3);
  expect_readable("T");
}

// Somebody deleted the oldest file of the log by hand.
TEST_F(StoreRetentionTest, QueuesFollowALogThatBeginsElsewhereAndThatIsTold) {
  make_one_old_segment();
  const int64_t bytes = store_->find_queue("T", 0)->totals().bytes;
  kill();
  ASSERT_TRUE(disk_.remove("store/commitlog/00000000000000000000").ok());
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(min("T"), 3);
  EXPECT_EQ(store_->begin(), LogOffset(0)) << "no record said so";
  ASSERT_EQ(store_->moved_at_open().size(), 1u);
  const MessageStore::ShortenedQueue& moved = store_->moved_at_open().front();
  EXPECT_EQ(moved.topic, "T");
  EXPECT_EQ(moved.old_min, QueueOffset(0));
  EXPECT_EQ(moved.move.min, QueueOffset(3));
  EXPECT_EQ(moved.move.bytes, bytes / 3);
  EXPECT_EQ(store_->find_queue("T", 0)->totals().bytes, bytes - bytes / 3);
  expect_readable("T");
}

TEST_F(StoreRetentionTest, WhatIsUnreadStaysUntilALimitForcesIt) {
  options_.retention.keep_unread = true;
  kill();
  ASSERT_TRUE(open().ok());
  fill_segment("fast");
  fill_segment("slow");
  fill_segment("slow");
  clock_.advance_ms(73 * kHourMs);
  for (int i = 0; i < 3; ++i) fill_segment("fast");
  snapshots();
  read_to_ = QueueOffset(2);  // in segment 1
  ASSERT_TRUE(retain());
  EXPECT_EQ(found_.begin, LogOffset(kSegmentBytes));
  EXPECT_EQ(min("slow"), 0);
  read_to_ = QueueOffset(3);
  ASSERT_TRUE(retain());
  EXPECT_EQ(found_.begin, LogOffset(2 * kSegmentBytes));
  EXPECT_EQ(min("slow"), 3);
  const DiskSpace full{.total_bytes = 100'000, .available_bytes = 13'000};
  ASSERT_TRUE(retain(full));
  EXPECT_EQ(min("slow"), 6);
  EXPECT_EQ(found_.log_bytes[static_cast<size_t>(RetentionReason::kDisk)], kSegmentBytes);
}

TEST_F(StoreRetentionTest, AFlippedBitDoesNotDeleteWhatIsUnread) {
  options_.retention.keep_unread = true;
  kill();
  ASSERT_TRUE(open().ok());
  fill_segment("slow");
  fill_segment("fast");
  fill_segment("slow");
  clock_.advance_ms(73 * kHourMs);
  for (int i = 0; i < 3; ++i) fill_segment("fast");
  snapshots();
  read_to_ = QueueOffset(2);  // in segment 0
  // As if it were in segment 2.
  disk_.flip_bit("store/consumequeue/slow/0/00000000000000000000", 2 * kQueueEntryBytes + 6, 5);
  EXPECT_FALSE(retain() && found_.begin > LogOffset(0));
  EXPECT_EQ(min("slow"), 0);
}

TEST_F(StoreRetentionTest, ADirectoryThatCannotBeSyncedDelaysTheDeletion) {
  make_one_old_segment();
  disk_.inject({.operation = SimDisk::Operation::kSyncDirectory,
                .path_part = "commitlog",
                .status = absl::InternalError("EIO")});
  ASSERT_TRUE(retain());
  EXPECT_EQ(store_->failed_deletions(), 1);
  EXPECT_EQ(store_->log().begin(), LogOffset(0));
  EXPECT_EQ(min("T"), 3) << "that is decided";
  expect_readable("T");
  EXPECT_FALSE(retain()) << "this is tried again first";
  EXPECT_EQ(store_->failed_deletions(), 1);
  EXPECT_EQ(store_->log().begin(), LogOffset(kSegmentBytes));
  expect_readable("T");
}

TEST_F(StoreRetentionTest, ADeletedTopicIsLeftAlone) {
  make_one_old_segment();
  std::shared_ptr<MessageStore::RetentionResult> result;
  ASSERT_TRUE(store_->begin_retention(
      {.now_ms = clock_.wall_ms()}, [&](const ConsumeQueue& queue) { return unread(queue); },
      expiring_, [&](auto done) { result = std::move(done); }));
  ASSERT_TRUE(append_control(*store_, "delete T\n", clock_.wall_ms()).ok());
  send("T", 0);
  executor_.run_all();
  EXPECT_THAT(store_->finish_retention(std::move(result)).queues, IsEmpty());
  executor_.run_all();
  EXPECT_EQ(min("T"), 0);
  EXPECT_EQ(max("T"), 1);
}

TEST_F(StoreRetentionTest, ADamagedQueueWithoutRecordsInTheLogIsEmpty) {
  options_.retention.log_bytes_max = 2 * kSegmentBytes;
  kill();
  ASSERT_TRUE(open().ok());
  fill_segment("old");
  for (int i = 0; i < 3; ++i) fill_segment("new");
  snapshots();
  ASSERT_TRUE(retain());
  kill();
  ASSERT_TRUE(disk_.remove("store/consumequeue/old/0/00000000000000000000").ok());
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(min("old"), 3);
  EXPECT_EQ(max("old"), 3);
}

// A full disk gets room by a deletion, which needs a record of it.
TEST_F(StoreRetentionTest, ALogWithoutRoomMakesRoom) {
  options_.log.reserve_bytes = kSegmentBytes / 4;
  kill();
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 2; ++i) fill_segment("T");
  snapshots();
  disk_.limit_space(disk_.used_bytes() + kSegmentBytes);
  absl::Status sent;
  int count = 0;
  for (; sent.ok() && count < 100; ++count) {
    sent = append_and_commit(*store_, test_record("T", std::string(150, 'x')), 0, clock_.wall_ms())
               .status();
  }
  ASSERT_TRUE(absl::IsResourceExhausted(sent)) << sent;
  ASSERT_TRUE(store_->log().lacks_room());
  ASSERT_TRUE(retain());
  EXPECT_EQ(found_.log_bytes[static_cast<size_t>(RetentionReason::kDisk)], kSegmentBytes);
  EXPECT_EQ(store_->log().begin(), LogOffset(kSegmentBytes));
  ASSERT_TRUE(write_and_commit(*store_).ok());
  EXPECT_FALSE(store_->log().lacks_room());
  send("T", 0);
  expect_readable("T");
}

// ---- topics with a retention of their own

TEST_F(StoreRetentionTest, AQueueMayKeepLessThanTheLog) {
  send("short", 0);
  send("long", 0);
  clock_.advance_ms(kHourMs / 2);
  send("short", 0);
  snapshot();
  ASSERT_TRUE(retain_after(kHourMs / 2 + 1, "short"));
  EXPECT_EQ(min("short"), 1);
  EXPECT_EQ(min("long"), 0);
  EXPECT_EQ(store_->log().begin(), LogOffset(0));
  ASSERT_EQ(found_.queues.size(), 1u);
  EXPECT_EQ(found_.queues[0].old_min, QueueOffset(0));
  EXPECT_EQ(found_.queues[0].move.oldest_ms, clock_.wall_ms() - kHourMs / 2 - 1);
  EXPECT_EQ(found_.queues[0].move.bytes,
            static_cast<int64_t>(test_record("short", std::string(1000, 'x')).size()));
  expect_readable("short");
  ASSERT_TRUE(retain_after(kHourMs / 2, "short"));
  EXPECT_EQ(min("short"), 2) << "nothing is left";
  EXPECT_EQ(max("short"), 2);
  send("short", 0);
  ASSERT_TRUE(retain_after(0, "short"));
  EXPECT_EQ(min("short"), 2);
  expect_readable("short");
}

TEST_F(StoreRetentionTest, WithNothingTooOldItTellsHowOldTheFirstIs) {
  const int64_t first_ms = clock_.wall_ms();
  send("short", 0);
  snapshot();
  QueueView& queue = static_cast<QueueView&>(*store_->queue("short", 0));
  queue.set_totals({.bytes = queue.totals().bytes, .oldest_ms = 1, .newest_ms = first_ms});
  ASSERT_TRUE(retain_after(kHourMs / 2, "short"));
  EXPECT_EQ(min("short"), 0);
  EXPECT_EQ(queue.totals().oldest_ms, first_ms);
  ASSERT_EQ(found_.queues.size(), 1u);
  EXPECT_EQ(found_.queues[0].move.oldest_ms, first_ms);
  EXPECT_EQ(found_.queues[0].move.bytes, 0);
}

TEST_F(StoreRetentionTest, AnExpiryOutlivesACrashWithoutASnapshot) {
  send("short", 0);
  snapshots();
  clock_.advance_ms(2 * kHourMs);
  send("short", 0);
  ASSERT_TRUE(retain_after(0, "short"));
  ASSERT_EQ(min("short"), 1);
  const QueueTotals totals = store_->find_queue("short", 0)->totals();
  lose_power();
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(min("short"), 1);
  EXPECT_EQ(store_->find_queue("short", 0)->totals(), totals);
  expect_readable("short");
}

TEST_F(StoreRetentionTest, WhatIsNotOnDiskYetWaitsForASnapshot) {
  send("short", 0);
  snapshot();
  send("short", 0);
  ASSERT_TRUE(retain_after(2 * kHourMs, "short"));
  EXPECT_EQ(min("short"), 1);
  EXPECT_TRUE(store_->snapshot_due());
  snapshot();
  ASSERT_TRUE(retain_after(0, "short"));
  EXPECT_EQ(min("short"), 2);
}

TEST_F(StoreRetentionTest, ATopicsOwnRetentionKeepsWhatIsUnread) {
  options_.retention.keep_unread = true;
  kill();
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 5; ++i) send("slow", 0);
  snapshot();
  ASSERT_TRUE(retain_after(2 * kHourMs, "slow"));
  EXPECT_EQ(min("slow"), 0);
  read_to_ = QueueOffset(3);
  ASSERT_TRUE(retain_after(0, "slow"));
  EXPECT_EQ(min("slow"), 3);
  expect_readable("slow");
  read_to_ = QueueOffset(5);
  ASSERT_TRUE(retain_after(0, "slow"));
  EXPECT_EQ(min("slow"), 5);
}

TEST_F(StoreRetentionTest, OneRunMayShortenAQueueForBothReasons) {
  options_.retention.log_bytes_max = 2 * kSegmentBytes;
  kill();
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 4; ++i) fill_segment("short");
  clock_.advance_ms(2 * kHourMs);
  send("short", 0);
  snapshots();
  ASSERT_TRUE(retain_after(0, "short"));
  EXPECT_EQ(found_.begin, LogOffset(3 * kSegmentBytes)) << "which is message 9";
  EXPECT_EQ(min("short"), 12);
  ASSERT_EQ(found_.queues.size(), 1u);
  EXPECT_EQ(found_.queues[0].move.bytes,
            12 * static_cast<int64_t>(test_record("short", std::string(1000, 'x')).size()));
  expect_readable("short");
}

TEST_F(StoreRetentionTest, AnExpiredQueueIsShortenedByTheLogLater) {
  send("short", 0);
  send("short", 0);
  snapshot();
  clock_.advance_ms(2 * kHourMs);
  send("short", 0);
  ASSERT_TRUE(retain_after(0, "short"));
  ASSERT_EQ(min("short"), 2);
  for (int i = 0; i < 3; ++i) fill_segment("other");
  clock_.advance_ms(73 * kHourMs);
  fill_segment("other");
  snapshots();
  ASSERT_TRUE(retain());
  EXPECT_EQ(min("short"), 3);
}

TEST_F(StoreRetentionTest, QueueFilesGoWhenTheMinThatPassedThemIsCommitted) {
  QueueView& queue = static_cast<QueueView&>(*store_->queue("short", 0));
  queue.begin_at(QueueOffset(kQueueFileEntries - 1));
  send("short", 0);
  clock_.advance_ms(2 * kHourMs);
  send("short", 0);
  snapshots();
  expire("short");
  ASSERT_TRUE(search());
  decide();
  executor_.run_all();
  const std::string directory = "consumequeue/short/0";
  EXPECT_EQ(names(directory).size(), 2u);
  ASSERT_TRUE(write_and_commit(*store_, /*sync=*/true).ok());
  ASSERT_EQ(min("short"), kQueueFileEntries);
  executor_.run_all();
  EXPECT_THAT(names(directory), ElementsAre("00000000000006000000"));
  lose_power();  // the snapshots have the old min
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(min("short"), kQueueFileEntries);
  expect_readable("short");
}

TEST_F(StoreRetentionTest, AQueueFileThatCouldNotBeRemovedIsTriedAgain) {
  QueueView& queue = static_cast<QueueView&>(*store_->queue("short", 0));
  queue.begin_at(QueueOffset(kQueueFileEntries - 1));
  send("short", 0);
  clock_.advance_ms(2 * kHourMs);
  send("short", 0);
  snapshots();
  disk_.inject({.operation = SimDisk::Operation::kRemove,
                .path_part = "consumequeue/short",
                .status = absl::InternalError("EIO"),
                .times = 2});
  expire("short");
  ASSERT_TRUE(retain());
  expiring_.clear();
  const std::string directory = "consumequeue/short/0";
  EXPECT_EQ(store_->failed_deletions(), 1);
  EXPECT_EQ(names(directory).size(), 2u);
  retain();
  EXPECT_EQ(store_->failed_deletions(), 2);
  retain();
  EXPECT_EQ(store_->failed_deletions(), 2);
  EXPECT_THAT(names(directory), ElementsAre("00000000000006000000"));
  expect_readable("short");
}

TEST_F(StoreRetentionTest, AStartRemovesQueueFilesThatACrashHasLeft) {
  QueueView& queue = static_cast<QueueView&>(*store_->queue("short", 0));
  queue.begin_at(QueueOffset(kQueueFileEntries - 1));
  send("short", 0);
  clock_.advance_ms(2 * kHourMs);
  send("short", 0);
  snapshots();
  expire("short");
  ASSERT_TRUE(search());
  decide();
  store_->log().submit();
  ASSERT_TRUE(store_->log().write_group(/*sync=*/true, 0).ok());
  kill();
  ASSERT_TRUE(open().ok());
  expiring_.clear();
  search();
  EXPECT_THAT(names("consumequeue/short/0"), ElementsAre("00000000000006000000"));
  expect_readable("short");
}

}  // namespace
}  // namespace petrel::store
