// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/queue_writer.h"

#include <utility>

#include "common/check.h"

namespace petrel::core {

QueueWriter::Topic::Queue& QueueWriter::Topic::at(store::MessageStore& store, int32_t queue_id) {
  const auto i = static_cast<size_t>(queue_id);
  if (i >= queues_.size()) queues_.resize(i + 1);
  Queue& queue = queues_[i];
  if (queue.queue == nullptr) {
    queue.queue = store.queue(name_, queue_id);
    queue.next = queue.queue->max();
  }
  return queue;
}

QueueWriter::Topic& QueueWriter::topic(std::string_view name) {
  const auto it = topics_.find(name);
  if (it != topics_.end()) return *it->second;
  return *topics_.emplace(name, std::make_unique<Topic>(std::string(name))).first->second;
}

absl::StatusOr<QueueWriter::Placed> QueueWriter::append(Topic& topic, int32_t queue_id,
                                                        std::string_view record, int64_t tags_code,
                                                        int64_t store_ms) {
  Topic::Queue& queue = topic.at(store_, queue_id);
  const auto log_offset = store_.log().append(
      record, {.queue_id = queue_id, .queue_offset = queue.next, .store_ms = store_ms});
  if (!log_offset.ok()) return log_offset.status();
  const Placed placed{queue.next, *log_offset};
  queue.next += 1;
  pending_.push_back({&topic,
                      queue_id,
                      {.log_offset = *log_offset,
                       .size = static_cast<int32_t>(record.size()),
                       .tags_code = tags_code}});
  return placed;
}

void QueueWriter::commit(store::LogOffset committed,
                         absl::FunctionRef<void(std::string_view)> arrived) {
  const Topic* last = nullptr;
  while (!pending_.empty() && pending_.front().entry.log_offset < committed) {
    const Pending& pending = pending_.front();
    if (pending.topic != nullptr) {
      pending.topic->at(store_, pending.queue_id).queue->append(pending.entry);
      if (pending.topic != last) arrived(pending.topic->name());
      last = pending.topic;
    }
    pending_.pop_front();
  }
}

void QueueWriter::forget(std::string_view topic) {
  const auto it = topics_.find(topic);
  if (it == topics_.end()) return;
  for (Pending& pending : pending_) {
    if (pending.topic == it->second.get()) pending.topic = nullptr;
  }
  topics_.erase(it);
}

}  // namespace petrel::core
