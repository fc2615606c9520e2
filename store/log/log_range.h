// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/types.h"

namespace petrel::store {

// Bytes of the log, kept alive by the slice. Copying shares.
class LogSlice {
 public:
  LogSlice() = default;
  LogSlice(std::shared_ptr<const void> owner, std::string_view bytes)
      : owner_(std::move(owner)), bytes_(bytes) {}
  std::string_view bytes() const { return bytes_; }
  // A part that keeps the same bytes alive.
  LogSlice part(size_t at, size_t size) const { return {owner_, bytes_.substr(at, size)}; }

 private:
  std::shared_ptr<const void> owner_;
  std::string_view bytes_;
};

// The bytes [from, to) of the log, as its files have them, in pieces one behind the other: whole
// records, and the filler of a segment where one ends.
struct LogRange {
  LogOffset from{0};
  LogOffset to{0};
  std::vector<LogSlice> slices;

  bool empty() const { return from == to; }
  // All of it in one piece: copies.
  std::string bytes() const {
    std::string all;
    for (const LogSlice& slice : slices) all += slice.bytes();
    return all;
  }
};

}  // namespace petrel::store
