// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/log/commit_log.h"
#include "store/queue/consume_queue.h"
#include "store/types.h"

namespace petrel::store {

// Where a queue begins when what was stored before `before_ms` is no longer wanted, though the log
// still has it: a binary search over the queue's entries, which asks the records for their store
// time. Only where two neighbouring segments leave it open: mostly within one segment.
//
// Store times follow the broker's clock. Where it was set back they are in no order; then the
// search ends at one of the places where the time is passed.
// An entry that does not lead to its message (a hole, damage) has no time and goes with the next
// one that does; in a run of more than 32 of them the search may end early, and finds the rest
// later. The last message that goes is held against its record, so that a wrong entry hides none.
//
// Reads files and maybe large records; for executor threads. Nothing is changed.
class QueueExpiry {
 public:
  // Neighbours that are asked for a message whose record is gone.
  static constexpr int64_t kEntriesWithoutTimeMax = 32;

  struct Queue {
    std::string topic;
    int32_t queue_id = 0;
    std::string directory;  // of its files
  };
  // `segments` of the log, oldest first.
  QueueExpiry(Disk& disk, const CommitLog& log, std::span<const LogSegment> segments, Queue queue,
              int64_t before_ms)
      : disk_(disk),
        log_(log),
        segments_(segments),
        queue_(std::move(queue)),
        before_ms_(before_ms) {}

  struct Found {
    QueueOffset begin{0};   // of what stays; `end` if nothing does
    int64_t oldest_ms = 0;  // the message there was stored then or later; 0: not known
    LogOffset gone{0};      // entries below `begin` are of records below; 0: there are none
    std::optional<LogOffset> front;  // of the record at `begin`, if that is below `end`
  };
  // Of the entries [from, end), which are on disk. DataLoss when one of them cannot be read.
  absl::StatusOr<Found> find(QueueOffset from, QueueOffset end) const;

  // How one message is to be judged; none: it has no time.
  struct Age {
    bool expired = false;
    int64_t stored_ms = 0;  // or later; of one that is not expired
  };
  absl::StatusOr<std::optional<Age>> age_of(QueueOffset at, const QueueEntry& entry) const;

 private:
  absl::StatusOr<QueueEntry> entry_at(QueueOffset at) const;
  absl::StatusOr<Age> age_at(QueueOffset at, QueueOffset end) const;
  std::optional<Age> age_by_segment(LogOffset offset) const;
  absl::StatusOr<std::optional<Age>> age_by_record(QueueOffset at, const QueueEntry& entry) const;
  absl::StatusOr<QueueOffset> proven(QueueOffset from, QueueOffset begin) const;

  Disk& disk_;
  const CommitLog& log_;
  const std::span<const LogSegment> segments_;
  const Queue queue_;
  const int64_t before_ms_;
};

}  // namespace petrel::store
