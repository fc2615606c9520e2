// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/job_count.h"
#include "store/log/commit_log.h"
#include "store/message_store.h"
#include "store/queue/queue_repair.h"
#include "store/queue/queue_view.h"
#include "store/retention/queue_expiry.h"
#include "store/types.h"

namespace petrel::store {

// Finds the first entry of one queue that has come to a point of the log (MessageStore::
// search_queue): a binary search over the entries that were shown when it was made, on disk and in
// memory. Pages are read as a consumer's are, so what is damaged there is made good from the log
// first. A time is asked of the records: only where two neighbouring segments of the log leave it
// open, and of up to 32 messages in a row where some have no record any more.
//
// Made on the core thread; runs on an executor thread, once.
class QueueSearch {
 public:
  // `durable_end`: all entries that are on disk are of records below.
  QueueSearch(const JobParts& parts, const QueueView& queue, LogOffset durable_end,
              const QueuePoint& point, const std::atomic<bool>& stopping);

  // Blocks. Behind the last entry when none has come to the point. Cancelled when the store stops.
  absl::StatusOr<QueueOffset> run();

 private:
  absl::StatusOr<bool> reached(QueueOffset at);
  absl::StatusOr<QueueEntry> entry_at(QueueOffset at);
  absl::Status load_page(QueueOffset at);

  const JobParts parts_;
  const QueueExtent extent_;
  const QueueView::Unwritten tail_;  // [durable, end) of the queue
  const std::vector<CorrectedEntry> corrections_;
  const std::vector<QueueOffset> distrusted_;
  const std::vector<LogSegment> segments_;
  const QueuePoint point_;
  const std::string directory_;
  const QueueExpiry ages_;
  const std::atomic<bool>& stopping_;
  QueuePage page_;  // the last one that was read
};

}  // namespace petrel::store
