// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/queue/queue_table.h"
#include "store/store_paths.h"
#include "store/types.h"

namespace petrel::store {

// What a start goes on from.
struct RestoredSnapshot {
  LogOffset offset{0};             // 0: there is none
  LogOffset begin{0};              // the log's, as records had moved it
  int64_t store_ms = 0;            // of the last record below offset; 0: there is none
  std::vector<std::string> state;  // the owner's, in pieces
  std::set<LogOffset> damaged;     // newer ones, which cannot be used
};

// The store that the snapshots are of: by the newest that tells; empty if none does.
absl::StatusOr<std::string> store_id_in_snapshots(Disk& disk, const StorePaths& paths);

// Reads the newest sound snapshot and puts its queues into `queues`, which is empty. A damaged one
// is told, and the one before used; none at all is an empty store, or one that another program has
// written. DataLoss when none can be read and the log, which begins at `log_begin`, no longer has
// what they knew. FailedPrecondition when a snapshot says that it is of another store than
// `store_id` (empty: any; older ones do not say).
absl::StatusOr<RestoredSnapshot> restore_newest_snapshot(Disk& disk, const StorePaths& paths,
                                                         const std::string& store_id,
                                                         LogOffset log_begin, QueueTable& queues);

}  // namespace petrel::store
