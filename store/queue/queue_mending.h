// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/log/commit_log.h"
#include "store/queue/queue_table.h"
#include "store/store_paths.h"
#include "store/types.h"

namespace petrel::store {

// The last step of a start, after the log was applied: makes queues agree with what is on disk.
//   - The log may begin behind a queue's first records, though no record says that the queue does:
//     a person or another program deleted files. Then its min follows.
//   - Queue files may be removed to have them made again. Topics without any file are found with
//   one
//     look at their directory, and rebuilt from the log in one go; whatever else is damaged is
//     noticed when it is read (queue_repair.h), because a start that opens each queue's file takes
//     as long as there are queues.
// It comes after the records, because a crash while a topic was deleted and made again leaves files
// that they make irrelevant: only queues that the snapshot knew have entries to be found there.
// Changes nothing on disk. One thread, before there are others.
class QueueMending {
 public:
  // Queue entries of records below `snapshot_offset` should be on disk.
  QueueMending(Disk& disk, const StorePaths& paths, const CommitLog& log, QueueTable& queues,
               LogOffset snapshot_offset)
      : disk_(disk), paths_(paths), log_(log), queues_(queues), snapshot_offset_(snapshot_offset) {}

  absl::Status run();

  // Queues whose min has moved.
  struct Moved {
    std::string topic;
    int32_t queue_id = 0;
    QueueOffset old_min{0};
    MinMove move;
  };
  const std::vector<Moved>& moved() const { return moved_; }

 private:
  absl::Status move_mins();
  absl::Status move_min(QueueView* queue);
  absl::Status rebuild_damaged();
  void rebuild(QueueView* queue, const std::vector<QueueEntry>& entries);
  void note_move(const QueueView& queue, QueueOffset old_min, int64_t old_bytes);

  Disk& disk_;
  const StorePaths& paths_;
  const CommitLog& log_;
  QueueTable& queues_;
  const LogOffset snapshot_offset_;
  std::vector<QueueView*> damaged_;  // their files do not tell
  std::vector<Moved> moved_;
};

}  // namespace petrel::store
