// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/retention_job.h"

#include <algorithm>
#include <span>
#include <vector>

#include "common/concat.h"
#include "common/log.h"
#include "store/queue_files.h"
#include "store/queue_repair.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

void warn_of(const std::string& directory, const absl::Status& status) {
  kLog.warn("a consume queue's file cannot be read; its first messages stay listed",
            {{"queue", directory}, {"error", concat(status.message())}});
}

}  // namespace

// A wrong entry must not delete what nobody has read, so each is held against its record.
std::optional<LogOffset> RetentionJob::oldest_unread(Disk& disk, const CommitLog& log,
                                                     const std::atomic<bool>& stopping) const {
  std::optional<LogOffset> oldest;
  for (const Queue& queue : queues) {
    if (!queue.unread.has_value()) continue;
    const std::string directory = paths.queue(queue.topic, queue.queue_id);
    const QueueExtent extent{.topic = queue.topic,
                             .queue_id = queue.queue_id,
                             .min = queue.min,
                             .durable = queue.durable,
                             .front = LogOffset(0),
                             .end = LogOffset(log.progress().written.value())};
    const QueueOffset unread = std::max(*queue.unread, queue.min);
    QueuePage page{.first = unread, .entries = std::vector<QueueEntry>(1)};
    QueueRepair repair(disk, log, directory, extent, stopping);
    const absl::Status read = repair.read(page, /*known=*/{}, std::span(&unread, 1));
    if (!read.ok()) {
      warn_of(directory, read);
      return segments.front().start;
    }
    const LogOffset at = page.entries.front().log_offset;
    oldest = std::min(oldest.value_or(at), at);
  }
  return oldest;
}

void RetentionJob::find_front(Disk& disk, Queue& queue) const {
  const std::string directory = paths.queue(queue.topic, queue.queue_id);
  const absl::StatusOr<QueueFront> front =
      find_queue_front(disk, directory, queue.min, queue.durable, begin);
  if (!front.ok()) return warn_of(directory, front.status());
  queue.new_min = front->offset;
  queue.front = front->log_offset;
  const absl::StatusOr<int64_t> bytes =
      sum_queue_record_bytes(disk, directory, queue.min, queue.new_min);
  queue.deleted_bytes = bytes.value_or(0);
}

void RetentionJob::run(Disk& disk, CommitLog& log, const std::atomic<bool>& stopping) {
  input.segments = segments;
  for (Queue& queue : queues) {
    queue.new_min = queue.min;
    queue.front = LogOffset(0);
  }
  const CommitLog::MovedOut moved =
      log.move_out_before(plan.begin(input, oldest_unread(disk, log, stopping)), paths.removed());
  begin = moved.begin;
  status = moved.status;
  for (const LogSegment& segment : segments) {
    if (segment.end > begin) break;
    deleted_bytes[static_cast<size_t>(plan.reason_of(segment))] += segment.end - segment.start;
  }
  if (begin == segments.front().start) return;
  for (Queue& queue : queues) find_front(disk, queue);
}

absl::Status RetentionJob::remove_queue_files(Disk& disk) const {
  absl::Status removed;
  for (const Queue& queue : queues) {
    if (queue.min.value() / kQueueFileEntries == queue.new_min.value() / kQueueFileEntries)
      continue;
    removed.Update(remove_queue_files_below(disk, paths.queue(queue.topic, queue.queue_id),
                                            queue.front.value_or(begin)));
  }
  return removed;
}

}  // namespace petrel::store
