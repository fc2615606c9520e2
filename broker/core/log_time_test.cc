// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/log_time.h"

#include "gtest/gtest.h"

namespace petrel::core {
namespace {

constexpr int64_t kStart = 1'700'000'000'000;
constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kDayMs = 86'400'000;

class LogTimeTest : public ::testing::Test {
 protected:
  int64_t now_ms() { return time_.now().log_ms - kStart; }
  // In steps, as turns come.
  int64_t after_ms(int64_t duration_ms) {
    for (int64_t gone = 0; gone < duration_ms; gone += 10) {
      const int64_t before_ms = now_ms();
      clock_.advance_ms(10);
      EXPECT_LE(before_ms, now_ms());
    }
    return now_ms();
  }

  ManualClock clock_{kStart};
  LogTime time_{clock_};
};

TEST_F(LogTimeTest, FollowsTheWallClockThatRunsEvenly) {
  EXPECT_EQ(now_ms(), 0);
  EXPECT_EQ(after_ms(kMinuteMs), kMinuteMs);
  clock_.advance_ms(kDayMs);
  EXPECT_EQ(now_ms(), kMinuteMs + kDayMs);
  EXPECT_EQ(time_.now().mono_us, clock_.mono_us());
  EXPECT_TRUE(time_.agrees());
}

TEST_F(LogTimeTest, AClockThatIsDaysAheadForAMinuteAddsSeconds) {
  clock_.jump_wall_ms(3 * kDayMs);
  EXPECT_EQ(now_ms(), 0);
  EXPECT_FALSE(time_.agrees());
  EXPECT_EQ(time_.wall_ahead_ms(), 3 * kDayMs);
  EXPECT_EQ(after_ms(kMinuteMs), kMinuteMs + kMinuteMs / 10);
  clock_.jump_wall_ms(-3 * kDayMs);
  EXPECT_EQ(now_ms(), kMinuteMs + kMinuteMs / 10) << "it does not go back";
  EXPECT_FALSE(time_.agrees());
  EXPECT_EQ(after_ms(kMinuteMs), 2 * kMinuteMs);
  EXPECT_TRUE(time_.agrees());
  EXPECT_EQ(time_.wall_ahead_ms(), 0);
}

TEST_F(LogTimeTest, AClockThatStepsBackSlowsItDown) {
  EXPECT_EQ(after_ms(kMinuteMs), kMinuteMs);
  clock_.jump_wall_ms(-10'000);
  EXPECT_EQ(after_ms(50'000), kMinuteMs + 45'000);
  EXPECT_EQ(after_ms(50'000), kMinuteMs + 90'000);
  EXPECT_EQ(time_.wall_ahead_ms(), 0);
}

TEST_F(LogTimeTest, SmallCorrectionsAreNoDisagreement) {
  for (int i = 0; i < 20; ++i) {
    clock_.jump_wall_ms(i % 2 == 0 ? 400 : -400);
    after_ms(100);
    EXPECT_TRUE(time_.agrees());
  }
}

TEST_F(LogTimeTest, GoesOnWhereTheLogEnds) {
  time_.continue_from(kStart + kDayMs);
  EXPECT_EQ(now_ms(), kDayMs);
  EXPECT_FALSE(time_.agrees());
  time_.continue_from(kStart);
  time_.continue_from(INT64_MAX);
  EXPECT_EQ(now_ms(), kDayMs);
  EXPECT_EQ(after_ms(10'000), kDayMs + 9'000);
}

}  // namespace
}  // namespace petrel::core
