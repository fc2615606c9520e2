// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "store/disk/disk.h"
#include "store/log/commit_log.h"
#include "store/queue/consume_queue.h"
#include "store/queue/queue_table.h"
#include "store/retention/retention.h"
#include "store/store_paths.h"
#include "store/types.h"

namespace petrel::store {

// One deletion from the front of the log, planned on the core thread, prepared by an executor
// thread while the core goes on:
//   1. where the log is to begin, given what is unread;
//   2. the log's files below leave commitlog/, one by one and durably: from here on a restart finds
//      the log beginning there, and moves the queues' min likewise;
//   3. each queue that had entries below is asked where it begins now.
// Then the core thread moves the queues' min and lets the log forget the files, in one turn, so
// that nobody sees an entry whose record is gone; and the files are freed. A crash before 2 changes
// nothing, one behind it leaves files in removed/, which the next start frees. Snapshots may know
// older mins; the start compares them with the log's begin.
//
// Queues of topics with a retention of their own begin later than the log asks: with the first
// message that is young enough (QueueExpiry). Their records stay in the log, so nothing is made
// durable for that: the next snapshot has the new min. A crash before it brings the old one back,
// and the next deletion moves it again; positions of groups, which the owner journals, stay moved.
// A queue's files are therefore left to the store, which keeps them until no snapshot knows of an
// older min. One run reads a bounded number of entries and records of each such queue.
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
    QueueOffset log_min{0};  // what the log's begin alone asks for
    QueueOffset new_min{0};
    std::optional<LogOffset> front;   // of the record at new_min; none: no entries are left on disk
    int64_t deleted_bytes = 0;        // of the records between
    int64_t oldest_ms = 0;            // those left were stored then or later; 0: not known
    LogOffset expired{0};             // entries below new_min are of records below, if before_ms
    bool waits_for_snapshot = false;  // more is too old, and not on disk yet
  };

  StorePaths paths;
  RetentionPlan plan;
  RetentionInput input;  // without segments
  std::vector<LogSegment> segments;
  std::vector<Queue> queues;

  // Found by run().
  LogOffset begin{0};
  std::array<int64_t, kRetentionReasons> deleted_bytes{};  // of the log, by reason
  absl::Status status;                                     // why it did not come as far as planned

  // Core thread: queues that may have entries of what the log loses; then those with a retention
  // of their own, of which some may be there already; then what is unread, with keep_unread.
  void add_with_log(const std::vector<QueueView*>& shortened);
  void add_expiring(std::span<const ExpiringQueue> expiring);
  void ask_for_unread(const QueueTable& table, FindUnread unread);

  // `stopping` ends a search in the log, see QueueRepair.
  void run(Disk& disk, CommitLog& log, const std::atomic<bool>& stopping);
  // Afterwards, on an executor thread too: the queues' files that lead to nothing any more.
  absl::Status remove_queue_files(Disk& disk) const;

 private:
  void delete_log(Disk& disk, CommitLog& log, const std::atomic<bool>& stopping);
  std::optional<LogOffset> oldest_unread(Disk& disk, const CommitLog& log,
                                         const std::atomic<bool>& stopping) const;
  void find_front(Disk& disk, Queue& queue) const;
  void expire(Disk& disk, const CommitLog& log, Queue& queue) const;
};

}  // namespace petrel::store
