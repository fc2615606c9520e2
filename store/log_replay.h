// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "store/dispatcher.h"
#include "store/log/commit_log.h"
#include "store/message_store.h"
#include "store/queue/queue_table.h"
#include "store/types.h"

namespace petrel::store {

// Reads records from the log and has them dispatched: at a start, and of what comes from elsewhere.
// Before a record is dispatched its queue is made ready for it, as what was appended here needs
// not.
//
// Where the log is damaged, queues get holes for the records that are gone. A hole is seen when a
// later record of its queue follows, or when the damaged bytes still say whose they were; the owner
// may know of more. So the places of messages that somebody may have seen are not given again.
// The same thread as the dispatcher's.
class LogReplay {
 public:
  // `last_required`: the last record known to have been synced that the owner requires; lost, no
  // later one tells.
  LogReplay(CommitLog& log, QueueTable& queues, Dispatcher& dispatcher, MessageStore::Owner& owner,
            std::optional<LogOffset> last_required);

  // MessageStore::apply_to has the contract.
  absl::Status apply_to(LogOffset to, int64_t bytes_max);

 private:
  absl::Status apply(const RecordView& record);
  absl::Status make_ready(const RecordView& record);
  QueueView* queue_for(const RecordView& record);
  absl::Status take_in_damage(LogOffset to);
  absl::Status fill_holes(QueueView* queue, QueueOffset end);
  absl::Status check_last_required(LogOffset to);
  bool damage_explains(int64_t holes) const;

  CommitLog& log_;
  QueueTable& queues_;
  Dispatcher& dispatcher_;
  MessageStore::Owner& owner_;
  std::optional<LogOffset> last_required_;  // until it is applied
  LogOffset replayed_to_{0};
  LogOffset last_damage_{0};  // where the last range before the record begins
};

}  // namespace petrel::store
