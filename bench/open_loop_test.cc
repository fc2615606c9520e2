// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/open_loop.h"

#include <gtest/gtest.h>

namespace petrel::bench {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

OpenLoop ten_per_second(uint64_t backlog_max = 1000) {
  return OpenLoop({.requests_per_s = 10,
                   .start_ns = kSecond,
                   .end_ns = 2 * kSecond,
                   .backlog_max = backlog_max});
}

TEST(OpenLoop, NothingIsDueBeforeItsIntendedTime) {
  OpenLoop loop = ten_per_second();
  EXPECT_EQ(loop.take(0), std::nullopt);
  EXPECT_EQ(loop.take(kSecond - 1), std::nullopt);
  EXPECT_EQ(loop.next_ns(), kSecond);
  EXPECT_EQ(loop.take(kSecond), kSecond);
  EXPECT_EQ(loop.take(kSecond), std::nullopt);
  EXPECT_EQ(loop.next_ns(), kSecond + kSecond / 10);
}

TEST(OpenLoop, AfterAStallEveryMissedArrivalKeepsItsIntendedTime) {
  OpenLoop loop = ten_per_second();
  const int64_t late = kSecond + kSecond / 2;
  for (int i = 0; i <= 5; ++i) EXPECT_EQ(loop.take(late), kSecond + i * kSecond / 10);
  EXPECT_EQ(loop.take(late), std::nullopt);
  EXPECT_EQ(loop.backlog_peak(), 6U);
  EXPECT_EQ(loop.given_up(), 0U);
}

TEST(OpenLoop, NoArrivalsAtOrAfterTheEnd) {
  OpenLoop loop = ten_per_second();
  int taken = 0;
  while (loop.take(100 * kSecond)) ++taken;
  EXPECT_EQ(taken, 10);
  EXPECT_EQ(loop.next_ns(), std::nullopt);
  EXPECT_EQ(loop.taken(), 10U);
}

TEST(OpenLoop, BeyondTheBoundTheOldestArrivalsAreGivenUpAndCounted) {
  OpenLoop loop = ten_per_second(/*backlog_max=*/3);
  const int64_t late = kSecond + kSecond / 2;
  EXPECT_EQ(loop.take(late), kSecond + 3 * kSecond / 10);
  EXPECT_EQ(loop.given_up(), 3U);
  EXPECT_EQ(loop.backlog_peak(), 3U);
  EXPECT_EQ(loop.taken(), 1U);
}

TEST(OpenLoop, AnIntervalThatIsNoWholeNumberOfNanosecondsDoesNotDrift) {
  OpenLoop loop(
      {.requests_per_s = 70'000, .start_ns = 0, .end_ns = 10 * kSecond, .backlog_max = 1'000'000});
  uint64_t taken = 0;
  int64_t last = 0;
  for (int64_t now = 0; now <= 10 * kSecond; now += 333'333) {
    while (auto intended = loop.take(now)) {
      EXPECT_LE(*intended, now);
      last = *intended;
      ++taken;
    }
  }
  while (auto intended = loop.take(11 * kSecond)) {
    last = *intended;
    ++taken;
  }
  EXPECT_EQ(taken, 700'000U);
  EXPECT_LT(last, 10 * kSecond);
}

}  // namespace
}  // namespace petrel::bench
