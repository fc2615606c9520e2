// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/log/log_files.h"
#include "store/tools/index_list.h"
#include "store/tools/log_survey.h"
#include "store/tools/snapshot_list.h"

namespace petrel::store {

// What is in a store directory, as far as can be told without reading the whole log: names, sizes,
// snapshots, and the records behind the newest snapshot, which a start would read too.
struct StoreSummary {
  struct Topic {
    std::string name;
    size_t queues = 0;
    int64_t messages = 0;
  };
  struct Directory {
    std::string name;  // below the store
    size_t files = 0;
    int64_t bytes = 0;  // sizes added up; queue and index files are sparse and take less
  };

  LogFiles files;
  SnapshotList snapshots;
  IndexList index;
  std::optional<int64_t> synced;
  bool abort_file = false;  // RocketMQ: it was not stopped in order, or runs
  DiskSpace disk;

  int64_t read_from = 0;  // the end of the log was searched from here
  LogEnd log_end;
  size_t gaps_behind = 0;  // damaged places between read_from and the end
  int64_t records_behind = 0;
  int64_t oldest_ms = 0;  // store time of the log's first and last record; 0: there is none
  int64_t newest_ms = 0;

  std::vector<Topic> topics;  // by name; without a snapshot only what read_from shows
  std::vector<Directory> directories;
  std::vector<std::string> others;  // names in the directory that are nothing of a store

  // Where the log begins by what the broker had decided at the newest snapshot: files before are to
  // be deleted, and no queue leads there. Nothing without a snapshot.
  std::optional<int64_t> logical_begin() const;
  // How much of the log a start reads.
  int64_t replay_bytes() const;
};

// NotFound when this is no store directory. Reads only; while a broker runs, the answer is about a
// moment ago.
absl::StatusOr<StoreSummary> summarize_store(Disk& disk, const std::string& directory,
                                             const IndexGeometry& index = {});

}  // namespace petrel::store
