// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/retention/retention.h"

#include <vector>

#include "gtest/gtest.h"

namespace petrel::store {
namespace {

constexpr int64_t kSegmentBytes = 1'000;
constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr int64_t kMidnightMs = 20'000 * kDayMs;

LogOffset at_segment(int64_t index) { return LogOffset(index * kSegmentBytes); }

// A log of segments that were begun a day after one another, the newest at midnight.
class RetentionTest : public ::testing::Test {
 protected:
  RetentionTest() { make_log(6); }

  void make_log(int64_t count) {
    segments_.clear();
    for (int64_t i = 0; i < count; ++i) {
      segments_.push_back({.start = at_segment(i),
                           .end = at_segment(i + 1),
                           .first_ms = kMidnightMs - (count - 1 - i) * kDayMs});
    }
    needed_from_ = at_segment(count - 1);
  }
  RetentionInput input() const {
    return {.now_ms = now_ms_,
            .segments = segments_,
            .needed_from = needed_from_,
            .disk = disk_,
            .lacks_room = lacks_room_};
  }
  RetentionPlan plan() const { return plan_retention(options_, input()); }
  void use_percent(uint64_t percent) {
    disk_ = {.total_bytes = 10'000, .available_bytes = 10'000 - percent * 100};
  }

  RetentionOptions options_;
  std::vector<LogSegment> segments_;
  LogOffset needed_from_{0};
  int64_t now_ms_ = kMidnightMs + kHourMs;
  std::optional<DiskSpace> disk_;
  bool lacks_room_ = false;
};

TEST_F(RetentionTest, NothingIsDueInAYoungLog) {
  make_log(3);
  EXPECT_EQ(plan().must, LogOffset(0));
  EXPECT_EQ(plan().may, LogOffset(0));
  EXPECT_FALSE(plan().waits_for_snapshot);
}

TEST_F(RetentionTest, AnEmptyListHasNoPlan) {
  segments_.clear();
  EXPECT_EQ(plan().begin(input(), std::nullopt), LogOffset(0));
}

TEST_F(RetentionTest, ASegmentGoesWhenItsNewestMessageIsTooOld) {
  // Segment 1 ended when segment 2 was begun, three days before midnight; an hour over 72 hours
  // ago.
  EXPECT_EQ(plan().may, at_segment(2));
  EXPECT_EQ(plan().must, LogOffset(0));
  now_ms_ = kMidnightMs;
  EXPECT_EQ(plan().may, at_segment(1)) << "72 hours are not yet over";
}

TEST_F(RetentionTest, TheSegmentBeingWrittenNeverGoes) {
  now_ms_ = kMidnightMs + 1'000 * kDayMs;
  needed_from_ = at_segment(100);
  EXPECT_EQ(plan().may, at_segment(5));
  use_percent(99);
  options_.log_bytes_max = 1;
  EXPECT_EQ(plan().must, at_segment(5));
}

TEST_F(RetentionTest, OldSegmentsWaitForTheirHourUnlessTheDiskFillsUp) {
  options_.delete_hour = 4;
  EXPECT_EQ(plan().may, LogOffset(0));
  use_percent(75);
  EXPECT_EQ(plan().may, LogOffset(0));
  use_percent(76);
  EXPECT_EQ(plan().may, at_segment(2));
  disk_.reset();
  now_ms_ = kMidnightMs + 4 * kHourMs + kHourMs / 2;
  EXPECT_EQ(plan().may, at_segment(2));
}

TEST_F(RetentionTest, TheOldestGoWhenTheLogIsTooLarge) {
  now_ms_ = kMidnightMs - kDayMs;
  options_.log_bytes_max = 5'999;
  EXPECT_EQ(plan().must, at_segment(1));
  EXPECT_EQ(plan().must_reason, RetentionReason::kSize);
  options_.log_bytes_max = 6'000;
  EXPECT_EQ(plan().must, LogOffset(0));
  options_.log_bytes_max = 2'500;
  EXPECT_EQ(plan().must, at_segment(4));
}

TEST_F(RetentionTest, AFullDiskTakesTheOldestWhateverTheirAge) {
  now_ms_ = kMidnightMs - kDayMs;
  use_percent(85);
  EXPECT_EQ(plan().must, LogOffset(0));
  use_percent(90);  // 500 bytes too many
  EXPECT_EQ(plan().must, at_segment(1));
  EXPECT_EQ(plan().must_reason, RetentionReason::kDisk);
  use_percent(97);  // 1,200 too many
  EXPECT_EQ(plan().must, at_segment(2));
}

TEST_F(RetentionTest, ADiskWithoutRoomForTheNextSegmentTakesTheOldest) {
  now_ms_ = kMidnightMs - kDayMs;
  lacks_room_ = true;
  EXPECT_EQ(plan().must, at_segment(1));
  EXPECT_EQ(plan().must_reason, RetentionReason::kDisk);
  options_.disk.force_percent = 100;
  EXPECT_EQ(plan().must, LogOffset(0));
}

TEST_F(RetentionTest, AHundredPercentSwitchesALimitOff) {
  now_ms_ = kMidnightMs - kDayMs;
  options_.disk.force_percent = 100;
  use_percent(100);
  EXPECT_EQ(plan().must, LogOffset(0));
}

TEST_F(RetentionTest, WhatAStartNeedsStaysAndASnapshotIsAskedFor) {
  needed_from_ = at_segment(1) + 500;
  EXPECT_EQ(plan().may, at_segment(1));
  EXPECT_TRUE(plan().waits_for_snapshot);
  needed_from_ = at_segment(2);
  EXPECT_EQ(plan().may, at_segment(2));
  EXPECT_FALSE(plan().waits_for_snapshot);
}

TEST_F(RetentionTest, APlanTakesFewSegmentsAtATime) {
  make_log(100);
  EXPECT_EQ(plan().may, at_segment(10));
  EXPECT_FALSE(plan().waits_for_snapshot);
}

TEST_F(RetentionTest, AgeSparesWhatIsUnreadAndLimitsDoNot) {
  const LogOffset unread = at_segment(1) + 7;
  EXPECT_EQ(plan().begin(input(), unread), at_segment(1));
  EXPECT_EQ(plan().begin(input(), at_segment(0)), at_segment(0));
  EXPECT_EQ(plan().begin(input(), at_segment(2)), at_segment(2));
  EXPECT_EQ(plan().begin(input(), std::nullopt), at_segment(2));
  options_.log_bytes_max = 3'000;
  EXPECT_EQ(plan().begin(input(), unread), at_segment(3));
}

TEST_F(RetentionTest, EachSegmentGoesForOneReason) {
  options_.log_bytes_max = 5'000;
  EXPECT_EQ(plan().begin(input(), std::nullopt), at_segment(2));
  EXPECT_EQ(plan().reason_of(segments_[0]), RetentionReason::kSize);
  EXPECT_EQ(plan().reason_of(segments_[1]), RetentionReason::kAge);
}

TEST_F(RetentionTest, AClockThatWentBackMakesNoSegmentOlder) {
  segments_[3].first_ms = kMidnightMs - 365 * kDayMs;
  EXPECT_EQ(plan().may, at_segment(2)) << "segment 4 tells when segment 2 ended at the latest";
}

TEST_F(RetentionTest, AnUnreadableSegmentIsAsOldAsTheNextThatTells) {
  segments_[2].first_ms = 0;
  EXPECT_EQ(plan().may, at_segment(1));
  segments_[2].first_ms = segments_[3].first_ms = segments_[4].first_ms = segments_[5].first_ms = 0;
  EXPECT_EQ(plan().may, at_segment(1)) << "only segment 1's begin tells anything";
}

TEST(DiskLimits, SendsAreRefusedBelowAShareOfTheDiskOrAFixedReserve) {
  DiskLimits limits;
  const DiskSpace big{.total_bytes = 1'000'000'000'000, .available_bytes = 100'000'000'000};
  EXPECT_EQ(disk_reserve_bytes(limits, big), 100'000'000'000u);
  EXPECT_FALSE(disk_is_full(limits, big));
  limits.full_percent = 100;
  EXPECT_EQ(disk_reserve_bytes(limits, big), uint64_t{1} << 30);
  const DiskSpace tiny{.total_bytes = 1'000'000, .available_bytes = 40'000};
  EXPECT_EQ(disk_reserve_bytes(limits, tiny), 50'000u);
  EXPECT_TRUE(disk_is_full(limits, tiny));
}

}  // namespace
}  // namespace petrel::store
