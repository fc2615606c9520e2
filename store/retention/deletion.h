// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "store/disk/disk.h"
#include "store/index/indexer.h"
#include "store/job_count.h"
#include "store/log/commit_log.h"
#include "store/queue/queue_table.h"
#include "store/store_paths.h"
#include "store/types.h"

namespace petrel::store {

// Takes from the disk what a committed record has put below the log's begin, or below a queue's
// min:
//   1. the log is synced, so that the records which say so outlive what they take;
//   2. the log's files leave commitlog/, one by one and durably, and are read no more;
//   3. files of the index and of queues that lead nowhere any more are removed;
//   4. what has left is freed, step by step.
// A crash anywhere leaves files that the next run takes, or, in removed/, that the next start
// frees: where the log is to begin is known from its records and from snapshots.
//
// Core thread; the work is done by executor threads, one run at a time. A failure is told, counted,
// and tried again by the next run: queue files, too, whose queues are kept for it.
class Deletion {
 public:
  explicit Deletion(const JobParts& parts) : parts_(parts) {}

  // After the start: queues that may have more files than they need, and what a crash has left.
  void list_all(const QueueTable& queues);
  void free_removed();

  // The entries of a queue below its min are of records before `front`. The topic may be deleted
  // meanwhile and made again: its records are then behind, and no file of it is removed.
  void add_queue(const QueueView& queue, LogOffset front);

  // A run has not ended yet. Any thread.
  bool is_running() const { return running_.load(std::memory_order_acquire); }
  // Whether a run would find something: the log is to begin at `begin`, or at `needed_from` if a
  // start may need what is between.
  bool is_due(LogOffset begin, LogOffset needed_from) const;
  // None must be running. `committed`: the records that tell what is to go end there or before.
  void run(LogOffset begin, LogOffset committed, Indexer& indexer);

  // Any thread.
  int64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  // One queue, whose files below are not needed.
  struct QueueFiles {
    std::string topic;
    int32_t queue_id = 0;
    LogOffset front{0};
  };
  // False if the log's files could not all leave it durably.
  bool delete_below(LogOffset begin, LogOffset committed, Indexer& indexer,
                    std::vector<QueueFiles> queues);
  void free_next(JobCount::Job running);
  void failed(std::string_view what, const absl::Status& status);

  const JobParts parts_;
  std::vector<QueueFiles> queues_;         // core thread
  std::vector<QueueFiles> failed_queues_;  // of the run; core thread while none is running
  std::atomic<bool> running_{false};
  std::atomic<int64_t> failures_{0};
};

}  // namespace petrel::store
