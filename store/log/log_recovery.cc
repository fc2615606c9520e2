// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/log_recovery.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

constexpr int64_t kRewriteStepBytes = 64 << 10;

absl::Status visit_nothing(const RecordView&) { return absl::OkStatus(); }

absl::Status ends_before(int64_t end, int64_t from) {
  return absl::DataLossError(
      concat("the log ends at ", end, ", before offset ", from, " up to which it was durable"));
}

}  // namespace

absl::StatusOr<int64_t> LogRecovery::run(int64_t from) {
  // A mark before `from` tells that the log was cut back: whether it reaches `from` is to be seen.
  const int64_t start = std::max(std::min(from, mark_.known().value_or(from)), segments_.begin());
  if (from > segments_.end()) return ends_before(segments_.end(), from);
  PETREL_RETURN_IF_ERROR(check_known_damage());
  // Without a mark a sound record is all that tells damage from a torn tail.
  const int64_t promised = mark_.known().value_or(std::numeric_limits<int64_t>::max());
  PETREL_ASSIGN_OR_RETURN(const LogScan::End end,
                          walk_.visit(start, segments_.end(), promised, visit_nothing));
  PETREL_RETURN_IF_ERROR(check_promised(end));
  if (end.offset < from) return ends_before(end.offset, from);
  damage_.forget_from(LogOffset(end.offset));
  PETREL_ASSIGN_OR_RETURN(const bool torn, walk_.scan().has_bytes_behind(end.offset));
  if (torn) PETREL_RETURN_IF_ERROR(cut_behind(end));
  PETREL_RETURN_IF_ERROR(make_room_at(end.offset));
  PETREL_RETURN_IF_ERROR(rewrite(mark_.known().value_or(end.offset), end.offset));
  // Also files that a killed process had just made: one behind them must not outlive them.
  PETREL_RETURN_IF_ERROR(segments_.sync(start, segments_.end()));
  PETREL_RETURN_IF_ERROR(mark_.write(end.offset, mark_.known_required()));
  PETREL_RETURN_IF_ERROR(mark_.sync());
  return end.offset;
}

// Somebody may have restored the file since; retention may have removed it.
absl::Status LogRecovery::check_known_damage() {
  std::set<LogOffset> gone;
  for (const DamagedRange& range : damage_.ranges()) {
    const bool removed = range.end.value() <= segments_.begin();
    PETREL_ASSIGN_OR_RETURN(
        const bool sound, removed ? true : walk_.is_sound(range.begin.value(), range.end.value()));
    if (!sound) continue;
    gone.insert(range.begin);
    if (removed) continue;
    kLog.info("what was damaged in the log is sound again",
              {{"file", range.file}, {"offset", range.begin.value()}, {"bytes", range.bytes()}});
  }
  damage_.remove_if([&](const DamagedRange& range) { return gone.contains(range.begin); });
  return absl::OkStatus();
}

// Power loss may take any part of what was not synced, also from the midst of it; it does not touch
// what was. Here no sound record follows, so nobody can say where the log should go on.
absl::Status LogRecovery::check_promised(const LogScan::End& end) const {
  if (!mark_.known().has_value() || end.offset >= *mark_.known()) return absl::OkStatus();
  const std::shared_ptr<Segment> segment = segments_.find(end.offset);
  return absl::DataLossError(
      concat(segment == nullptr ? "the log" : segment->path, " is damaged at offset ", end.offset,
             " (", end.why.ok() ? "it ends" : end.why.message(), "), but was synced up to offset ",
             *mark_.known(),
             ", and no sound record follows; `petrelctl store repair` tells what can be", " done"));
}

absl::Status LogRecovery::cut_behind(const LogScan::End& end) {
  const std::shared_ptr<Segment> segment = segments_.find(end.offset);
  kLog.warn(
      "a torn tail is cut off",
      {{"file", segment->path}, {"offset", end.offset}, {"found", concat(end.why.message())}});
  return segments_.cut_behind(end.offset);
}

// The segment that holds `end` exists in full size, even if a crash came while it was made, and so
// does the one before: what only lacks a part of its filler is not the last file any more then. A
// full disk does not keep a log from being read.
absl::Status LogRecovery::make_room_at(int64_t end) {
  if (!segments_.empty()) PETREL_RETURN_IF_ERROR(make_last_whole());
  if (end < segments_.end()) return absl::OkStatus();
  absl::Status added = segments_.add();
  if (segments_.empty() || !absl::IsResourceExhausted(added)) return added;
  kLog.error("cannot make the next log file", {{"error", concat(added.message())}});
  return absl::OkStatus();
}

absl::Status LogRecovery::make_last_whole() {
  const std::shared_ptr<Segment> last = segments_.find(segments_.end() - 1);
  const auto full = static_cast<uint64_t>(segments_.segment_bytes());
  PETREL_ASSIGN_OR_RETURN(const uint64_t size, last->file->size());
  if (size == full) return absl::OkStatus();
  if (size > full) {
    return absl::FailedPreconditionError(
        concat(last->path, " has ", size, " bytes, more than the ", full, " of a segment"));
  }
  PETREL_RETURN_IF_ERROR(last->file->allocate(0, full));
  return last->file->sync();
}

// What no sync of an earlier process is known to have covered. If one failed, the kernel serves
// these bytes from memory and takes them for clean although the disk does not have them: a sync
// writes only what was written since.
absl::Status LogRecovery::rewrite(int64_t from, int64_t to) const {
  std::vector<char> buffer(static_cast<size_t>(kRewriteStepBytes));
  for (int64_t at = std::max(from, segments_.begin()); at < to;) {
    const std::shared_ptr<Segment> segment = segments_.find(at);
    const int64_t segment_end = segment->start + segments_.segment_bytes();
    const int64_t size = std::min({to - at, segment_end - at, kRewriteStepBytes});
    const auto position = static_cast<uint64_t>(at - segment->start);
    const std::span<char> bytes = std::span(buffer).first(static_cast<size_t>(size));
    PETREL_RETURN_IF_ERROR(segment->file->read(position, bytes));
    const iovec part = {.iov_base = bytes.data(), .iov_len = bytes.size()};
    PETREL_RETURN_IF_ERROR(segment->file->write(position, std::span(&part, 1)));
    at += size;
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
