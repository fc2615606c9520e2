// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "common/concat.h"
#include "store/log/big_endian.h"

// Where things lie in a snapshot (snapshot_file.h), for what writes and reads one.
namespace petrel::store::snapshot_layout {

inline constexpr std::string_view kMagic = "PTRLSNAP";
inline constexpr int32_t kVersion = 3;
// Above it the number is damage, not that of a later version.
inline constexpr int32_t kVersionMax = 255;
inline constexpr size_t kVersionAt = 8;
inline constexpr size_t kCrcAt = 12;
inline constexpr size_t kCheckedFrom = 16;  // of the header
inline constexpr size_t kStoreIdAt = 40;
inline constexpr size_t kHeaderBytes = 80;
inline constexpr size_t kPieceHeaderBytes = 12;
inline constexpr size_t kPieceCrcAt = 8;
inline constexpr size_t kQueueBytes = 4 + 6 * 8;
inline constexpr size_t kTopicBytesMin = 2 + 4;

enum class Kind : int32_t { kQueues = 1, kState = 2, kEnd = 3 };

inline absl::Status damaged(std::string_view what) {
  return absl::DataLossError(concat("not a sound snapshot: ", what));
}

// Takes values from the front; once one does not fit, all that follow fail too.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <std::integral T>
  T take() {
    if (rest_.size() < sizeof(T)) return fail(), T{0};
    const T value = load_big_endian<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  std::string_view take_bytes(uint64_t size) {
    if (rest_.size() < size) return fail(), std::string_view();
    const std::string_view bytes = rest_.substr(0, static_cast<size_t>(size));
    rest_.remove_prefix(bytes.size());
    return bytes;
  }
  // A count of items that have at least `item_bytes` each.
  size_t take_count(size_t item_bytes) {
    const auto count = take<int32_t>();
    if (count < 0 || static_cast<size_t>(count) > rest_.size() / item_bytes) return fail(), 0;
    return static_cast<size_t>(count);
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace petrel::store::snapshot_layout
