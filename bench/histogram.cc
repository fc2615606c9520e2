// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace petrel::bench {
namespace {

constexpr int kBits = Histogram::kPrecisionBits;
constexpr uint64_t kSubBuckets = uint64_t{1} << kBits;
// Values are below 2^63: one exact group, then one group per further power of two.
constexpr size_t kBucketCount = (63 - kBits + 1) * kSubBuckets;

size_t bucket_of(uint64_t value) {
  if (value < kSubBuckets) return value;
  const uint64_t shift = static_cast<uint64_t>(std::bit_width(value)) - 1 - kBits;
  return shift * kSubBuckets + (value >> shift);
}

uint64_t bucket_end(size_t bucket) {
  if (bucket < 2 * kSubBuckets) return bucket;
  const uint64_t shift = bucket / kSubBuckets - 1;
  const uint64_t lead = bucket - shift * kSubBuckets;
  return ((lead + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : buckets_(kBucketCount, 0) {}

void Histogram::record(int64_t value) {
  value = std::max<int64_t>(value, 0);
  ++buckets_[bucket_of(static_cast<uint64_t>(value))];
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
  ++count_;
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  for (size_t i = 0; i < kBucketCount; ++i) buckets_[i] += other.buckets_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
  count_ += other.count_;
}

double Histogram::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

int64_t Histogram::quantile(double quantile) const {
  if (count_ == 0) return 0;
  const double rank = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_));
  const uint64_t wanted = std::max<uint64_t>(1, static_cast<uint64_t>(rank));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBucketCount; ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(max_, static_cast<int64_t>(bucket_end(i)));
  }
  return max_;
}

}  // namespace petrel::bench
