// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/mutex.h"
#include "store/disk/disk.h"
#include "store/types.h"

namespace petrel::store {

// One file of the log: bytes [start, start + segment_bytes) of it.
struct Segment {
  int64_t start = 0;
  std::string path;
  std::unique_ptr<File> file;
};

// The files of the log, one behind the other without a gap, named by 20 digits of their start,
// which is a multiple of segment_bytes. What a crash may leave behind: a last file that is shorter
// than segment_bytes, even empty, because it was being made.
//
// The oldest files leave in two steps: moved out of the directory, which is durable, and later
// forgotten; in between their bytes can still be read here.
//
// Threads: one thread at a time adds, or removes at the end; one at a time moves out; any thread
// finds and forgets.
class Segments {
 public:
  // The directory must be there. DataLoss when a file between others is missing or too short,
  // FailedPrecondition when the names do not fit segment_bytes.
  static absl::StatusOr<std::unique_ptr<Segments>> open(Disk& disk, std::string directory,
                                                        int64_t segment_bytes);

  // Makes the file behind the last, of full size with all blocks reserved. When this returns, file
  // and name are durable. On an error no file is left.
  absl::Status add();
  // False when it is known that add() fails for want of room. An attempt takes what room there is,
  // for a moment, from those who could do with it.
  bool may_have_room() const;
  // Removes the files from `start` on, the last first, and makes that durable.
  absl::Status remove_from(int64_t start);
  // Makes the log end at `end`: removes the files behind, and makes the rest of the file that holds
  // it zero, its blocks reserved. Durable when it returns.
  absl::Status cut_behind(int64_t end);

  // Syncs the files that hold [from, to).
  absl::Status sync(int64_t from, int64_t to) const;

  // Moves the files that end at or before `end` into `directory`, which is on the same file system,
  // the oldest first, each durably before the next, so that power loss leaves no gap. Counts them
  // even when one fails; that one may be tried again.
  struct MovedOut {
    int64_t begin = 0;  // of what is left
    absl::Status status;
  };
  MovedOut move_out_before(int64_t end, const std::string& directory);
  // Forgets what ends at or before `end`. Who found it before may go on reading.
  void forget_before(int64_t end);

  // Oldest first.
  std::vector<LogSegment> list() const;
  // The store time of the first record of the segment that begins at `start`, made or not.
  void set_first_ms(int64_t start, int64_t first_ms);

  bool empty() const { return count() == 0; }
  size_t count() const;
  int64_t begin() const;                                // of the first segment; 0 if there is none
  int64_t end() const;                                  // behind the last segment
  std::shared_ptr<Segment> find(int64_t offset) const;  // null if outside
  int64_t segment_bytes() const { return segment_bytes_; }

 private:
  Segments(Disk& disk, std::string directory, int64_t segment_bytes)
      : disk_(disk), directory_(std::move(directory)), segment_bytes_(segment_bytes) {}

  absl::Status load();
  absl::Status make(Segment& segment);

  Disk& disk_;
  const std::string directory_;
  const int64_t segment_bytes_;
  mutable Mutex mutex_;
  std::vector<std::shared_ptr<Segment>> segments_ ABSL_GUARDED_BY(mutex_);
  absl::btree_map<int64_t, int64_t> first_ms_ ABSL_GUARDED_BY(mutex_);  // by start
};

}  // namespace petrel::store
