// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace petrel::bench {
namespace {

constexpr double kRelativeError = 1.0 / (1 << Histogram::kPrecisionBits);

int64_t exact_quantile(const std::vector<int64_t>& sorted, double quantile) {
  const auto rank = static_cast<size_t>(std::ceil(quantile * static_cast<double>(sorted.size())));
  return sorted[std::max<size_t>(rank, 1) - 1];
}

TEST(Histogram, QuantilesAreNeverBelowTheExactOnesAndWithinTheErrorBound) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> latency(11, 2.5);
  Histogram histogram;
  std::vector<int64_t> values;
  for (int i = 0; i < 200000; ++i) {
    values.push_back(static_cast<int64_t>(latency(random)));
    histogram.record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const int64_t exact = exact_quantile(values, q);
    const int64_t estimate = histogram.quantile(q);
    EXPECT_GE(estimate, exact) << q;
    EXPECT_LE(static_cast<double>(estimate), static_cast<double>(exact) * (1 + kRelativeError))
        << q;
  }
  EXPECT_EQ(histogram.min(), values.front());
  EXPECT_EQ(histogram.max(), values.back());
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (int64_t value = 0; value < 100; ++value) histogram.record(value);
  EXPECT_EQ(histogram.quantile(0.5), 49);
  EXPECT_EQ(histogram.quantile(0.99), 98);
  EXPECT_DOUBLE_EQ(histogram.mean(), 49.5);
}

TEST(Histogram, EveryBucketBoundaryKeepsTheErrorBound) {
  for (int bit = 0; bit < 62; ++bit) {
    for (int64_t delta : {-1, 0, 1}) {
      const int64_t value = std::max<int64_t>(0, (int64_t{1} << bit) + delta);
      Histogram histogram;
      histogram.record(value);
      histogram.record(std::numeric_limits<int64_t>::max());  // so that max does not hide rounding
      EXPECT_GE(histogram.quantile(0.5), value);
      EXPECT_LE(static_cast<double>(histogram.quantile(0.5) - value),
                static_cast<double>(value) * kRelativeError);
    }
  }
}

TEST(Histogram, NegativeValuesCountAsZeroAndTheLargestValueFits) {
  Histogram histogram;
  histogram.record(-5);
  histogram.record(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.quantile(0.5), 0);
  EXPECT_EQ(histogram.quantile(1), std::numeric_limits<int64_t>::max());
}

TEST(Histogram, MergingEqualsRecordingEverythingInOne) {
  Histogram left, right, both, empty;
  for (int64_t i = 1; i <= 1000; ++i) {
    (i % 3 == 0 ? left : right).record(i * 1001);
    both.record(i * 1001);
  }
  left.merge(right);
  left.merge(empty);
  empty.merge(left);
  for (const Histogram* merged : {&left, &empty}) {
    EXPECT_EQ(merged->count(), both.count());
    EXPECT_EQ(merged->min(), both.min());
    EXPECT_EQ(merged->max(), both.max());
    EXPECT_DOUBLE_EQ(merged->mean(), both.mean());
    EXPECT_EQ(merged->quantile(0.9), both.quantile(0.9));
  }
}

TEST(Histogram, AnEmptyOneAnswersZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.quantile(0.99), 0);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_DOUBLE_EQ(histogram.mean(), 0);
}

}  // namespace
}  // namespace petrel::bench
