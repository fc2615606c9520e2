// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/disk/disk.h"
#include "store/log/commit_log.h"
#include "store/queue/consume_queue.h"
#include "store/queue/queue_table.h"
#include "store/retention/retention.h"
#include "store/store_paths.h"
#include "store/types.h"

namespace petrel::store {

// Finds out what is to be deleted: planned on the core thread, searched by an executor thread while
// the core goes on:
//   1. where the log is to begin, given what is unread;
//   2. where each queue that has entries below begins then;
//   3. where queues of topics with a retention of their own begin: with the first message that is
//      young enough (QueueExpiry), though the log keeps the bytes as long as it keeps others.
// Nothing is moved or deleted. The owner makes a record of what was found; when that is committed
// the queues' min and the log's begin move, and only then files go (deletion.h). One run reads a
// bounded number of entries and records of each queue.
struct RetentionJob {
  struct Queue {
    std::string topic;
    int32_t queue_id = 0;
    uint64_t generation = 0;
    QueueOffset min{0};
    QueueOffset durable{0};
    // The first offset below `durable` that some group has not done with, if it is to be kept.
    std::optional<QueueOffset> unread;
    bool with_log = false;                // may have entries below plan.must or plan.may
    std::optional<int64_t> before_ms;     // older messages go, by its topic's own retention
    std::optional<QueueEntry> undurable;  // at `durable`, then

    // Found by run(); min again if the files do not tell, which the next start repairs.
    QueueOffset new_min{0};
    // The record at new_min is there or behind, those that go are before. Without one: behind them.
    LogOffset front{0};
    int64_t gone_bytes = 0;           // of the records between
    int64_t oldest_ms = 0;            // those left were stored then or later; 0: not known
    bool waits_for_snapshot = false;  // more is too old, and not on disk yet

    MinMove move() const;
  };

  StorePaths paths;
  RetentionPlan plan;
  RetentionInput input;  // without segments
  std::vector<LogSegment> segments;
  std::vector<Queue> queues;
  std::optional<LogOffset> left_out_from;  // queues whose front is there or behind are not in it

  // Found by run().
  LogOffset begin{0};
  std::array<int64_t, kRetentionReasons> log_bytes{};  // of the log that go, by reason

  // Core thread: queues that may have entries of what the log loses; then those with a retention
  // of their own, of which some may be there already; then what is unread, with keep_unread.
  void add_with_log(const std::vector<QueueView*>& shortened);
  void add_expiring(std::span<const ExpiringQueue> expiring);
  void ask_for_unread(const QueueTable& table, FindUnread unread);

  // `stopping` ends a search in the log, see QueueRepair.
  void run(Disk& disk, const CommitLog& log, const std::atomic<bool>& stopping);

 private:
  void find_log_begin(Disk& disk, const CommitLog& log, const std::atomic<bool>& stopping);
  std::optional<LogOffset> oldest_unread(Disk& disk, const CommitLog& log,
                                         const std::atomic<bool>& stopping) const;
  void find_front(Disk& disk, Queue& queue) const;
  void expire(Disk& disk, const CommitLog& log, Queue& queue) const;
};

}  // namespace petrel::store
