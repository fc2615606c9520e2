// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/retention/queue_expiry.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/queue/queue_files.h"
#include "store/test_util.h"

namespace petrel::store {
namespace {

constexpr char kQueue[] = "store/consumequeue/T/0";
constexpr char kFirstSegment[] = "store/commitlog/00000000000000000000";
constexpr int64_t kStepMs = 1000;  // from one message to the next

// Message n was stored at (n + 1) * kStepMs.
class QueueExpiryTest : public ::testing::Test {
 protected:
  QueueExpiryTest() { open(64 << 10); }

  void open(int64_t segment_bytes) {
    log_.reset();
    disk_ = std::make_unique<SimDisk>(SimDisk::Options{});
    EXPECT_TRUE(disk_->create_directories("store").ok());
    CommitLog::Options options = small_log_options();
    options.segment_bytes = segment_bytes;
    options.hot_bytes = 1024;  // so that the others are read from the disk
    log_ = CommitLog::open(*disk_, "store/commitlog", options).value();
    EXPECT_TRUE(log_->recover(LogOffset(0)).ok());
    entries_.clear();
    now_ms_ = 0;
  }
  void send(int count) {
    const std::string record = test_record("T", std::string(500, 'x'));
    for (int i = 0; i < count; ++i) {
      now_ms_ += kStepMs;
      const LogOffset offset =
          log_->append(record, {.queue_offset = next(), .store_ms = now_ms_}).value();
      log_->submit();
      ASSERT_TRUE(log_->write_group(true, 0).ok());
      entries_.push_back({.log_offset = offset, .size = static_cast<int32_t>(record.size())});
    }
  }
  void lose(int count) {
    for (int i = 0; i < count; ++i) {
      now_ms_ += kStepMs;
      entries_.push_back(QueueEntry::hole(entries_.empty() ? LogOffset(0) : entries_.back().end()));
    }
  }
  void damage(size_t message) {
    disk_->flip_bit(kFirstSegment,
                    static_cast<uint64_t>(entries_[message].log_offset.value()) + 120, 0);
  }
  void write_queue() {
    UnsyncedFiles unsynced;
    QueueFileWriter writer(*disk_, kQueue, QueueOffset(0), QueueOffset(0), unsynced);
    ASSERT_TRUE(writer.write(QueueOffset(0), entries_).ok());
    writer.finish();
  }
  QueueOffset next() const { return QueueOffset(static_cast<int64_t>(entries_.size())); }

  absl::StatusOr<QueueExpiry::Found> find(int64_t before_ms, int64_t from = 0) {
    segments_ = log_->segments();
    return QueueExpiry(*disk_, *log_, segments_, {"T", 0, kQueue}, before_ms)
        .find(QueueOffset(from), next());
  }
  int64_t begin(int64_t before_ms, int64_t from = 0) {
    const absl::StatusOr<QueueExpiry::Found> found = find(before_ms, from);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? found->begin.value() : -1;
  }

  std::unique_ptr<SimDisk> disk_;
  std::unique_ptr<CommitLog> log_;
  std::vector<LogSegment> segments_;
  std::vector<QueueEntry> entries_;
  int64_t now_ms_ = 0;
};

TEST_F(QueueExpiryTest, EveryBorderIsFoundFromEveryBegin) {
  for (const int64_t segment_bytes : {int64_t{4096}, int64_t{64 << 10}}) {
    open(segment_bytes);
    send(30);
    write_queue();
    for (int64_t from = 0; from <= 30; ++from) {
      for (int64_t border = 0; border <= 30; ++border) {
        const int64_t expected = std::max(from, border);
        ASSERT_EQ(begin(border * kStepMs + 1, from), expected) << from << " " << border;
        ASSERT_EQ(begin((border + 1) * kStepMs, from), expected) << "as old as that is kept";
      }
    }
  }
}

TEST_F(QueueExpiryTest, ItTellsWhereTheQueueIsThen) {
  send(10);
  write_queue();
  const QueueExpiry::Found some = find(4 * kStepMs).value();
  EXPECT_EQ(some.begin, QueueOffset(3));
  EXPECT_EQ(some.oldest_ms, 4 * kStepMs);
  EXPECT_EQ(some.front, entries_[3].log_offset);
  EXPECT_GT(some.gone, entries_[2].log_offset);
  EXPECT_LE(some.gone, entries_[3].log_offset);
  const QueueExpiry::Found all = find(now_ms_ + 1).value();
  EXPECT_EQ(all.begin, QueueOffset(10));
  EXPECT_FALSE(all.front.has_value());
  EXPECT_GT(all.gone, entries_[9].log_offset);
  EXPECT_EQ(find(0)->gone, LogOffset(0));
}

TEST_F(QueueExpiryTest, AnEmptyQueueStaysWhereItIs) {
  EXPECT_EQ(begin(now_ms_ + 1), 0);
  send(3);
  EXPECT_EQ(begin(now_ms_ + 1, 3), 3) << "no file is asked for";
}

TEST_F(QueueExpiryTest, AHoleGoesWithTheMessageBehindIt) {
  send(5);
  lose(4);
  send(5);
  write_queue();
  EXPECT_EQ(begin(5 * kStepMs), 4);
  EXPECT_EQ(begin(10 * kStepMs), 5) << "message 9 is kept, and the holes with it";
  EXPECT_EQ(begin(10 * kStepMs + 1), 10);
}

TEST_F(QueueExpiryTest, HolesAtTheEndAreKept) {
  send(5);
  lose(2);
  write_queue();
  EXPECT_EQ(begin(now_ms_ + 1), 5);
}

TEST_F(QueueExpiryTest, DamagedRecordsGoWithTheNextSoundOne) {
  send(20);
  write_queue();
  for (size_t message = 5; message < 14; ++message) damage(message);
  EXPECT_EQ(begin(5 * kStepMs), 4);
  EXPECT_EQ(begin(7 * kStepMs), 5);
  EXPECT_EQ(begin(15 * kStepMs + 1), 15);
}

TEST_F(QueueExpiryTest, ManyHolesAreKeptUntilTheirSegmentIsOld) {
  open(4096);
  send(3);
  lose(100);
  write_queue();
  const int64_t kept = begin(now_ms_ + 1);
  EXPECT_GE(kept, 3);
  EXPECT_LT(kept, 103);
  send(20);  // further segments
  write_queue();
  EXPECT_EQ(begin(now_ms_ + 1), 123);
}

TEST_F(QueueExpiryTest, AFlippedBitNeverHidesAMessage) {
  open(4096);
  send(20);
  write_queue();
  const std::string file = concat(kQueue, "/00000000000000000000");
  for (const int64_t kept : {0, 7, 19}) {
    const int64_t before_ms = (kept + 1) * kStepMs;
    for (int64_t flipped = 0; flipped < 20; ++flipped) {
      for (int bit = 0; bit < 12 * 8; ++bit) {
        const auto at = static_cast<uint64_t>(flipped * kQueueEntryBytes + bit / 8);
        disk_->flip_bit(file, at, bit % 8);
        const absl::StatusOr<QueueExpiry::Found> found = find(before_ms);
        if (found.ok()) {
          ASSERT_LE(found->begin.value(), kept) << "entry " << flipped << " bit " << bit;
        }
        disk_->flip_bit(file, at, bit % 8);
      }
    }
  }
}

TEST_F(QueueExpiryTest, OldSegmentsAreNotRead) {
  open(4096);
  send(30);
  write_queue();
  disk_->inject({.operation = SimDisk::Operation::kRead,
                 .path_part = "commitlog/00000000000000000000",
                 .status = absl::InternalError("EIO"),
                 .times = 100});
  EXPECT_EQ(begin(20 * kStepMs), 19);
}

TEST_F(QueueExpiryTest, AReadThatFailsIsAnError) {
  send(10);
  write_queue();
  disk_->inject({.operation = SimDisk::Operation::kRead,
                 .path_part = "commitlog/",
                 .status = absl::InternalError("EIO")});
  EXPECT_EQ(find(5 * kStepMs).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(begin(5 * kStepMs), 4);
}

TEST_F(QueueExpiryTest, AMissingQueueFileIsDataLoss) {
  send(10);
  EXPECT_TRUE(absl::IsDataLoss(find(5 * kStepMs).status()));
}

}  // namespace
}  // namespace petrel::store
