// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace petrel {
namespace {

TEST(SeededRandom, SameSeedGivesSameNumbers) {
  SeededRandom a(1);
  SeededRandom b(1);
  SeededRandom c(2);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint64_t number = a.next();
    EXPECT_EQ(number, b.next());
    differs = differs || number != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(SeededRandom, BelowStaysInRangeAndReachesEveryValue) {
  SeededRandom random(7);
  std::array<int, 5> hits{};
  for (int i = 0; i < 5000; ++i) {
    ++hits.at(random.below(5));
  }
  for (const int count : hits) {
    EXPECT_NEAR(count, 1000, 200);
  }
  EXPECT_EQ(random.below(1), 0U);
}

TEST(SeededRandom, FractionIsInTheUnitInterval) {
  SeededRandom random(9);
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    const double fraction = random.fraction();
    ASSERT_GE(fraction, 0.0);
    ASSERT_LT(fraction, 1.0);
    sum += fraction;
  }
  EXPECT_NEAR(sum / 1000, 0.5, 0.05);
}

TEST(SystemRandom, GivesDistinctNumbersAcrossRefills) {
  SystemRandom random;
  std::set<uint64_t> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert(random.next());
  }
  EXPECT_EQ(seen.size(), 100U);
}

}  // namespace
}  // namespace petrel
