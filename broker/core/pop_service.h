// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "broker/core/journal.h"
#include "broker/core/options.h"
#include "broker/core/outbox.h"
#include "broker/core/request.h"
#include "broker/core/state.h"
#include "store/message_store.h"

namespace petrel::core {

// Time as a turn of the core sees it: read once, so that all decisions of the turn agree.
struct TurnTime {
  int64_t wall_ms = 0;
  int64_t mono_us = 0;
};

// Hands messages to consumers: pop with an invisible time, long polling, acknowledgement, renewal.
// Core thread only.
//
// Decisions become journal events; waiting receives and timers are not state and end with the
// process. A message whose invisible time ran out is simply found again by the next receive: time
// alone changes nothing in the state.
class PopService {
 public:
  // Posts a result of the store's background work to the core thread; called on any thread.
  using PostPage =
      absl::AnyInvocable<void(std::string topic, int32_t queue_id,
                              absl::StatusOr<std::shared_ptr<store::MessageStore::LoadedPage>>)>;

  struct Parts {
    const CoreOptions& options;
    store::MessageStore& store;
    BrokerState& state;
    Journal& journal;
    Outbox& outbox;
    const ClientLiveness& liveness;
  };
  PopService(const Parts& parts, PostPage post_page);
  ~PopService();

  void set_time(const TurnTime& time) { time_ = time; }

  // Where a group that is new to a queue begins: with its first message if none was deleted yet,
  // else with what comes next.
  static store::QueueOffset start_of(const store::ConsumeQueue& queue);

  // `group` and `topic` are those that the request names.
  void receive(GroupState& group, TopicState& topic, std::unique_ptr<ReceiveRequest> request);
  void cancel(CancelId cancel_id);
  void acknowledge(std::unique_ptr<AckRequest> request);
  void change_invisible(std::unique_ptr<ChangeInvisibleRequest> request);
  void entry_mismatch(const EntryMismatchRequest& request);

  // Messages of the topic were committed.
  void arrived(std::string_view topic);
  void page_loaded(std::string_view topic, int32_t queue_id,
                   absl::StatusOr<std::shared_ptr<store::MessageStore::LoadedPage>> page);
  // Answers the receives that wait on it and forgets it. Call before the state changes.
  void forget(Subscription& subscription, OutcomeCode code, const std::string& text);

  // Serves what this turn made possible and what time has made due. At the end of each turn.
  void finish_turn();
  // When finish_turn has work again at the latest, in mono_us.
  std::optional<int64_t> next_deadline_us() const;

  size_t waiting_receives() const { return waiting_by_cancel_id_.size(); }
  void fail_all(OutcomeCode code, const std::string& text);

 private:
  struct Waiter {
    std::unique_ptr<ReceiveRequest> request;
    int64_t deadline_us = 0;
  };
  // What a subscription needs beside its state.
  struct Desk {
    Subscription* subscription = nullptr;
    uint64_t sequence = 0;  // a deterministic name for ordering
    std::list<Waiter> waiters;
    size_t rotation = 0;  // the queue that the next receive looks at first
    std::optional<int64_t> armed_at_ms;
    bool dirty = false;  // in dirty_
  };
  struct WaiterPosition {
    Desk* desk;
    std::list<Waiter>::iterator waiter;
  };
  // One receive's look at one queue.
  struct Look {
    Desk& desk;
    GroupQueue& group_queue;
    store::ConsumeQueue& queue;
    ReceiveRequest& request;
    size_t room;
    bool loading = false;
  };
  struct Found {
    store::QueueOffset offset;
    store::QueueEntry entry;
  };

  Desk& desk(Subscription& subscription);
  void mark_dirty(Desk& desk);
  void park(Desk& desk, std::unique_ptr<ReceiveRequest> request, int64_t deadline_us);
  std::unique_ptr<ReceiveRequest> unpark(Desk& desk, std::list<Waiter>::iterator waiter);
  void serve_waiters(Desk& desk);
  bool may_have_messages(const Desk& desk);

  // Fills request.deliveries. loading: entries had to be asked for, so nothing found is no answer
  // yet.
  struct Served {
    bool loading = false;
  };
  Served serve(Desk& desk, const TopicConfig& topic, ReceiveRequest& request);
  GroupQueue& begin_queue(Desk& desk, store::ConsumeQueue& queue);
  void collect_due(Look& look, std::vector<Found>& found);
  void give_up(Look& look, store::QueueOffset offset);
  store::QueueOffset collect_new(Look& look, std::vector<Found>& found);
  void deliver(Look& look, const std::vector<Found>& found, store::QueueOffset next);
  // Extends what the broker renews and whose client is connected; true if this one was.
  bool renew(Desk& desk, GroupQueue& group_queue, int32_t queue_id, store::QueueOffset offset);
  void renew_due(Desk& desk);
  void load(store::ConsumeQueue& queue, store::QueueOffset from);

  void arm(Desk& desk, int64_t at_ms);
  void fire_timers();
  void expire_waiters();

  const CoreOptions& options_;
  store::MessageStore& store_;
  BrokerState& state_;
  Journal& journal_;
  Outbox& outbox_;
  const ClientLiveness& liveness_;
  std::shared_ptr<PostPage> post_page_;
  TurnTime time_;

  absl::flat_hash_map<const Subscription*, std::unique_ptr<Desk>> desks_;
  uint64_t next_sequence_ = 0;
  std::vector<Desk*> dirty_;
  absl::flat_hash_map<CancelId, WaiterPosition> waiting_by_cancel_id_;
  absl::btree_set<std::pair<int64_t, CancelId>> wait_deadlines_;            // mono_us, cancel_id
  absl::btree_map<std::pair<int64_t, uint64_t>, Desk*> visibility_timers_;  // wall_ms, sequence
  absl::flat_hash_set<const store::ConsumeQueue*> loading_;
  std::vector<store::QueueOffset> scratch_offsets_;
};

}  // namespace petrel::core
