// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/retention/deletion.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/executor.h"
#include "common/log.h"
#include "store/queue/queue_files.h"
#include "store/retention/file_removal.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

// Freed at a time.
constexpr uint64_t kRemovalStepBytes = 64 << 20;

}  // namespace

// ---- core thread

void Deletion::list_all(const QueueTable& queues) {
  for (const auto& [topic, by_id] : queues.topics()) {
    for (const auto& [queue_id, queue] : by_id) {
      if (queue->min() < QueueOffset(kQueueFileEntries)) continue;
      add_queue(*queue, queue->min() == queue->max() ? parts_.log.end() : queue->front());
    }
  }
}

void Deletion::add_queue(const QueueView& queue, LogOffset front) {
  queues_.push_back({.topic = queue.topic(), .queue_id = queue.queue_id(), .front = front});
}

bool Deletion::is_due(LogOffset begin, LogOffset needed_from) const {
  if (!queues_.empty() || !failed_queues_.empty()) return true;
  const LogOffset next = parts_.log.begin() + parts_.log.segment_bytes();
  return next <= std::min(begin, needed_from);
}

void Deletion::run(LogOffset begin, LogOffset committed, Indexer& indexer) {
  PETREL_CHECK(!running_.exchange(true));
  queues_.insert(queues_.begin(), failed_queues_.begin(), failed_queues_.end());
  failed_queues_.clear();
  parts_.executor.post([this, begin, committed, &indexer, queues = std::exchange(queues_, {}),
                        running = JobCount::Job(parts_.jobs)]() mutable {
    // What did not leave the log durably may come back with a power cut, and must be whole then.
    if (delete_below(begin, committed, indexer, std::move(queues))) {
      free_next(std::move(running));
    } else {
      running_.store(false, std::memory_order_release);
    }
  });
}

void Deletion::free_removed() {
  const auto removed = parts_.disk.list(parts_.paths.removed());
  if (!removed.ok() || removed->empty()) return;
  PETREL_CHECK(!running_.exchange(true));
  free_next(JobCount::Job(parts_.jobs));
}

// ---- executor threads

bool Deletion::delete_below(LogOffset begin, LogOffset committed, Indexer& indexer,
                            std::vector<QueueFiles> queues) {
  const absl::Status synced = parts_.log.sync_up_to(committed);
  if (!synced.ok()) {
    failed("the log", synced);
    failed_queues_ = std::move(queues);
    return false;
  }
  bool moved_out = true;
  if (begin > parts_.log.begin()) {
    const CommitLog::MovedOut moved = parts_.log.move_out_before(begin, parts_.paths.removed());
    if (!moved.status.ok()) {
      failed("files of the log", moved.status);
      moved_out = false;
    }
    parts_.log.forget_before(moved.begin);
    parts_.log.damage().remove_if(
        [&](const DamagedRange& range) { return range.end <= moved.begin; });
    indexer.remove_before(moved.begin);
  }
  for (QueueFiles& each : queues) {
    const absl::Status removed = remove_queue_files_below(
        parts_.disk, parts_.paths.queue(each.topic, each.queue_id), each.front);
    if (removed.ok()) continue;
    failed(concat("files of ", each.topic, "/", each.queue_id), removed);
    failed_queues_.push_back(std::move(each));
  }
  return moved_out;
}

// Step by step, so that reads wait for no more than one step.
void Deletion::free_next(JobCount::Job running) {
  parts_.executor.post([this, running = std::move(running)]() mutable {
    const absl::StatusOr<bool> done =
        FileRemoval(parts_.disk, parts_.paths.removed(), kRemovalStepBytes).step();
    if (done.ok() && !*done) return free_next(std::move(running));
    if (!done.ok()) failed("what was deleted before", done.status());
    running_.store(false, std::memory_order_release);
  });
}

void Deletion::failed(std::string_view what, const absl::Status& status) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  kLog.warn("files cannot be deleted; it is tried again",
            {{"what", what}, {"error", concat(status.message())}});
}

}  // namespace petrel::store
