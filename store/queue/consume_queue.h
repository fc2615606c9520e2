// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/types.h"

namespace petrel::store {

// One message of a queue. On disk 20 bytes, big-endian: log offset i64, record size i32, tagsCode
// i64.
struct QueueEntry {
  LogOffset log_offset{0};
  int32_t size = 0;
  int64_t tags_code = 0;

  // The place of a message that damage to the log took: it keeps the offsets of those behind it.
  // The size is that of RocketMQ's entries without a message, which its readers step over.
  static QueueEntry hole(LogOffset at) { return {.log_offset = at, .size = kHoleSize}; }
  bool is_hole() const { return size == kHoleSize; }
  // Behind the record.
  LogOffset end() const { return is_hole() ? log_offset : log_offset + size; }
  friend bool operator==(const QueueEntry&, const QueueEntry&) = default;

 private:
  static constexpr int32_t kHoleSize = std::numeric_limits<int32_t>::max();
};
inline constexpr int64_t kQueueEntryBytes = 20;
inline constexpr int64_t kQueueFileEntries = 300'000;

// What the shown messages of a queue come to; zeros without one. Where messages are gone the oldest
// time is a lower bound.
struct QueueTotals {
  int64_t bytes = 0;      // of their records
  int64_t oldest_ms = 0;  // store times
  int64_t newest_ms = 0;
  friend bool operator==(const QueueTotals&, const QueueTotals&) = default;
};

// A queue begins elsewhere: what a record of the owner's says about it.
struct MinMove {
  QueueOffset min{0};
  // The record of the entry at `min` is there or behind; those of the entries before are before it.
  LogOffset front{0};
  bool empty = false;     // no entry was left when this was decided
  int64_t bytes = 0;      // of the records that went
  int64_t oldest_ms = 0;  // those left were stored then or later; 0: not known
  friend bool operator==(const MinMove&, const MinMove&) = default;
};

// The index of one queue of one topic: queue offset -> record. Core thread only; never blocks.
// Files consumequeue/<topic>/<queueId>/<20-digit byte offset>, 300,000 entries each, in RocketMQ's
// layout. Entries that are not in memory must be loaded first (MessageStore::load_queue_page). I-4:
// offsets are dense, min <= max <= next; none goes back, not over a restart either.
class ConsumeQueue {
 public:
  virtual ~ConsumeQueue() = default;
  virtual const std::string& topic() const = 0;
  virtual int32_t queue_id() const = 0;
  // First entry kept, and the one behind the last, as shown: of committed records.
  virtual QueueOffset min() const = 0;
  virtual QueueOffset max() const = 0;
  // The offset that the next append gets.
  virtual QueueOffset next() const = 0;
  // Of what is shown.
  virtual QueueTotals totals() const = 0;
  // Log offset of the first entry's record, or lower; 0 without an entry.
  virtual LogOffset front() const = 0;
  // Copies entries [from, ...) that are in memory into `into`; returns how many. 0 for a `from` in
  // [min, max) means that the page must be loaded.
  virtual size_t read(QueueOffset from, std::span<QueueEntry> into) const = 0;
};

}  // namespace petrel::store
