// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace petrel::bench {

// A histogram of non-negative 64-bit values (here: nanoseconds) with logarithmic buckets.
//
// Every power of two is cut into 2^kPrecisionBits equal buckets, so a quantile is at most
// 1 / 2^kPrecisionBits (0.8 %) above the exact one and never below it; values under
// 2^kPrecisionBits, the minimum, the maximum and the mean are exact. A fixed 58 KiB, no allocation
// in record(). One owner thread; histograms of several threads are merged when those have ended.
class Histogram {
 public:
  static constexpr int kPrecisionBits = 7;

  Histogram();

  // Negative values count as 0.
  void record(int64_t value);
  void merge(const Histogram& other);

  uint64_t count() const { return count_; }
  int64_t min() const { return count_ == 0 ? 0 : min_; }
  int64_t max() const { return max_; }
  double mean() const;

  // The smallest recorded value (rounded up to the end of its bucket) that at least
  // quantile * count() values do not exceed. 0 when empty; quantile is in [0, 1].
  int64_t quantile(double quantile) const;

 private:
  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  double sum_ = 0;
  int64_t min_ = 0;
  int64_t max_ = 0;
};

}  // namespace petrel::bench
