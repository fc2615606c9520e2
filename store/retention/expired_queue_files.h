// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/disk/disk.h"
#include "store/queue/queue_table.h"
#include "store/store_paths.h"
#include "store/types.h"

namespace petrel::store {

// Files of queues whose min has moved by their topic's own retention (RetentionJob). The log still
// has the records, and an older snapshot an older min: the files stay until no snapshot that is
// kept was begun before the move. Not remembered over a restart, which lists what may be left.
class ExpiredQueueFiles {
 public:
  // One queue: the entries below its min are of records below `expired`.
  struct Files {
    std::string topic;
    int32_t queue_id = 0;
    LogOffset expired{0};
    LogOffset snapshot{0};  // the last one that was begun before
  };

  // Core thread. What a start finds: a queue that does not begin in its first file may have more
  // files than it needs. `snapshot` is the one that the start has used: it knows these mins.
  void list_all(const QueueTable& queues, LogOffset log_end, LogOffset snapshot);
  // Core thread.
  void add(Files files) { files_.push_back(std::move(files)); }
  // Core thread. Those that are not needed any more when `oldest_snapshot` is the oldest one kept.
  std::vector<Files> take_removable(LogOffset oldest_snapshot);

  // An executor thread. The topic may have been deleted and made again meanwhile: its records are
  // then behind, and no file of it is removed. Failures are told; the next move of the queue's min
  // to another file, or the next start, tries again.
  static void remove(Disk& disk, const StorePaths& paths, const std::vector<Files>& removable);

 private:
  std::vector<Files> files_;
};

}  // namespace petrel::store
