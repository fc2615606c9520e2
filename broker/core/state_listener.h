// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "store/types.h"

namespace petrel::core {

struct TopicState;
struct GroupState;
class Subscription;

// The event QueueShortened: what stands below `min` in a queue is deleted for everybody.
struct QueueShortening {
  std::string_view topic;  // need not be configured
  int32_t queue_id = 0;
  store::QueueOffset min{0};
  store::LogOffset front{0};  // of the first message that is left, or lower
  bool empty = false;         // no message is left
  int64_t bytes = 0;          // of the messages that went
  int64_t oldest_ms = 0;      // store time of the first that is left
};

// Hears what BrokerState::apply() did, in the order of the events: live, at a restart and on a
// replica alike. Called on the core thread from inside apply(), which a listener must not call; the
// references are valid during the call. BrokerState::restore() tells nothing: who restores reads
// the whole state afterwards.
class StateListener {
 public:
  virtual ~StateListener() = default;

  // Made, if its version is its incarnation; changed otherwise.
  virtual void topic_set(const TopicState& topic) = 0;
  virtual void group_set(const GroupState& group) = 0;
  // Before it goes. Its subscriptions went before it, one call each. `version` is the config
  // version of the deletion.
  virtual void topic_removed(const TopicState& topic, int64_t version) = 0;
  virtual void group_removed(const GroupState& group, int64_t version) = 0;
  // Before it goes: its topic or its group is deleted.
  virtual void subscription_removed(const Subscription& subscription) = 0;

  // What the store has to follow. The groups' positions have moved.
  virtual void queue_shortened(const QueueShortening& shortening) = 0;
  virtual void queue_skipped(std::string_view topic, int32_t queue_id, store::QueueOffset next) = 0;
  virtual void log_begin(store::LogOffset begin) = 0;
};

}  // namespace petrel::core
