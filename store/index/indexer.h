// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/mutex.h"
#include "store/index/message_index.h"
#include "store/job_count.h"
#include "store/types.h"

namespace petrel {
class Clock;
class Executor;
}  // namespace petrel

namespace petrel::store {

// Keeps the index up with the committed log, away from the core thread, and answers queries.
//
// Threads: jobs of the executor index a few MiB of log each, so that readers on the same threads
// get their turn. They are posted when enough was committed or enough time has gone by; what is
// missing then is indexed by the query that asks. The index is opened by the first of them.
// An error of the disk harms nothing but the index: it is told, counted, and a minute later the
// index is opened again.
// Lifecycle: construct when the log is recovered, committed() and tick(), close() when nothing is
// committed any more. The destructor waits for the job.
class Indexer {
 public:
  struct Options {
    bool enabled = true;  // RocketMQ's messageIndexEnable
    MessageIndex::Options files;
    int64_t wake_bytes = 4 << 20;   // committed but not indexed, that make a job worth it
    int64_t slice_bytes = 4 << 20;  // of log that a job indexes
    // A query indexes so much that is missing before it looks. Behind more than that, as after a
    // rebuild has begun, it tells what there is.
    int64_t query_bytes_max = 16 << 20;
    int64_t flush_interval_ms = 60'000;
    int64_t retry_interval_ms = 60'000;
  };
  struct Parts {
    Disk& disk;
    const Clock& clock;
    Executor& executor;
    CommitLog& log;
  };
  // `committed`: what is committed already.
  Indexer(const Parts& parts, const Options& options, LogOffset committed);
  ~Indexer();

  // Core thread; a comparison, and seldom a task for the executor.
  void committed(LogOffset end);
  // Any thread, about once a second: indexes and flushes what has been waiting for long.
  void tick();

  struct Query {
    std::string topic;
    std::string key;  // a word of KEYS, or the message id
    TimeRange stored;
    size_t records_max = 32;
  };
  struct Answer {
    std::vector<LogSlice> records;  // the newest first
    int64_t behind_bytes = 0;       // committed records that were not looked at: see above
  };
  // Reader threads. FailedPrecondition when the index is switched off, Unavailable when it has
  // failed.
  absl::StatusOr<Answer> query(const Query& query);

  // Executor threads, when the log begins elsewhere: removes files without a record behind.
  void remove_before(LogOffset begin);

  // The last: indexes and flushes everything, unless too much is missing.
  void close();

  // Any thread.
  struct Stats {
    std::atomic<int64_t> indexed{0};     // log offset
    std::atomic<int64_t> durable_ms{0};  // newest store time in the files that survives power loss
    std::atomic<int64_t> full_files_ms{0};  // likewise, in files that are full
    std::atomic<int64_t> failures{0};
  };
  const Stats& stats() const { return stats_; }
  // Committed but not yet looked at.
  int64_t behind_bytes() const;

 private:
  class Job;

  void post(std::unique_ptr<Job> job);
  bool run_job();  // true when there is more to do at once
  absl::Status open() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status follow(int64_t bytes_max) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status flush() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status find(const Query& query, Answer& answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status fail(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Parts parts_;
  const Options options_;
  std::atomic<int64_t> committed_;
  std::atomic<int64_t> wake_at_;     // committed() posts a job from this log offset on
  std::atomic<int64_t> due_us_{0};   // tick() posts a job from this time on
  std::atomic<bool> posted_{false};  // there is a job
  JobCount jobs_;
  Stats stats_;

  Mutex mutex_;  // held for a slice of work or a query; the core never waits for it
  std::unique_ptr<MessageIndex> index_ ABSL_GUARDED_BY(mutex_);  // null: not yet open, or failed
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t flush_us_ ABSL_GUARDED_BY(mutex_) = 0;  // when the next flush is due
  int64_t retry_us_ ABSL_GUARDED_BY(mutex_) = 0;  // not opened before
};

}  // namespace petrel::store
