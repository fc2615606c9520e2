// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/log/record.h"
#include "store/log/segments.h"

namespace petrel::store {

// Reads a file front to back through a buffer.
class ReadWindow {
 public:
  explicit ReadWindow(size_t buffer_bytes) : buffer_(buffer_bytes) {}

  // The bytes of `segment` from log offset `at`: `size` of them, fewer where the file ends. Valid
  // until the next call.
  absl::StatusOr<std::string_view> at(const Segment& segment, int64_t at, size_t size);

 private:
  std::vector<char> buffer_;
  const Segment* segment_ = nullptr;
  uint64_t file_bytes_ = 0;
  int64_t start_ = 0;  // log offset of the buffer's first byte
  size_t filled_ = 0;
};

// What recovery reads from the log's files. Changes nothing.
class LogScan {
 public:
  LogScan(const Segments& segments, int64_t record_bytes_max);

  struct End {
    int64_t offset = 0;  // where the sound records end
    absl::Status why;    // what stands there instead of a record
  };
  // Visits the sound records of [from, to) in log order. The visitor's error ends it.
  absl::StatusOr<End> visit_records(int64_t from, int64_t to,
                                    absl::FunctionRef<absl::Status(const RecordView&)> visit,
                                    Verify verify = Verify::kChecksums);

  // The next sound record behind `at`: the one that what stands at `at` says to be next, else the
  // first at whatever byte it begins. The order matters, as a message's body may hold what looks
  // like a record.
  absl::StatusOr<std::optional<int64_t>> find_record_behind(int64_t at);

  // What stands at `begin` if its fields fit together and fill [begin, end), its checksums aside.
  // Valid until the next call.
  absl::StatusOr<std::optional<RecordView>> unverified_record_at(int64_t begin, int64_t end);

  // Whether a byte from `at` on is other than zero.
  absl::StatusOr<bool> has_bytes_behind(int64_t at);

 private:
  // The record at `at`: DataLoss if there is none, other errors if reading failed.
  absl::StatusOr<RecordView> record_at(ReadWindow& window, const Segment& segment, int64_t at,
                                       Verify verify = Verify::kChecksums);
  absl::StatusOr<std::optional<int64_t>> record_named_by(int64_t at);
  absl::StatusOr<bool> is_blank_to_end(const Segment& segment, int64_t at);
  // Hands over what may not be zero in the segment from `from` on, piece by piece, with the log
  // offset of each, until `read` says that it is enough.
  absl::Status read_data_behind(
      const Segment& segment, int64_t from,
      absl::FunctionRef<absl::StatusOr<bool>(int64_t, std::string_view)> read);
  absl::StatusOr<std::optional<int64_t>> find_record_in(const Segment& segment, int64_t from);
  absl::StatusOr<bool> has_bytes_in(const Segment& segment, int64_t from);
  int64_t end_of(const Segment& segment) const { return segment.start + segments_.segment_bytes(); }

  const Segments& segments_;
  const int64_t record_bytes_max_;
  ReadWindow records_;
  ReadWindow candidates_;
};

}  // namespace petrel::store
