// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/string_map.h"
#include "store/message_store.h"

namespace petrel::core {

// The write side of all queues. Core thread only.
// A record gets its queue offset when it is appended to the log, and its entry in the ConsumeQueue
// when it is committed, so consumers see committed messages only.
class QueueWriter {
 public:
  explicit QueueWriter(store::MessageStore& store) : store_(store) {}

  // One topic's queues for writing, by queue id. Valid until forget(topic).
  class Topic;

  Topic& topic(std::string_view name);

  struct Placed {
    store::QueueOffset queue_offset{0};
    store::LogOffset log_offset{0};
  };
  // Appends an encoded record at the end of the queue.
  absl::StatusOr<Placed> append(Topic& topic, int32_t queue_id, std::string_view record,
                                int64_t tags_code, int64_t store_ms);

  // Moves the entries of all records below `committed` into their queues; calls `arrived` once for
  // each run of entries of one topic.
  void commit(store::LogOffset committed, absl::FunctionRef<void(std::string_view topic)> arrived);

  // The topic is deleted: what it appended is not shown any more.
  void forget(std::string_view topic);

 private:
  struct Pending {
    Topic* topic;  // null: forgotten
    int32_t queue_id;
    store::QueueEntry entry;
  };
  store::MessageStore& store_;
  StringMap<std::unique_ptr<Topic>> topics_;
  std::deque<Pending> pending_;  // ascending by entry.log_offset
};

class QueueWriter::Topic {
 public:
  explicit Topic(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }
  // Round robin over `queues`.
  int32_t next_queue(int32_t queues) {
    return static_cast<int32_t>(turn_++ % static_cast<uint32_t>(queues));
  }

 private:
  friend class QueueWriter;
  struct Queue {
    store::ConsumeQueue* queue = nullptr;
    store::QueueOffset next{
        0};  // what the next append gets: queue->max() and what is not committed yet
  };
  Queue& at(store::MessageStore& store, int32_t queue_id);

  std::string name_;
  std::vector<Queue> queues_;
  uint32_t turn_ = 0;
};

}  // namespace petrel::core
