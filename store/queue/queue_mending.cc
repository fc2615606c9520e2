// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue/queue_mending.h"

#include <algorithm>
#include <deque>
#include <map>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "store/log/record_layout.h"
#include "store/queue/queue_dispatch.h"
#include "store/queue/queue_files.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

using Key = std::pair<std::string_view, int32_t>;

// The entries of some queues as the log has them: dense, with holes where records are lost.
class FoundEntries {
 public:
  struct Queue {
    std::deque<QueueEntry> entries;
    QueueOffset end{0};  // behind the last
  };

  explicit FoundEntries(const std::vector<QueueView*>& queues) {
    for (const QueueView* queue : queues) found_[{queue->topic(), queue->queue_id()}];
  }
  Queue& of(const QueueView& queue) { return found_.at({queue.topic(), queue.queue_id()}); }

  void add(const RecordView& record) {
    const auto found = found_.find({record.topic, record.queue_id});
    if (found == found_.end() || !has_place(record)) return;
    auto& [entries, end] = found->second;
    // Before the last: a topic of that name was deleted and made again.
    const bool first = entries.empty() || record.queue_offset < end;
    if (first) entries.clear();
    for (; !first && end < record.queue_offset; ++end) {
      entries.push_back(QueueEntry::hole(entries.back().log_offset));
    }
    entries.push_back(queue_entry_of(record));
    end = record.queue_offset + 1;
  }

 private:
  std::map<Key, Queue> found_;
};

}  // namespace

absl::Status QueueMending::run() {
  PETREL_RETURN_IF_ERROR(move_mins());
  return rebuild_damaged();
}

// ---- where queues begin

absl::Status QueueMending::move_mins() {
  for (QueueView* queue : queues_.with_front_below(log_.begin())) {
    const absl::Status moved = move_min(queue);
    if (absl::IsDataLoss(moved)) {
      damaged_.push_back(queue);
    } else if (!moved.ok()) {
      return moved;
    }
  }
  return absl::OkStatus();
}

absl::Status QueueMending::move_min(QueueView* queue) {
  const QueueOffset end = std::max(queue->min(), queue->durable());
  const std::string directory = paths_.queue(queue->topic(), queue->queue_id());
  PETREL_ASSIGN_OR_RETURN(const QueueFront front,
                          find_queue_front(disk_, directory, queue->min(), end, log_.begin()));
  const QueueOffset old_min = queue->min();
  const int64_t old_bytes = queue->totals().bytes;
  MinMove move{.min = front.offset, .front = log_.begin()};
  move.empty = front.offset == queue->max();
  if (front.log_offset.has_value()) move.front = *front.log_offset;
  // Files may be gone with the log's: then it is not known what the records came to.
  move.bytes = sum_queue_record_bytes(disk_, directory, old_min, move.min).value_or(0);
  queues_.move_min(queue, move);
  if (move.min > old_min) note_move(*queue, old_min, old_bytes);
  return absl::OkStatus();
}

void QueueMending::note_move(const QueueView& queue, QueueOffset old_min, int64_t old_bytes) {
  moved_.push_back({.topic = queue.topic(),
                    .queue_id = queue.queue_id(),
                    .old_min = old_min,
                    .move = {.min = queue.min(),
                             .front = queue.front(),
                             .empty = queue.min() == queue.max(),
                             .bytes = old_bytes - queue.totals().bytes,
                             .oldest_ms = queue.totals().oldest_ms}});
}

// ---- lost files

absl::Status QueueMending::rebuild_damaged() {
  PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> there, disk_.list(paths_.queues()));
  for (const auto& [topic, queues] : queues_.topics()) {
    if (std::binary_search(there.begin(), there.end(), topic)) continue;
    for (const auto& [queue_id, queue] : queues) {
      if (queue->durable() > queue->min()) damaged_.push_back(queue.get());
    }
  }
  std::sort(damaged_.begin(), damaged_.end());
  damaged_.erase(std::unique(damaged_.begin(), damaged_.end()), damaged_.end());
  if (damaged_.empty()) return absl::OkStatus();
  kLog.warn("consume queues are rebuilt from the log", {{"queues", damaged_.size()}});
  FoundEntries found(damaged_);
  PETREL_RETURN_IF_ERROR(log_.visit(log_.begin(), snapshot_offset_, [&](const RecordView& record) {
    found.add(record);
    return absl::OkStatus();
  }));
  for (QueueView* queue : damaged_) {
    auto& [entries, end] = found.of(*queue);
    const bool all_deleted = entries.empty() && log_.begin() > LogOffset(0);
    const int64_t lacking = all_deleted ? 0 : queue->durable() - end;
    constexpr auto kSmallestRecord = static_cast<int64_t>(layout::kRecordBytesMin);
    if (lacking < 0 || lacking > log_.damage().bytes() / kSmallestRecord) {
      return absl::DataLossError(concat(paths_.queue(queue->topic(), queue->queue_id()),
                                        " is damaged, and the log no longer has its records"));
    }
    entries.insert(entries.end(), static_cast<size_t>(lacking), QueueEntry::hole(snapshot_offset_));
    const auto kept = std::min(static_cast<ptrdiff_t>(entries.size()),
                               static_cast<ptrdiff_t>(queue->durable() - queue->min()));
    rebuild(queue, {entries.end() - kept, entries.end()});
  }
  return absl::OkStatus();
}

void QueueMending::rebuild(QueueView* queue, const std::vector<QueueEntry>& entries) {
  const QueueOffset old_min = queue->min();
  const int64_t old_bytes = queue->totals().bytes;
  queues_.rebuild(queue, entries);
  if (queue->min() > old_min) note_move(*queue, old_min, old_bytes);
}

}  // namespace petrel::store
