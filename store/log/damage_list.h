// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/mutex.h"
#include "store/disk/disk.h"
#include "store/types.h"

namespace petrel::store {

// Bytes of the log that were written and synced and are no records any more.
struct DamagedRange {
  LogOffset begin{0};
  LogOffset end{0};  // the next sound record begins here
  std::string file;  // holds `begin`
  std::string why;
  // Whose record it was, if its fields still fit together. They may be damaged themselves.
  struct Record {
    std::string topic;
    int32_t queue_id = 0;
    QueueOffset queue_offset{0};
  };
  std::optional<Record> record;

  int64_t bytes() const { return end - begin; }
};

// The damage that is known in a log, and how many messages were not delivered because of it. It is
// kept in a file, because a snapshot bounds what the next start reads, and damage below must not be
// forgotten by a restart. The file is text, a line a range:
//   <begin> <end> <file>: <why>
// written as a whole (whole_file.h); there is none without damage. A line that does not parse is
// left out: the file serves people and metrics, what is sound follows from the log alone.
// Threads: any.
class DamageList {
 public:
  static absl::StatusOr<std::unique_ptr<DamageList>> open(Disk& disk, std::string path);

  // Adds a range, tells of it in the process's log and writes the file, unless it is known. Ranges
  // that touch become one.
  void add(const DamagedRange& range);
  // Forgets ranges: retention removed them, or the file was restored.
  void remove_if(absl::FunctionRef<bool(const DamagedRange&)> gone);
  // Forgets what lies from `end` on: the log ends there.
  void forget_from(LogOffset end);
  std::vector<DamagedRange> ranges() const;  // in log order, not overlapping
  int64_t count() const { return count_.load(std::memory_order_acquire); }
  int64_t bytes() const { return bytes_.load(std::memory_order_acquire); }

  // A message that was to be delivered is gone.
  void read_refused() { refused_reads_.fetch_add(1, std::memory_order_relaxed); }
  int64_t refused_reads() const { return refused_reads_.load(std::memory_order_relaxed); }

 private:
  DamageList(Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}

  absl::Status load();
  void changed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status write() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Disk& disk_;
  const std::string path_;
  mutable Mutex mutex_;
  std::vector<DamagedRange> ranges_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int64_t> count_{0};
  std::atomic<int64_t> bytes_{0};
  std::atomic<int64_t> refused_reads_{0};
};

}  // namespace petrel::store
