// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sstream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "store/message_store.h"
#include "store/testing/open_store.h"

namespace petrel::store {

// The topic whose records tell what a ControlOwner decided, an event a line of the body:
//   delete <topic>
//   min <topic> <queue> <min> <front> <bytes> <oldest_ms>
//   skip <topic> <queue> <next>
//   begin <log offset>
inline constexpr char kControlTopic[] = "control";

inline std::string control_events(const MessageStore::RetentionFound& found, LogOffset begin) {
  std::string events;
  for (const auto& queue : found.queues) {
    const MinMove& move = queue.move;
    events += concat("min ", queue.topic, " ", queue.queue_id, " ", move.min.value(), " ",
                     move.front.value(), " ", move.bytes, " ", move.oldest_ms, "\n");
  }
  if (found.begin > begin) events += concat("begin ", found.begin.value(), "\n");
  return events;
}

inline void apply_control(MessageStore& store, std::string_view events) {
  std::istringstream lines{std::string(events)};
  for (std::string kind; lines >> kind;) {
    if (kind == "begin") {
      int64_t begin = 0;
      lines >> begin;
      store.move_begin(LogOffset(begin));
      continue;
    }
    std::string topic;
    lines >> topic;
    if (kind == "delete") {
      store.delete_topic(topic);
      continue;
    }
    int32_t queue_id = 0;
    int64_t offset = 0;
    lines >> queue_id >> offset;
    if (kind == "skip") {
      store.skip_to(topic, queue_id, QueueOffset(offset));
      continue;
    }
    PETREL_CHECK_EQ(kind, "min");
    int64_t front = 0;
    MinMove move{.min = QueueOffset(offset)};
    lines >> front >> move.bytes >> move.oldest_ms;
    move.front = LogOffset(front);
    store.move_min(topic, queue_id, move);
  }
}

// Has no state but what its records say about queues.
class ControlOwner : public StatelessOwner {
 public:
  absl::Status apply(MessageStore& store, const RecordView& record) override {
    if (record.topic == kControlTopic) apply_control(store, record.body);
    return absl::OkStatus();
  }
  bool required(std::string_view topic) const override { return topic == kControlTopic; }
};

// Decides: applies the events, and appends the record that says so.
inline absl::StatusOr<MessageStore::Placed> append_control(MessageStore& store,
                                                           std::string_view events,
                                                           int64_t store_ms) {
  apply_control(store, events);
  return store.append(test_record(kControlTopic, events), 0, store_ms);
}

}  // namespace petrel::store
