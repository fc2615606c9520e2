// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "store/log/record.h"

namespace petrel::store {

// What limits where records stand.
struct LogShape {
  int64_t segment_bytes = 0;
  int64_t record_bytes_max = 0;

  int64_t segment_end(int64_t offset) const { return (offset / segment_bytes + 1) * segment_bytes; }
};

// One of the two things that a log is made of: a record, or the blank record (filler) that ends a
// segment.
struct LogItem {
  int64_t bytes = 0;
  bool is_blank = false;
  RecordView record;  // unless it is blank
};

// How many bytes the item at log offset `at` has, from its first bytes. DataLoss when no record or
// filler can stand there (I-2: it ends in its segment, with room for a filler, or is one that ends
// with it); OutOfRange when `bytes` has less than the header.
absl::StatusOr<int64_t> item_bytes(const LogShape& shape, int64_t at, std::string_view bytes);

// The item at log offset `at`, which `bytes` begins with. DataLoss as above, when the record is not
// sound, or when it says that it belongs elsewhere; OutOfRange when `bytes` ends inside.
absl::StatusOr<LogItem> read_item(const LogShape& shape, int64_t at, std::string_view bytes,
                                  Verify verify);

}  // namespace petrel::store
