// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/log/damage_list.h"
#include "store/log/log_blocks.h"
#include "store/log/log_item.h"
#include "store/log/log_range.h"
#include "store/log/record.h"
#include "store/log/segments.h"
#include "store/types.h"

namespace petrel::store {

// I-1: synced <= written <= end. None goes back but by a truncation.
struct LogPositions {
  std::atomic<int64_t> end{0};  // moved by the core thread
  std::atomic<int64_t> written{0};
  std::atomic<int64_t> synced{0};
};

// Reads the log from memory, where it still is, or from the files. What was encoded or verified
// here and never left memory is taken as it is; what comes from a file is verified. Any thread.
// CommitLog says what each function does.
class LogReader {
 public:
  LogReader(const LogShape& shape, const Segments& segments, const LogBlocks& blocks,
            DamageList& damage, const LogPositions& positions)
      : shape_(shape),
        segments_(segments),
        blocks_(blocks),
        damage_(damage),
        positions_(positions) {}

  std::optional<LogSlice> read_hot(LogOffset offset, int32_t size) const;
  std::optional<LogSlice> read_hot_from(LogOffset offset) const;
  absl::StatusOr<LogSlice> read(LogOffset offset, int32_t size) const;
  absl::StatusOr<LogSlice> read_record(LogOffset offset) const;
  absl::StatusOr<LogRange> read_range(LogOffset from, int64_t bytes_max, LogOffset upto) const;
  absl::Status visit(LogOffset from, LogOffset to,
                     absl::FunctionRef<absl::Status(const RecordView&)> visit, Verify verify) const;

  // InvalidArgument unless a record ends or begins at `offset`, which is in the log.
  absl::Status check_boundary(LogOffset offset) const;

 private:
  // `slice` of memory, or a copy where memory may not be lent.
  LogSlice lend_or_copy(LogSlice slice) const;
  absl::StatusOr<LogSlice> read_file(LogOffset offset, int32_t size) const;
  absl::StatusOr<LogSlice> read_bytes(const Segment& segment, int64_t at, int64_t size) const;
  absl::Status unsound(LogOffset offset, std::string_view bytes, std::string why) const;
  absl::StatusOr<LogRange> hot_range(LogOffset from, int64_t bytes_max, int64_t limit) const;
  absl::StatusOr<LogRange> cold_range(LogOffset from, int64_t bytes_max, int64_t limit) const;
  absl::Status no_range_at(LogOffset from, const absl::Status& why) const;

  const LogShape shape_;
  const Segments& segments_;
  const LogBlocks& blocks_;
  DamageList& damage_;
  const LogPositions& positions_;
};

}  // namespace petrel::store
