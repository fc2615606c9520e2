// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/log_item.h"

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "store/log/big_endian.h"
#include "store/log/record_layout.h"

namespace petrel::store {

absl::StatusOr<int64_t> item_bytes(const LogShape& shape, int64_t at, std::string_view bytes) {
  PETREL_CHECK_GE(at, 0);
  if (bytes.size() < kBlankHeaderBytes) return absl::OutOfRangeError("no record header");
  const int64_t left = shape.segment_end(at) - at;
  const auto total = load_big_endian<int32_t>(bytes.data() + layout::kTotalSize);
  const auto magic = load_big_endian<int32_t>(bytes.data() + layout::kMagic);
  if (magic == kMagicBlank) {
    if (total == left) return total;
    return absl::DataLossError(concat("a filler of ", total, " bytes at offset ", at, ", where ",
                                      left, " are left of a segment of ", shape.segment_bytes));
  }
  if (magic != kMagicV1 && magic != kMagicV2) {
    return absl::DataLossError(concat("no record at offset ", at, ": wrong magic"));
  }
  if (total < static_cast<int32_t>(layout::kRecordBytesMin) || total > shape.record_bytes_max ||
      total > left - static_cast<int64_t>(kBlankHeaderBytes)) {
    return absl::DataLossError(concat("no record at offset ", at, ": ", total, " bytes, where ",
                                      left, " are left of a segment and ", shape.record_bytes_max,
                                      " are allowed"));
  }
  return total;
}

absl::StatusOr<LogItem> read_item(const LogShape& shape, int64_t at, std::string_view bytes,
                                  Verify verify) {
  LogItem item;
  PETREL_ASSIGN_OR_RETURN(item.bytes, item_bytes(shape, at, bytes));
  if (static_cast<size_t>(item.bytes) > bytes.size()) {
    return absl::OutOfRangeError(concat("the record at offset ", at, " has ", item.bytes,
                                        " bytes, ", bytes.size(), " are here"));
  }
  item.is_blank = load_big_endian<int32_t>(bytes.data() + layout::kMagic) == kMagicBlank;
  if (item.is_blank) return item;
  absl::StatusOr<RecordView> record = decode_record(bytes, verify);
  if (!record.ok()) {
    return absl::DataLossError(concat("at offset ", at, ": ", record.status().message()));
  }
  if (record->log_offset.value() != at) {
    return absl::DataLossError(
        concat("at offset ", at, ": a record of offset ", record->log_offset.value()));
  }
  PETREL_CHECK_EQ(static_cast<int64_t>(record->bytes.size()), item.bytes);
  item.record = *record;
  return item;
}

}  // namespace petrel::store
