// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/index/index_file.h"
#include "store/log/log_files.h"
#include "store/tools/finding.h"
#include "store/tools/log_survey.h"
#include "store/tools/queue_check.h"

namespace petrel::store {

// What a look at every byte of a store has found.
struct StoreReport {
  LogFiles files;
  int64_t records = 0;
  size_t topics = 0;
  size_t queues = 0;
  int64_t entries_compared = 0;  // of queue files, with the records that they lead to
  int64_t index_entries_compared = 0;
  LogEnd log_end;
  std::optional<int64_t> synced;    // how far the log is known to be synced
  std::optional<int64_t> needed;    // log offset of the last record that the owner cannot lack
  std::optional<int64_t> snapshot;  // log offset of the newest sound one
  std::vector<LogGap> gaps;
  std::vector<LostMessages> lost;
  std::vector<Finding> findings;
  std::vector<std::string> wrong_queues;       // directories of queues to rebuild
  std::vector<std::string> useless_snapshots;  // files
  std::vector<std::string> wrong_index_files;

  // Where the last record of the owner's state is lost, if it is, and no snapshot is behind it.
  std::optional<LogGap> gap_with_state() const;
  // The log no longer has the first records of the owner's state, and no snapshot makes up for
  // them.
  bool beginning_lost() const {
    return needed.has_value() && !snapshot.has_value() && files.begin() > 0;
  }
  // Records that were synced are missing at the end of the log.
  bool tail_lost() const { return synced.has_value() && *synced > log_end.offset; }
  // Nothing is wrong, though there may be notes.
  bool sound() const;
  bool damaged() const;
};

// Reads the whole log and everything that follows from it; changes nothing. No broker may have the
// directory. `reading` is told which file of the log is read next.
// Damage is a finding; an error is a directory without a log, or a disk that cannot be read.
absl::StatusOr<StoreReport> verify_store(Disk& disk, const std::string& directory,
                                         const std::function<void(const LogFile&)>& reading,
                                         const IndexGeometry& index = {});

}  // namespace petrel::store
