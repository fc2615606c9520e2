// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/totals.h"

#include "common/concat.h"

namespace petrel::oracle {
namespace {

std::string listed(const std::map<std::string, int64_t>& counts) {
  std::string text;
  for (const auto& [kind, count] : counts) {
    text += concat(text.empty() ? "" : ", ", kind, " ", count);
  }
  return text;
}

}  // namespace

std::string Totals::text() const {
  return concat(seeds, " seeds, ", all_operations(), " operations: ", listed(operations), "\n",
                restarts, " restarts, of which ", torn_decisions,
                " left a part of a decision; faults: ", listed(faults), "\n", comparisons,
                " comparisons with the shadow, ", bytes_compared, " bytes, over ", snapshots,
                " snapshots; ", messages_deleted, " messages deleted, ", dead_letters,
                " given up; ", answers_checked, " answers checked, of which ", deliveries_checked,
                " deliveries\n");
}

}  // namespace petrel::oracle
