// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/backoff.h"

#include <gtest/gtest.h>

#include "operator/kubernetes/testing/largest_random.h"

namespace petrel::k8s {
namespace {

TEST(Backoff, DoublesFromEightHundredMillisecondsToThirtySeconds) {
  testing::LargestRandom random;
  Backoff backoff(random);
  for (const int64_t expected_ms : {800, 1'600, 3'200, 6'400, 12'800, 25'600, 30'000, 30'000}) {
    EXPECT_EQ(backoff.next_wait_ms(0), expected_ms);
  }
}

TEST(Backoff, TwoMinutesOfHealthForgetFailures) {
  testing::LargestRandom random;
  Backoff backoff(random);
  backoff.next_wait_ms(0);
  EXPECT_EQ(backoff.next_wait_ms(119'000'000), 1'600);
  EXPECT_EQ(backoff.next_wait_ms(119'000'000 + 120'000'001), 800);
}

TEST(Backoff, WaitsAreSpreadOverTheWholeTime) {
  SeededRandom random(1);
  int early = 0;
  for (int i = 0; i < 1000; ++i) {
    Backoff backoff(random);
    const int64_t wait_ms = backoff.next_wait_ms(0);
    ASSERT_GE(wait_ms, 1);
    ASSERT_LE(wait_ms, 800);
    early += wait_ms <= 400 ? 1 : 0;
  }
  EXPECT_NEAR(early, 500, 100);
}

}  // namespace
}  // namespace petrel::k8s
