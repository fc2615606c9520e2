// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace petrel::oracle {

// What the runs of many seeds came to.
struct Totals {
  int64_t seeds = 0;
  std::map<std::string, int64_t> operations;  // by kind
  std::map<std::string, int64_t> faults;      // by kind
  int64_t restarts = 0;                       // lives that began after another one
  int64_t snapshots = 0;
  int64_t torn_decisions = 0;  // crashes that took a part of what one request decided
  int64_t messages_deleted = 0;
  int64_t dead_letters = 0;
  int64_t answers_checked = 0;
  int64_t deliveries_checked = 0;
  int64_t comparisons = 0;
  int64_t bytes_compared = 0;

  int64_t all_operations() const {
    int64_t sum = 0;
    for (const auto& [kind, count] : operations) {
      sum += count;
    }
    return sum;
  }
  // For people: several lines.
  std::string text() const;
};

}  // namespace petrel::oracle
