// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/job_count.h"
#include "store/log/commit_log.h"
#include "store/message_store.h"
#include "store/queue/queue_table.h"
#include "store/queue/queue_view.h"
#include "store/store_paths.h"
#include "store/types.h"

namespace petrel::store {

// Brings pages of queues from disk into memory, and what was wrong there with them: MessageStore
// has the contracts of load, finish and distrust. Core thread; reading is done by the executor.
class QueueLoader {
 public:
  // `stopping` ends searches in the log.
  QueueLoader(const JobParts& parts, QueueTable& queues, const std::atomic<bool>& stopping)
      : parts_(parts), queues_(queues), stopping_(stopping) {}

  using Loaded =
      absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<MessageStore::LoadedPage>>) &&>;
  // `durable_end`: all entries that are on disk are of records below.
  void load(const QueueView& queue, QueueOffset from, LogOffset durable_end, Loaded loaded);
  // Nothing if the topic was deleted meanwhile, and `queue` with it.
  void finish(const ConsumeQueue* queue, const MessageStore::LoadedPage& page);
  MessageStore::Distrusted distrust(QueueView& queue, QueueOffset offset, LogOffset led_to);

  // Any thread: entries that were wrong on disk and found again in the log.
  int64_t repaired_entries() const { return repaired_entries_.load(std::memory_order_relaxed); }

 private:
  void take_over(QueueView& queue, std::span<const CorrectedEntry> corrected);

  const JobParts parts_;
  QueueTable& queues_;
  const std::atomic<bool>& stopping_;
  std::atomic<int64_t> repaired_entries_{0};
};

}  // namespace petrel::store
