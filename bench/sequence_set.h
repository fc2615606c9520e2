// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace petrel::bench {

// A set of message numbers, one bit each: which messages of this run were acknowledged, which were
// received. Numbers are dense from 0; those at or above kLimit are not kept. Not thread-safe.
class SequenceSet {
 public:
  static constexpr uint64_t kLimit = uint64_t{1} << 30;  // 128 MiB of bits

  // False when the number was there already. A number that is not kept counts as new.
  bool insert(uint64_t number);
  void merge(const SequenceSet& other);

  uint64_t count() const;
  // How many of this set's numbers the other one lacks.
  uint64_t count_missing_in(const SequenceSet& other) const;

 private:
  std::vector<uint64_t> words_;
};

}  // namespace petrel::bench
