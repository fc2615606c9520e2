// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/retention/retention_job.h"

#include <algorithm>
#include <span>
#include <vector>

#include "absl/container/btree_map.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "store/queue/queue_files.h"
#include "store/queue/queue_repair.h"
#include "store/retention/queue_expiry.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

// Of one queue, by its topic's own retention, in one run: their sizes are read one after the other.
constexpr int64_t kEntriesExpiredMax = 10 * kQueueFileEntries;

void warn_of(const std::string& directory, const absl::Status& status) {
  kLog.warn("a consume queue's file cannot be read; its first messages stay listed",
            {{"queue", directory}, {"error", concat(status.message())}});
}

RetentionJob::Queue queue_of(const QueueView& queue) {
  return {.topic = queue.topic(),
          .queue_id = queue.queue_id(),
          .generation = queue.generation(),
          .min = queue.min(),
          .durable = queue.durable()};
}

}  // namespace

void RetentionJob::add_with_log(const std::vector<QueueView*>& shortened) {
  for (const QueueView* queue : shortened) queues.emplace_back(queue_of(*queue)).with_log = true;
}

void RetentionJob::add_expiring(std::span<const ExpiringQueue> expiring) {
  absl::btree_map<uint64_t, size_t> known;  // by generation
  for (size_t i = 0; i < queues.size(); ++i) known.emplace(queues[i].generation, i);
  for (const ExpiringQueue& each : expiring) {
    const QueueView& view = static_cast<const QueueView&>(*each.queue);
    const auto [found, is_new] = known.try_emplace(view.generation(), queues.size());
    if (is_new) queues.push_back(queue_of(view));
    Queue& queue = queues[found->second];
    queue.before_ms = each.before_ms;
    QueueEntry next;
    if (view.has_unwritten() && view.read(view.durable(), std::span(&next, 1)) == 1) {
      queue.undurable = next;
    }
  }
}

void RetentionJob::ask_for_unread(const QueueTable& table, FindUnread unread) {
  for (Queue& queue : queues) {
    const ConsumeQueue* const known = table.find(queue.topic, queue.queue_id);
    if (known == nullptr) {
      continue;  // its topic is deleted, which is not committed yet
    }
    const std::optional<QueueOffset> first = unread(*known);
    if (first.has_value() && *first < queue.durable) queue.unread = first;
  }
}

// A wrong entry must not delete what nobody has read, so each is held against its record.
std::optional<LogOffset> RetentionJob::oldest_unread(Disk& disk, const CommitLog& log,
                                                     const std::atomic<bool>& stopping) const {
  std::optional<LogOffset> oldest;
  for (const Queue& queue : queues) {
    if (!queue.with_log || !queue.unread.has_value()) continue;
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

MinMove RetentionJob::Queue::move() const {
  return {.min = new_min,
          .front = front,
          .empty = new_min == durable && !undurable.has_value(),
          .bytes = gone_bytes,
          .oldest_ms = oldest_ms};
}

void RetentionJob::find_front(Disk& disk, Queue& queue) const {
  const std::string directory = paths.queue(queue.topic, queue.queue_id);
  const absl::StatusOr<QueueFront> front =
      find_queue_front(disk, directory, queue.min, queue.durable, begin);
  if (!front.ok()) return warn_of(directory, front.status());
  queue.new_min = front->offset;
  queue.front = front->log_offset.value_or(begin);
  queue.gone_bytes = sum_queue_record_bytes(disk, directory, queue.min, queue.new_min).value_or(0);
  for (const LogSegment& segment : segments) {
    if (segment.start == begin && queue.new_min > queue.min) queue.oldest_ms = segment.first_ms;
  }
}

// Behind what the log loses, if it does.
void RetentionJob::expire(Disk& disk, const CommitLog& log, Queue& queue) const {
  const std::string directory = paths.queue(queue.topic, queue.queue_id);
  const QueueExpiry search(disk, log, segments, {queue.topic, queue.queue_id, directory},
                           *queue.before_ms);
  const QueueOffset from = queue.new_min;
  const QueueOffset end =
      std::min({queue.durable, queue.unread.value_or(queue.durable), from + kEntriesExpiredMax});
  absl::StatusOr<QueueExpiry::Found> found =
      end > from ? search.find(from, end) : QueueExpiry::Found{.begin = from};
  if (!found.ok()) return warn_of(directory, found.status());
  queue.oldest_ms = std::max(queue.oldest_ms, found->oldest_ms);
  if (found->begin > from) {
    queue.new_min = found->begin;
    queue.front = found->front.value_or(found->gone);
    queue.gone_bytes += sum_queue_record_bytes(disk, directory, from, queue.new_min).value_or(0);
  }
  if (queue.new_min < queue.durable || !queue.undurable.has_value()) return;
  const auto age = search.age_of(queue.durable, *queue.undurable);
  if (!age.ok() || !age->has_value()) return;
  queue.waits_for_snapshot = (*age)->expired;
  queue.oldest_ms = std::max(queue.oldest_ms, (*age)->stored_ms);
}

void RetentionJob::run(Disk& disk, const CommitLog& log, const std::atomic<bool>& stopping) {
  for (Queue& queue : queues) queue.new_min = queue.min;
  begin = segments.front().start;
  if (std::max(plan.must, plan.may) > begin) find_log_begin(disk, log, stopping);
  for (Queue& queue : queues) {
    if (queue.before_ms.has_value()) expire(disk, log, queue);
  }
}

void RetentionJob::find_log_begin(Disk& disk, const CommitLog& log,
                                  const std::atomic<bool>& stopping) {
  input.segments = segments;
  begin = plan.begin(input, oldest_unread(disk, log, stopping));
  if (begin == segments.front().start) return;
  for (const LogSegment& segment : segments) {
    if (segment.end > begin) break;
    log_bytes[static_cast<size_t>(plan.reason_of(segment))] += segment.end - segment.start;
  }
  for (Queue& queue : queues) {
    if (queue.with_log) find_front(disk, queue);
  }
}

}  // namespace petrel::store
