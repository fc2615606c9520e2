// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/job_count.h"
#include "store/log/commit_log.h"
#include "store/queue/queue_table.h"
#include "store/rocketmq_files.h"
#include "store/snapshot/snapshot_job.h"
#include "store/store_paths.h"
#include "store/types.h"

namespace petrel {
class Clock;
class Executor;
}  // namespace petrel

namespace petrel::store {

// A store's snapshots: when one is due, the one that is being made, those on disk, and topics whose
// files the next one removes.
//
//   begin -> capture_some until true -> write -> (executor) -> finish -> finish_some until true
//
// begin fixes the instant: what happens to queues afterwards, also that they go with their topic,
// does not change what is captured. Between begin and write it can be abandoned. After a write that
// failed nothing is to be done: the next snapshot writes all of it again.
//
// Files of a topic that was deleted are removed by the first snapshot that was begun afterwards,
// when the log is synced up to it and thereby the record of the deletion. One that was begun before
// knows the topic still and writes its entries, whatever has the topic's name by then: it may be
// what a restart begins with, if the deletion does not reach the disk.
//
// Core thread (the opening one before it); `done` of write runs on an executor thread. The
// destructor waits for what runs on the executor.
class Snapshots {
 public:
  struct Parts {
    Disk& disk;
    Clock& clock;
    Executor& executor;
    CommitLog& log;
    QueueTable& queues;
    const StorePaths& paths;
    RocketmqFiles* rocketmq_files = nullptr;  // written behind each snapshot, if there
  };
  struct Options {
    int64_t log_bytes = 256 << 20;  // one is due after this much log ...
    // ... or this long after the last, if as much was appended as a snapshot writes.
    int64_t interval_ms = 60'000;
    int kept = 2;
  };
  Snapshots(const Parts& parts, const Options& options);
  ~Snapshots();

  // Once, before anything else but topic_deleted: the store was opened from the snapshot at `used`
  // (0: none), because those at `damaged` could not be used. Finds those on disk.
  absl::Status start(LogOffset used, std::set<LogOffset> damaged = {});

  // Those that are begun from here on say that they are of this store.
  void set_store_id(std::string id) { store_id_ = std::move(id); }

  // Oldest first, without those that are known to be damaged.
  const std::deque<LogOffset>& on_disk() const { return on_disk_; }
  // Offset of the last one that was begun and not abandoned, or that was used at start.
  LogOffset last_begun() const { return last_.offset; }
  bool interval_passed() const;
  bool due() const;
  // A deletion waits, or no longer waits, for a snapshot: one is due if anything was appended ...
  void want(bool wanted) { last_.wanted = wanted; }
  // ... and else when something is.
  bool waits_for_record() const;

  // Its queues are gone. The record that says so is at `record`, or the next one that is appended
  // there.
  void topic_deleted(std::string name, LogOffset record);

  // At `offset`, a record's end: the queues hold what is below it, and what the owner hands to
  // write is as of it. False, and nothing is begun, when a topic was deleted by a record that is
  // not below: its queues are gone, though at `offset` they are not. None may be under way.
  struct LogState {
    LogOffset begin{0};    // the logical one
    int64_t store_ms = 0;  // of the last record; 0: there is none
  };
  bool begin(LogOffset offset, const LogState& log);
  // A slice of at most `queues_max` queues; true when all are captured.
  bool capture_some(size_t queues_max);
  // Nothing of it was.
  void abandon();

  // All are captured. `state`: the owner's pieces. `index_complete_ms`: for RocketMQ's checkpoint,
  // all records stored before are in the index. `done` runs on an executor thread; then
  // finish is to be called on the core thread, or failed.
  using Written = std::shared_ptr<const SnapshotJob>;
  using Done = absl::AnyInvocable<void(absl::StatusOr<Written>) &&>;
  void write(std::vector<std::string> state, int64_t index_complete_ms, Done done);
  // The core has heard that it failed: another one is due after a while, also without a new record.
  void failed();
  // The snapshot is on disk; its queues are told in slices. True when all are, and the next
  // snapshot may begin.
  void finish(Written written);
  bool finish_some(size_t queues_max);

  // The last one, when the core has ended: whatever was under way is forgotten. Blocks. `log` is
  // closed, or all of it written.
  absl::Status write_last(const LogState& log, std::vector<std::string> state,
                          int64_t index_complete_ms);

 private:
  enum class Stage { kNone, kCapturing, kCaptured, kWriting, kFinishing };
  struct DeletedTopic {
    std::string name;
    LogOffset record{0};
  };
  // Of the last snapshot that was begun.
  struct Last {
    LogOffset offset{0};
    int64_t mono_us = 0;
    int64_t store_ms = 0;  // of the last record; 0: none yet
    bool wanted = false;   // the next one
  };

  // After a failure.
  static constexpr int64_t kRetryUs = 10'000'000;

  void go(Stage from, Stage to);
  void begin_at(LogOffset offset, const LogState& log);
  void take_captured();
  void run(const std::shared_ptr<SnapshotJob>& job, Done done);
  void destroy_elsewhere(std::shared_ptr<const void> object);

  const Parts parts_;
  const Options options_;
  int64_t not_before_us_ = 0;               // mono; after a failure
  std::atomic<Stage> stage_{Stage::kNone};  // an executor thread sets kNone when a write failed
  std::shared_ptr<SnapshotJob> job_;        // from begin to write
  Written finishing_;
  Last last_;
  Last before_last_;
  int64_t cost_bytes_ = 0;  // what the last one wrote; 0 if that is not worth a thought
  std::string store_id_;    // empty: they do not say
  std::deque<LogOffset> on_disk_;
  std::set<LogOffset> damaged_;
  std::vector<DeletedTopic> deleted_topics_;  // by record; not removed yet
  JobCount jobs_;
};

}  // namespace petrel::store
