// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/retention/queue_expiry.h"

#include <algorithm>

#include "common/status.h"
#include "store/log/record.h"
#include "store/queue/queue_files.h"

namespace petrel::store {

absl::StatusOr<QueueExpiry::Found> QueueExpiry::find(QueueOffset from, QueueOffset end) const {
  QueueOffset low = from;
  QueueOffset high = end;
  Found found;
  while (low < high) {
    const QueueOffset middle = low + (high - low) / 2;
    PETREL_ASSIGN_OR_RETURN(const Age age, age_at(middle, end));
    if (age.expired) {
      low = middle + 1;
    } else {
      high = middle;
      found.oldest_ms = age.stored_ms;
    }
  }
  PETREL_ASSIGN_OR_RETURN(found.begin, proven(from, low));
  if (found.begin < low) found.oldest_ms = 0;
  if (found.begin > from) {
    PETREL_ASSIGN_OR_RETURN(const QueueEntry last, entry_at(found.begin - 1));
    found.gone = last.log_offset + 1;
  }
  if (found.begin < end) {
    PETREL_ASSIGN_OR_RETURN(const QueueEntry front, entry_at(found.begin));
    found.front = front.log_offset;
  }
  return found;
}

// What `begin` comes to when the last message before it must be known by its record to have
// expired. The search has trusted entries; with a wrong one it may have ended anywhere.
absl::StatusOr<QueueOffset> QueueExpiry::proven(QueueOffset from, QueueOffset begin) const {
  const QueueOffset least = std::max(from, begin - kEntriesWithoutTimeMax);
  for (QueueOffset at = begin; at > least; at = at - 1) {
    PETREL_ASSIGN_OR_RETURN(const QueueEntry entry, entry_at(at - 1));
    PETREL_ASSIGN_OR_RETURN(const std::optional<Age> age, age_by_record(at - 1, entry));
    if (age.has_value() && age->expired) return at;
  }
  return from;
}

absl::StatusOr<QueueEntry> QueueExpiry::entry_at(QueueOffset at) const {
  QueueEntry entry;
  PETREL_RETURN_IF_ERROR(read_queue_entries(disk_, queue_.directory, at, std::span(&entry, 1)));
  return entry;
}

absl::StatusOr<QueueExpiry::Age> QueueExpiry::age_at(QueueOffset at, QueueOffset end) const {
  end = std::min(end, at + kEntriesWithoutTimeMax);
  for (; at < end; ++at) {
    PETREL_ASSIGN_OR_RETURN(const QueueEntry entry, entry_at(at));
    PETREL_ASSIGN_OR_RETURN(const std::optional<Age> age, age_of(at, entry));
    if (age.has_value()) return *age;
  }
  return Age{};
}

absl::StatusOr<std::optional<QueueExpiry::Age>> QueueExpiry::age_of(QueueOffset at,
                                                                    const QueueEntry& entry) const {
  if (const std::optional<Age> age = age_by_segment(entry.log_offset)) return age;
  return age_by_record(at, entry);
}

absl::StatusOr<std::optional<QueueExpiry::Age>> QueueExpiry::age_by_record(
    QueueOffset at, const QueueEntry& entry) const {
  if (entry.is_hole()) return std::nullopt;
  const absl::StatusOr<LogSlice> slice = log_.read(entry.log_offset, entry.size);
  if (absl::IsOutOfRange(slice.status()) || absl::IsDataLoss(slice.status())) return std::nullopt;
  PETREL_RETURN_IF_ERROR(slice.status());
  PETREL_ASSIGN_OR_RETURN(const RecordView record,
                          decode_record(slice->bytes(), Verify::kStructure));
  if (record.topic != queue_.topic || record.queue_id != queue_.queue_id ||
      record.queue_offset != at) {
    return std::nullopt;
  }
  return Age{.expired = record.store_ms < before_ms_, .stored_ms = record.store_ms};
}

// As far as the first records of its segment and of the next one tell.
std::optional<QueueExpiry::Age> QueueExpiry::age_by_segment(LogOffset offset) const {
  const auto next =
      std::upper_bound(segments_.begin(), segments_.end(), offset,
                       [](LogOffset at, const LogSegment& segment) { return at < segment.start; });
  if (next == segments_.begin()) return Age{.expired = true};
  const bool next_tells = next != segments_.end() && next->first_ms != 0;
  if (next_tells && next->first_ms < before_ms_) return Age{.expired = true};
  const LogSegment& segment = *(next - 1);
  if (segment.first_ms < before_ms_) return std::nullopt;  // also when it does not tell
  return Age{.expired = false, .stored_ms = segment.first_ms};
}

}  // namespace petrel::store
