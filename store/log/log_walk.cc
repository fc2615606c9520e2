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
    absl::FunctionRef<absl::Status(const RecordView&)> visit, Verify verify) {
  if (verify == Verify::kStructure) return visit_verified(from, to, visit);
  return visit_all(from, to, promised, visit, verify);
}

// A known range may have sound records in it: the list joins ranges when it gets long.
absl::StatusOr<LogScan::End> LogWalk::visit_verified(
    int64_t from, int64_t to, absl::FunctionRef<absl::Status(const RecordView&)> visit) {
  LogScan::End end{.offset = from, .why = absl::OkStatus()};
  const auto visit_up_to = [&](int64_t up_to, Verify verify) -> absl::Status {
    if (end.offset >= up_to) return absl::OkStatus();
    PETREL_ASSIGN_OR_RETURN(end, visit_all(end.offset, up_to, /*promised=*/up_to, visit, verify));
    if (end.offset >= up_to || up_to == to) return absl::OkStatus();
    // No sound record follows before that; one stands there.
    PETREL_RETURN_IF_ERROR(note(end.offset, up_to, end.why));
    end = {.offset = up_to, .why = absl::OkStatus()};
    return absl::OkStatus();
  };
  for (const DamagedRange& range : damage_.ranges()) {
    if (range.end.value() <= from) continue;
    if (range.begin.value() >= to) break;
    PETREL_RETURN_IF_ERROR(visit_up_to(range.begin.value(), Verify::kStructure));
    PETREL_RETURN_IF_ERROR(visit_up_to(std::min(range.end.value(), to), Verify::kChecksums));
  }
  PETREL_RETURN_IF_ERROR(visit_up_to(to, Verify::kStructure));
  return end;
}

absl::StatusOr<LogScan::End> LogWalk::visit_all(
    int64_t from, int64_t to, int64_t promised,
    absl::FunctionRef<absl::Status(const RecordView&)> visit, Verify verify) {
  int64_t at = from;
  while (true) {
    PETREL_ASSIGN_OR_RETURN(LogScan::End end, scan_.visit_records(at, to, visit, verify));
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
