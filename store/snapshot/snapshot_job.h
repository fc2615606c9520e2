// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "store/disk/disk.h"
#include "store/log/commit_log.h"
#include "store/queue/queue_table.h"
#include "store/rocketmq_files.h"
#include "store/snapshot/snapshot_file.h"
#include "store/store_paths.h"

namespace petrel::store {

// Everything that one snapshot writes, collected on the core thread, and written by an executor
// thread while the core goes on. The order makes it safe against power loss at any point:
//   1. the log is synced up to the snapshot, so that a topic's deletion and new queue entries never
//      reach the disk before the records that they follow from;
//   2. queue files of deleted topics are removed;
//   3. queue entries are written and synced;
//   4. the snapshot is written, synced, renamed into place;
//   5. older snapshots are removed;
//   6. the files for a RocketMQ broker follow; without them nothing is lost but its way in.
// A crash before 4 leaves the former snapshot, from which the log replays the deletions and
// entries.
struct SnapshotJob {
  StorePaths paths;
  std::vector<std::string> removed_topics;  // deleted since the last snapshot
  std::vector<UnwrittenQueue> queues;
  Snapshot snapshot;
  int snapshots_kept = 2;
  std::set<LogOffset> damaged_snapshots;    // those do not count
  RocketmqFiles* rocketmq_files = nullptr;  // written last, if there
  RocketmqFiles::Complete rocketmq_complete;

  absl::Status run(Disk& disk, CommitLog& log) const;
};

}  // namespace petrel::store
