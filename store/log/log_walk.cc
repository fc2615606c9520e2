// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/log_walk.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/concat.h"
#include "common/status.h"

namespace petrel::store {

absl::StatusOr<LogScan::End> LogWalk::visit(
    int64_t from, int64_t to, int64_t promised,
    absl::FunctionRef<absl::Status(const RecordView&)> visit) {
  int64_t at = from;
  while (true) {
    PETREL_ASSIGN_OR_RETURN(LogScan::End end, scan_.visit_records(at, to, visit));
    if (end.offset >= std::min(to, promised)) return end;
    PETREL_ASSIGN_OR_RETURN(const std::optional<int64_t> next,
                            scan_.find_record_behind(end.offset));
    if (!next.has_value() || *next >= to) return end;
    PETREL_RETURN_IF_ERROR(note(end.offset, *next, end.why));
    at = *next;
  }
}

absl::Status LogWalk::note(int64_t begin, int64_t end, const absl::Status& why) {
  const std::shared_ptr<Segment> segment = segments_.find(begin);
  DamagedRange range{.begin = LogOffset(begin),
                     .end = LogOffset(end),
                     .file = segment == nullptr ? "the log" : segment->path,
                     .why = concat(why.message()),
                     .record = {}};
  PETREL_ASSIGN_OR_RETURN(const std::optional<RecordView> record,
                          scan_.unverified_record_at(begin, end));
  if (record.has_value()) {
    range.record = DamagedRange::Record{.topic = std::string(record->topic),
                                        .queue_id = record->queue_id,
                                        .queue_offset = record->queue_offset};
  }
  damage_.add(range);
  return absl::OkStatus();
}

absl::StatusOr<bool> LogWalk::is_sound(int64_t begin, int64_t end) {
  PETREL_ASSIGN_OR_RETURN(
      const LogScan::End found,
      scan_.visit_records(begin, end, [](const RecordView&) { return absl::OkStatus(); }));
  return found.offset == end;
}

}  // namespace petrel::store
