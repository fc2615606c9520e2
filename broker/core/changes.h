// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "broker/core/group_queue.h"
#include "broker/core/options.h"
#include "broker/core/state.h"
#include "broker/core/types.h"
#include "store/queue/consume_queue.h"

namespace petrel::core {

// Topic whose records hold the broker's own state (petrel.state.v1.StateRecord), in one queue.
inline constexpr std::string_view kStateTopic = "rmq_sys_PETREL_STATE";

// What the leader decides becomes an event here, and only here: the event is applied to the state
// at once, with the function that a restart and a replica use, and collected for the next record
// of the log. Nothing else of the core has a state that it could change. Core thread only.
//
// The record of a turn is appended at its end, or earlier when it is full or a message is about to
// be appended that must not stand before it (LogWriter).
class Changes {
 public:
  // Both outlive this.
  Changes(BrokerState& state, const CoreOptions& options);
  ~Changes();

  // Bytes that a change of a topic or group takes at most.
  static size_t bytes_of(const TopicConfig& topic);
  static size_t bytes_of(const GroupConfig& group);
  static size_t bytes_of(const std::string& deleted_name);

  // --- topics and groups; each gets the next config version ---
  void set_topic(TopicConfig config);
  void remove_topic(const TopicState& topic);
  void set_group(GroupConfig config);
  void remove_group(const GroupState& group);
  void adopted(std::string_view fingerprint);

  // --- consumption ---
  struct Queue {
    GroupId group{0};
    TopicId topic{0};
    int32_t queue_id = 0;
  };
  // The id of a client that deliveries are to name; it is made known where it is not.
  ClientId client(std::string_view name);
  void delivered(const Queue& queue, std::span<const store::QueueOffset> offsets,
                 const GroupQueue::InFlight& delivery, store::QueueOffset next);
  void acknowledged(const Queue& queue, std::span<const store::QueueOffset> offsets);
  void extended(const Queue& queue, const GroupQueue::Extension& extension);
  void positioned(const Queue& queue, store::QueueOffset next);
  // The same, and all that is open in the queue ends, wherever it is.
  void reset(const Queue& queue, store::QueueOffset next);

  // --- queues and the log ---
  void queue_shortened(std::string_view topic, int32_t queue_id, const store::MinMove& move);
  void queue_skipped(std::string_view topic, int32_t queue_id, store::QueueOffset next);
  void log_begins(store::LogOffset begin);

  bool empty() const;
  // The record should be taken before more is added.
  bool full() const;
  // A message that is appended before the record would be applied in another order at a restart:
  // there is more in it than consumption.
  bool must_precede_messages() const { return ordered_; }
  // The record's body; nothing is left afterwards.
  std::string take();

 private:
  struct Impl;
  void apply_last();
  int64_t next_version() const;
  void forget_idle_clients();

  BrokerState& state_;
  const CoreOptions& options_;
  std::unique_ptr<Impl> impl_;
  size_t bytes_ = 0;
  bool ordered_ = false;
};

}  // namespace petrel::core
