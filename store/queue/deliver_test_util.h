// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/concat.h"
#include "common/status.h"
#include "store/message_store.h"
#include "store/testing/open_store.h"

namespace petrel::store {

// The queue's entry, from memory or loaded.
inline absl::StatusOr<QueueEntry> load_entry(MessageStore& store, ManualExecutor& executor,
                                             ConsumeQueue& queue, QueueOffset offset) {
  QueueEntry entry;
  if (queue.read(offset, std::span(&entry, 1)) == 1) return entry;
  absl::Status loaded = absl::InternalError("no page was loaded");
  store.load_queue_page(&queue, offset, [&](auto page) {
    loaded = page.status();
    if (page.ok()) store.finish_load(&queue, *page);
  });
  executor.run_all();
  PETREL_RETURN_IF_ERROR(loaded);
  if (queue.read(offset, std::span(&entry, 1)) == 1) return entry;
  return absl::InternalError("the page lacks the entry");
}

// The body of a message as a consumer gets it: with an entry that does not lead to it the broker
// does what it does then. DataLoss: consumers step over the message.
inline absl::StatusOr<std::string> deliver_body(MessageStore& store, ManualExecutor& executor,
                                                ConsumeQueue& queue, QueueOffset offset) {
  constexpr int kTries = 3;  // as it is, proven, and once more
  for (int i = 0; i < kTries; ++i) {
    PETREL_ASSIGN_OR_RETURN(const QueueEntry entry, load_entry(store, executor, queue, offset));
    if (entry.is_hole()) return absl::DataLossError("the message is gone");
    const absl::StatusOr<LogSlice> slice = store.log().read(entry.log_offset, entry.size);
    if (slice.ok()) {
      PETREL_ASSIGN_OR_RETURN(const RecordView record,
                              decode_record(slice->bytes(), Verify::kChecksums));
      if (record.topic == queue.topic() && record.queue_id == queue.queue_id() &&
          record.queue_offset == offset) {
        return std::string(record.body);
      }
    } else if (!absl::IsDataLoss(slice.status()) && !absl::IsOutOfRange(slice.status())) {
      return slice.status();
    }
    if (store.distrust(&queue, offset, entry.log_offset) == MessageStore::Distrusted::kGone) {
      return absl::DataLossError("the message is gone");
    }
  }
  return absl::InternalError(concat("the entry of ", offset.value(), " is never right"));
}

}  // namespace petrel::store
