// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/log/commit_log.h"
#include "store/message_store.h"
#include "store/queue/queue_table.h"
#include "store/snapshot/snapshot_file.h"
#include "store/store_paths.h"
#include "store/types.h"

namespace petrel::store {

// The start of a store, before it has any thread but the opening one: the newest sound snapshot,
// the log behind it, and topics whose queue files are gone. Fills `queues` and recovers
// `log`. Changes nothing on disk but what CommitLog::recover does.
//
// Where the log is damaged, queues get holes for the records that are gone. A hole is seen when a
// later record of its queue follows, or when the damaged bytes still say whose they were; the owner
// may know of more. So the places of messages that somebody may have seen are not given again.
class StoreRecovery {
 public:
  StoreRecovery(Disk& disk, const StorePaths& paths, CommitLog& log, QueueTable& queues)
      : disk_(disk), paths_(paths), log_(log), queues_(queues) {}

  // `store` is handed on to `replay`. Returns the offset of the snapshot that was used, 0 without.
  absl::StatusOr<LogOffset> run(MessageStore& store, MessageStore::Replay& replay);

 private:
  absl::StatusOr<std::optional<Snapshot>> newest_sound_snapshot();
  absl::Status replay_record(const RecordView& record, MessageStore& store,
                             MessageStore::Replay& replay);
  QueueView* queue_for(const RecordView& record);
  absl::Status take_in_damage(LogOffset to, MessageStore::Replay& replay);
  absl::Status fill_holes(QueueView& queue, QueueOffset end, MessageStore::Replay& replay);
  absl::Status check_last_required(LogOffset from) const;
  bool damage_explains(int64_t holes) const;
  // Moves the queues' min behind what is gone from the log; returns those whose files do not tell.
  absl::StatusOr<std::vector<QueueView*>> move_mins();
  absl::Status rebuild_damaged_queues(LogOffset snapshot_offset, std::vector<QueueView*> damaged);
  absl::Status rebuild_queues(const std::vector<QueueView*>& damaged, LogOffset snapshot_offset);

  Disk& disk_;
  const StorePaths& paths_;
  CommitLog& log_;
  QueueTable& queues_;
  LogOffset replayed_to_{0};
  LogOffset last_damage_{0};  // where the last range before the record begins
};

}  // namespace petrel::store
