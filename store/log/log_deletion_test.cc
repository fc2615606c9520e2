// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// The oldest files of the log go, and a crash comes in between.
#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/log/commit_log.h"
#include "store/retention/file_removal.h"
#include "store/test_util.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kLog[] = "store/commitlog";
constexpr char kRemoved[] = "store/removed";
constexpr int64_t kSegmentBytes = 4096;
const std::string kBody(1500, 'x');  // two records a segment

class LogDeletionTest : public ::testing::Test {
 protected:
  explicit LogDeletionTest(uint64_t seed = 1) : disk_({.seed = seed}) {
    EXPECT_TRUE(disk_.create_directories("store").ok());
  }

  absl::Status open() {
    PETREL_ASSIGN_OR_RETURN(log_, CommitLog::open(disk_, kLog, small_log_options()));
    return log_->recover(LogOffset(0));
  }
  void fill(int64_t segments) {
    while (log_->end() < LogOffset(segments * kSegmentBytes)) append();
    ASSERT_TRUE(log_->write_group(true, 0).ok());
  }
  void append() {
    store_ms_ += 1000;
    offsets_.push_back(log_->append(test_record("T", kBody), {.store_ms = store_ms_}).value());
    log_->submit();
    ASSERT_TRUE(log_->write_group(false, 0).ok());
  }
  absl::StatusOr<LogSlice> read(LogOffset offset) const {
    return log_->read(offset, static_cast<int32_t>(test_record("T", kBody).size()));
  }
  std::vector<std::string> names(const std::string& directory) {
    return disk_.list(directory).value_or(std::vector<std::string>{"no directory"});
  }

  SimDisk disk_;
  std::unique_ptr<CommitLog> log_;
  std::vector<LogOffset> offsets_;
  int64_t store_ms_ = 1'000'000;
};

TEST_F(LogDeletionTest, FilesMovedOutAreReadUntilTheyAreForgotten) {
  ASSERT_TRUE(open().ok());
  fill(3);
  const auto moved = log_->move_out_before(LogOffset(2 * kSegmentBytes), kRemoved);
  EXPECT_TRUE(moved.status.ok());
  EXPECT_EQ(moved.begin, LogOffset(2 * kSegmentBytes));
  EXPECT_THAT(names(kRemoved), ElementsAre("00000000000000000000", "00000000000000004096"));
  EXPECT_EQ(log_->begin(), LogOffset(0));
  EXPECT_TRUE(read(offsets_[0]).ok());
  EXPECT_TRUE(read(offsets_[3]).ok());

  log_->forget_before(moved.begin);
  EXPECT_EQ(log_->begin(), moved.begin);
  EXPECT_TRUE(absl::IsOutOfRange(read(offsets_[0]).status()));
  EXPECT_TRUE(absl::IsOutOfRange(read(offsets_[3]).status()));
  EXPECT_TRUE(read(offsets_[4]).ok());
}

TEST_F(LogDeletionTest, OnlyWholeFilesGo) {
  ASSERT_TRUE(open().ok());
  fill(3);
  EXPECT_EQ(log_->move_out_before(LogOffset(kSegmentBytes - 1), kRemoved).begin, LogOffset(0));
  EXPECT_EQ(log_->move_out_before(LogOffset(2 * kSegmentBytes - 1), kRemoved).begin,
            LogOffset(kSegmentBytes));
}

TEST_F(LogDeletionTest, SegmentsTellWhenTheyWereBegun) {
  ASSERT_TRUE(open().ok());
  fill(2);
  append();
  const auto check = [&] {
    const std::vector<LogSegment> segments = log_->segments();
    ASSERT_GE(segments.size(), 3u);
    EXPECT_EQ(segments[0].first_ms, 1'001'000);
    EXPECT_EQ(segments[1].first_ms, 1'003'000);
    EXPECT_EQ(segments[2].first_ms, 1'005'000);
    EXPECT_EQ(segments[2].start, LogOffset(2 * kSegmentBytes));
    EXPECT_EQ(segments[2].end, LogOffset(3 * kSegmentBytes));
  };
  check();
  log_.reset();
  disk_.restart();
  ASSERT_TRUE(open().ok());
  check();
}

TEST_F(LogDeletionTest, ALogThatBeginsLaterOpensAndGoesOn) {
  ASSERT_TRUE(open().ok());
  fill(3);
  const auto moved = log_->move_out_before(LogOffset(kSegmentBytes), kRemoved);
  log_.reset();
  disk_.crash();
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(log_->begin(), moved.begin);
  append();
  EXPECT_TRUE(read(offsets_.back()).ok());
  EXPECT_TRUE(read(offsets_[2]).ok());
}

TEST_F(LogDeletionTest, PowerLossAtAnyPointLeavesALogWithoutAGap) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    for (int64_t cut = 0; cut < 12; ++cut) {
      SCOPED_TRACE(concat("seed ", seed, " cut at operation ", cut));
      SimDisk disk({.seed = seed});
      ASSERT_TRUE(disk.create_directories("store").ok());
      auto log = CommitLog::open(disk, kLog, small_log_options()).value();
      ASSERT_TRUE(log->recover(LogOffset(0)).ok());
      while (log->end() < LogOffset(4 * kSegmentBytes)) {
        ASSERT_TRUE(log->append(test_record("T", kBody), {}).ok());
        log->submit();
        ASSERT_TRUE(log->write_group(true, 0).ok());
      }
      disk.cut_power_at(disk.operations() + cut);
      const auto moved = log->move_out_before(LogOffset(3 * kSegmentBytes), kRemoved);
      log.reset();
      disk.crash();
      log = CommitLog::open(disk, kLog, small_log_options()).value();
      ASSERT_TRUE(log->recover(LogOffset(0)).ok());
      EXPECT_GE(log->begin(), moved.begin) << "what was told to be moved stays moved";
      EXPECT_LE(log->begin(), LogOffset(3 * kSegmentBytes));
      EXPECT_GE(log->end(), LogOffset(4 * kSegmentBytes));
    }
  }
}

TEST_F(LogDeletionTest, AMoveThatFailedIsTriedAgain) {
  ASSERT_TRUE(open().ok());
  fill(3);
  disk_.inject({.operation = SimDisk::Operation::kSyncDirectory,
                .path_part = "commitlog",
                .status = absl::InternalError("broken")});
  const auto failed = log_->move_out_before(LogOffset(2 * kSegmentBytes), kRemoved);
  EXPECT_FALSE(failed.status.ok());
  EXPECT_EQ(failed.begin, LogOffset(0));
  EXPECT_TRUE(read(offsets_[0]).ok());
  const auto moved = log_->move_out_before(LogOffset(2 * kSegmentBytes), kRemoved);
  EXPECT_TRUE(moved.status.ok()) << moved.status;
  EXPECT_EQ(moved.begin, LogOffset(2 * kSegmentBytes));
}

TEST_F(LogDeletionTest, RemovedFilesAreFreedStepByStep) {
  ASSERT_TRUE(open().ok());
  fill(3);
  log_->forget_before(log_->move_out_before(LogOffset(2 * kSegmentBytes), kRemoved).begin);
  FileRemoval removal(disk_, kRemoved, /*step_bytes=*/3000);
  EXPECT_FALSE(*removal.step());  // 4096 -> 1096
  EXPECT_THAT(names(kRemoved), ElementsAre("00000000000000000000", "00000000000000004096"));
  EXPECT_FALSE(*removal.step());
  EXPECT_THAT(names(kRemoved), ElementsAre("00000000000000004096"));
  EXPECT_FALSE(*removal.step());
  EXPECT_TRUE(*removal.step());
  EXPECT_THAT(names(kRemoved), IsEmpty());
  EXPECT_TRUE(*removal.step());
}

TEST_F(LogDeletionTest, NothingToRemoveIsDone) {
  EXPECT_TRUE(*FileRemoval(disk_, "store/nowhere", 1000).step());
}

}  // namespace
}  // namespace petrel::store
