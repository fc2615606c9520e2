// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "broker/core/publications.h"
#include "broker/core/registry.h"
#include "broker/core/state.h"
#include "broker/core/state_listener.h"
#include "store/message_store.h"

namespace petrel::core {

// What the core does with the records of the log: those of the state topic are events, which
// BrokerState applies; what they mean for queues goes to the store, what front ends are to see to
// the registry, and what waits for it to a follower. The same at a restart, on a replica, and live,
// where the events were applied when they were decided (Changes), before their record was appended.
// Core thread only; the store opens with it as its owner.
class StateApplier final : public store::MessageStore::Owner, public StateListener {
 public:
  // Hears what changed, for what is not state: waiting receives, counters by topic.
  class Follower {
   public:
    virtual ~Follower() = default;
    virtual void topic_changed(const TopicState& topic) = 0;
    virtual void group_changed(const GroupState& group) = 0;
    virtual void topic_gone(const TopicState& topic) = 0;
    virtual void group_gone(const GroupState& group) = 0;
    // Behind all of its subscriptions comes topic_gone or group_gone.
    virtual void subscription_gone(const Subscription& subscription) = 0;
  };

  explicit StateApplier(Registry& registry) : publications_(registry) {}

  const BrokerState& state() const { return state_; }
  // For those that turn decisions into events, and for captures.
  BrokerState& writable_state() { return state_; }
  Publications& publications() { return publications_; }
  // What is decided from here on concerns this store. `follower` may be null.
  void attach(store::MessageStore& store, Follower* follower);

  // While one lives: the record that is being appended tells what was applied already.
  class AppliedAlready {
   public:
    explicit AppliedAlready(StateApplier& applier) : applier_(applier) {
      applier_.applied_already_ = true;
    }
    ~AppliedAlready() { applier_.applied_already_ = false; }
    AppliedAlready(const AppliedAlready&) = delete;
    AppliedAlready& operator=(const AppliedAlready&) = delete;

   private:
    StateApplier& applier_;
  };

  // --- store::MessageStore::Owner ---
  absl::Status restore(store::MessageStore& store, std::span<const std::string> state) override;
  absl::Status apply(store::MessageStore& store, const store::RecordView& record) override;
  bool required(std::string_view topic) const override;

  // --- StateListener ---
  void topic_set(const TopicState& topic) override;
  void group_set(const GroupState& group) override;
  void topic_removed(const TopicState& topic, int64_t version) override;
  void group_removed(const GroupState& group, int64_t version) override;
  void subscription_removed(const Subscription& subscription) override;
  void queue_shortened(const QueueShortening& shortening) override;
  void queue_skipped(std::string_view topic, int32_t queue_id, store::QueueOffset next) override;
  void log_begin(store::LogOffset begin) override;

 private:
  absl::Status restore_totals(const std::string& piece);
  absl::Status apply_events(std::string_view body);
  // Of a record that is not the broker's own: ends where its message came from, if it moved.
  absl::Status apply_move(const store::RecordView& record);

  BrokerState state_{this};
  Publications publications_;
  store::MessageStore* store_ = nullptr;  // from restore on
  Follower* follower_ = nullptr;
  bool knows_beginning_ = false;  // of the state: a snapshot, or the first record of all
  bool applied_already_ = false;
};

}  // namespace petrel::core
