// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "broker/core/group_queue.h"
#include "broker/core/types.h"

namespace petrel::core {

// Topic whose records hold the broker's own state (petrel.state.v1.StateRecord), in one queue.
inline constexpr std::string_view kStateTopic = "rmq_sys_PETREL_STATE";

// Collects the state changes of one turn of the core thread, to become one record of the log.
// Neighbouring acknowledgements of one queue join into one event.
class Journal {
 public:
  // A record of about `record_bytes` is full.
  explicit Journal(int64_t record_bytes = 1 << 20);
  ~Journal();

  struct Queue {
    std::string_view group;
    std::string_view topic;
    int32_t queue_id = 0;
  };
  // Bytes that a change of a topic or group takes at most.
  static size_t bytes_of(const TopicConfig& topic);
  static size_t bytes_of(const GroupConfig& group);
  static size_t bytes_of(const std::string& deleted_name);

  void topic_set(const TopicConfig& topic);
  void topic_deleted(std::string_view name, int64_t version);
  void group_set(const GroupConfig& group);
  void group_deleted(std::string_view name, int64_t version);
  void delivered(const Queue& queue, std::span<const store::QueueOffset> offsets,
                 const GroupQueue::InFlight& delivery, store::QueueOffset next);
  void acked(const Queue& queue, store::QueueOffset offset);
  struct Extension {
    store::QueueOffset offset{0};
    int64_t delivery_id = 0;
    int64_t visible_at_ms = 0;
    bool suspend = false;
    bool keep_renewing = false;
  };
  void extended(const Queue& queue, const Extension& extension);
  void adopted(std::string_view fingerprint);
  void positioned(const Queue& queue, store::QueueOffset next);

  bool empty() const;
  // True when the record should be taken before more is added: it is large, or it deletes a topic,
  // and messages of a new topic of that name must come behind it in the log.
  bool full() const { return bytes_estimate_ >= record_bytes_ || deletes_topic_; }
  // The record's body; the journal is empty afterwards.
  std::string take();

 private:
  struct Impl;
  const size_t record_bytes_;
  std::unique_ptr<Impl> impl_;
  size_t bytes_estimate_ = 0;
  bool deletes_topic_ = false;
};

}  // namespace petrel::core
