// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/state.h"
#include "broker/core/state_pieces.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {

// One capture of a BrokerState: the state as it was when this was made, written down in slices.
// Included by .cc files only; core thread.
//
// Units are saved each by itself: a topic, a group, a client, the head of a group's queue, a chunk
// of open deliveries. A unit bears the number of the last capture that has saved it. A walk over
// the state, in the order of ids, saves what does not bear this one's number yet. Between slices
// the state changes: it has a unit saved before its first change or its end, and gives one that is
// made meanwhile this number, so that the walk passes it by. Subscriptions that end meanwhile are
// handed over whole, since they may be large, and walked over last.
class StateCapture {
 public:
  // Numbers grow from capture to capture of one state. 0: everything is saved in the order of the
  // walk and nothing is marked, for a capture in one go.
  StateCapture(uint32_t number, const BrokerState& state);

  uint32_t number() const { return number_; }

  // Each saves unless it is saved already.
  void save(const TopicState& topic);
  void save(const GroupState& group);
  void save(const ClientTable::Client& client);
  void save_head(const Subscription& subscription, int32_t queue_id, const GroupQueue& queue);
  void save_chunk(const Subscription& subscription, int32_t queue_id, const OpenChunk& chunk);
  // One that is no longer part of the state.
  void keep(std::unique_ptr<Subscription> removed);

  // Saves about so many bytes more; true when all is saved. Units that are saved already count a
  // little, so that a slice is bounded.
  bool some(const BrokerState& state, size_t bytes_max);
  // After some() has returned true.
  std::vector<std::string> take() &&;

 private:
  // Where the walk is inside a subscription.
  struct Cursor {
    int32_t queue_id = 0;
    bool head_done = false;
    store::QueueOffset base{0};  // of the next chunk
  };
  enum class Phase { kTopics, kGroups, kClients, kQueues, kRemoved, kDone };

  // Whether a unit is still to be saved; it counts as saved from now on.
  bool claim(uint32_t& saved_in) const;
  bool walk(const BrokerState& state);
  bool walk_queues(const BrokerState& state);
  bool walk_removed();
  bool walk_subscription(const Subscription& subscription);
  bool walk_queue(const Subscription& subscription, const GroupQueue& queue);
  bool slice_used() const { return looks_ * kBytesPerLook + pieces_.bytes() >= slice_end_; }
  void finish();

  // What it costs to look at a unit, as bytes.
  static constexpr size_t kBytesPerLook = 16;
  // Each slice gets on by a unit at least.
  static constexpr size_t kSliceBytesMin = 8 * kBytesPerLook;

  const uint32_t number_;
  StatePieces pieces_;
  size_t looks_ = 0;
  size_t slice_end_ = 0;
  Phase phase_ = Phase::kTopics;
  TopicId next_topic_;
  GroupId next_group_;
  ClientId next_client_;
  std::pair<GroupId, TopicId> next_subscription_;
  Cursor cursor_;  // of next_subscription_, or of the first that was removed
  std::deque<std::unique_ptr<Subscription>> removed_;
  state::v1::Snapshot last_;  // what is written at the end, as it was at the beginning
  state::v1::Snapshot::Queue queue_message_;  // used again and again
  state::v1::Snapshot::Chunk chunk_message_;
};

}  // namespace petrel::core
