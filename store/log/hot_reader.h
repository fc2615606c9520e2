// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "store/log/commit_log.h"
#include "store/log/log_range.h"
#include "store/types.h"

namespace petrel::store {

// Records of the log that are in memory, one after the other: those that lie in one block are
// looked for once. Keeps the last block alive. One thread.
class HotReader {
 public:
  explicit HotReader(const CommitLog& log) : log_(log) {}  // outlives it

  // The record's bytes, or none if they are not in memory.
  std::optional<LogSlice> read(LogOffset offset, int32_t size) {
    if (const auto known = of_last(offset, size)) return known;
    if (auto found = log_.read_hot_from(offset)) {
      from_ = offset;
      last_ = *std::move(found);
    }
    return of_last(offset, size);
  }

 private:
  std::optional<LogSlice> of_last(LogOffset offset, int32_t size) const {
    const int64_t at = offset - from_;
    const auto bytes = static_cast<int64_t>(last_.bytes().size());
    if (size <= 0 || at < 0 || at > bytes - size) return std::nullopt;
    return last_.part(static_cast<size_t>(at), static_cast<size_t>(size));
  }

  const CommitLog& log_;
  LogOffset from_{0};
  LogSlice last_;
};

}  // namespace petrel::store
