// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/queue_check.h"

#include <utility>

#include "common/concat.h"
#include "common/status.h"
#include "store/queue/queue_files.h"

namespace petrel::store {
namespace {

// Entries of one queue that are compared at once, and of all queues that may wait for that.
constexpr size_t kCompareEntries = 1024;
constexpr int64_t kWaitingMax = 4 << 20;

QueueEntry entry_of(const RecordView& record) {
  return {.log_offset = record.log_offset,
          .size = static_cast<int32_t>(record.bytes.size()),
          .tags_code = tags_code(find_property(record.properties, "TAGS"))};
}

// RocketMQ's delayed messages have their time where others have the hash of their tag.
constexpr std::string_view kDelayTopic = "SCHEDULE_TOPIC_XXXX";

bool same(const QueueEntry& a, const QueueEntry& b, std::string_view topic) {
  return a.log_offset == b.log_offset && a.size == b.size &&
         (a.tags_code == b.tags_code || topic == kDelayTopic);
}

}  // namespace

QueueCheck::QueueCheck(Disk& disk, std::string store_directory, const Snapshot* snapshot)
    : disk_(disk),
      store_directory_(std::move(store_directory)),
      durable_log_end_(snapshot == nullptr ? LogOffset(0) : snapshot->offset) {
  if (snapshot == nullptr) return;
  for (const TopicBounds& topic : snapshot->topics) {
    for (const QueueBounds& bounds : topic.queues) {
      Queue& known = queue(topic.topic, bounds.queue_id);
      known.durable_begin = bounds.min;
      known.durable_end = bounds.max;
    }
  }
}

QueueCheck::Queue& QueueCheck::queue(std::string_view topic, int32_t queue_id) {
  auto queues = topics_.find(topic);
  if (queues == topics_.end()) queues = topics_.emplace(std::string(topic), Queues()).first;
  const auto [found, added] = queues->second.try_emplace(queue_id);
  queue_count_ += added ? 1 : 0;
  return found->second;
}

absl::Status QueueCheck::record(const RecordView& record) {
  Queue& of_record = queue(record.topic, record.queue_id);
  // The topic was deleted and made again: what was found wrong before is of no interest.
  if (of_record.seen && record.queue_offset < of_record.next) begin_again(of_record);
  if (of_record.seen && record.queue_offset > of_record.next) {
    lost_.push_back({.topic = std::string(record.topic),
                     .queue_id = record.queue_id,
                     .begin = of_record.next,
                     .end = record.queue_offset,
                     .after = of_record.last,
                     .before = record.log_offset,
                     .in_snapshot = record.queue_offset <= of_record.durable_end});
    PETREL_RETURN_IF_ERROR(compare(record.topic, record.queue_id, of_record));
  }
  of_record.seen = true;
  of_record.next = record.queue_offset + 1;
  of_record.last = record.log_offset;
  const bool durable = record.log_offset < durable_log_end_ &&
                       record.queue_offset >= of_record.durable_begin &&
                       record.queue_offset < of_record.durable_end;
  if (!durable) return compare(record.topic, record.queue_id, of_record);
  if (of_record.expected.empty()) of_record.expected_first = record.queue_offset;
  of_record.expected.push_back(entry_of(record));
  ++waiting_;
  if (of_record.expected.size() >= kCompareEntries) {
    return compare(record.topic, record.queue_id, of_record);
  }
  return waiting_ > kWaitingMax ? compare_all() : absl::OkStatus();
}

void QueueCheck::begin_again(Queue& queue) {
  waiting_ -= static_cast<int64_t>(queue.expected.size());
  queue.expected.clear();
  queue.wrong = 0;
}

absl::Status QueueCheck::compare(std::string_view topic, int32_t queue_id, Queue& queue) {
  if (queue.expected.empty()) return absl::OkStatus();
  const std::vector<QueueEntry> expected = std::exchange(queue.expected, {});
  waiting_ -= static_cast<int64_t>(expected.size());
  compared_ += static_cast<int64_t>(expected.size());
  const QueueOffset first = queue.expected_first;
  std::vector<QueueEntry> found(expected.size());
  const absl::Status read =
      read_queue_entries(disk_, directory(topic, queue_id), first, std::span(found));
  if (!read.ok() && !absl::IsDataLoss(read)) return read;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (read.ok() && same(found[i], expected[i], topic)) continue;
    if (queue.wrong++ > 0) continue;
    queue.why =
        read.ok()
            ? concat("the entry of queue offset ", (first + static_cast<int64_t>(i)).value(),
                     " does not lead to its record at log offset ", expected[i].log_offset.value())
            : concat(read.message());
  }
  return absl::OkStatus();
}

absl::Status QueueCheck::compare_all() {
  for (auto& [topic, queues] : topics_) {
    for (auto& [queue_id, queue] : queues) {
      PETREL_RETURN_IF_ERROR(compare(topic, queue_id, queue));
    }
  }
  return absl::OkStatus();
}

std::string QueueCheck::directory(std::string_view topic, int32_t queue_id) const {
  return concat(store_directory_, "/consumequeue/", topic, "/", queue_id);
}

absl::Status QueueCheck::finish(std::vector<Finding>& findings,
                                std::vector<std::string>& wrong_queues) {
  PETREL_RETURN_IF_ERROR(compare_all());
  for (const auto& [topic, queues] : topics_) {
    for (const auto& [queue_id, queue] : queues) {
      if (queue.wrong == 0) continue;
      wrong_queues.push_back(directory(topic, queue_id));
      findings.push_back({.severity = Severity::kRepair,
                          .path = directory(topic, queue_id),
                          .bytes = queue.wrong * kQueueEntryBytes,
                          .what = concat(queue.wrong, " entries are wrong or missing: ", queue.why),
                          .effect =
                              "Its messages are safe in the log. petrelctl store repair moves the "
                              "files aside, and a broker makes them again when they are read."});
    }
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
