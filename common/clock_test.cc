// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/clock.h"

#include <gtest/gtest.h>

namespace petrel {
namespace {

TEST(SystemClock, MonotonicTimeNeverGoesBackAndWallTimeIsThisCentury) {
  const SystemClock clock;
  const int64_t first_us = clock.mono_us();
  EXPECT_GE(clock.mono_us(), first_us);
  EXPECT_GT(clock.wall_ms(), 1'600'000'000'000);
}

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(5000);
  EXPECT_EQ(clock.wall_ms(), 5000);
  EXPECT_EQ(clock.mono_us(), 0);
  clock.advance_us(1500);
  clock.advance_ms(2);
  EXPECT_EQ(clock.mono_us(), 3500);
  EXPECT_EQ(clock.wall_ms(), 5003);
}

TEST(ManualClock, WallJumpLeavesMonotonicTimeAlone) {
  ManualClock clock(5000);
  clock.jump_wall_ms(-1000);
  EXPECT_EQ(clock.wall_ms(), 4000);
  EXPECT_EQ(clock.mono_us(), 0);
}

}  // namespace
}  // namespace petrel
