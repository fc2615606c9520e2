// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/sequence_set.h"

#include <algorithm>
#include <bit>

namespace petrel::bench {

bool SequenceSet::insert(uint64_t number) {
  if (number >= kLimit) return true;
  const size_t word = number / 64;
  const uint64_t bit = uint64_t{1} << (number % 64);
  if (word >= words_.size()) words_.resize(std::max(word + 1, words_.size() * 2));
  const bool is_new = (words_[word] & bit) == 0;
  words_[word] |= bit;
  return is_new;
}

void SequenceSet::merge(const SequenceSet& other) {
  words_.resize(std::max(words_.size(), other.words_.size()));
  for (size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
}

uint64_t SequenceSet::count() const { return count_missing_in(SequenceSet()); }

uint64_t SequenceSet::count_missing_in(const SequenceSet& other) const {
  uint64_t missing = 0;
  for (size_t i = 0; i < words_.size(); ++i) {
    const uint64_t theirs = i < other.words_.size() ? other.words_[i] : 0;
    missing += static_cast<uint64_t>(std::popcount(words_[i] & ~theirs));
  }
  return missing;
}

}  // namespace petrel::bench
