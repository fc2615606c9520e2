// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "broker/core/catalog.h"
#include "broker/core/changes.h"
#include "broker/core/core_port.h"
#include "broker/core/log_writer.h"
#include "broker/core/options.h"
#include "broker/core/outbox.h"
#include "broker/core/request.h"
#include "broker/core/service.h"
#include "broker/core/state.h"
#include "broker/core/turn_time.h"
#include "broker/core/waiting_receives.h"
#include "store/log/hot_reader.h"
#include "store/message_store.h"

namespace petrel::core {

// Hands messages to consumers: receives with an invisible time, long polling, renewal. Core thread
// only. What consumers say about deliveries is in ack_service.h.
//
// Decisions become events; waiting receives and timers are not state and end with the engine. A
// message whose invisible time ran out is simply found again by the next receive: time alone
// changes nothing in the state.
class PopService final : public Service {
 public:
  struct Parts {
    const CoreOptions& options;
    store::MessageStore& store;
    const BrokerState& state;
    Catalog& catalog;
    Changes& changes;
    LogWriter& writer;
    Outbox& outbox;
    const ClientLiveness& liveness;
    const TurnTime& time;
    CorePort& self;  // where results of the store's background work are posted
  };
  explicit PopService(const Parts& parts) : parts_(parts) {}

  // Where a group that is new to a queue begins: with its first message if none was deleted yet,
  // else with what comes next.
  static store::QueueOffset start_of(const store::ConsumeQueue& queue);

  void receive(std::unique_ptr<ReceiveRequest> request);
  void cancel(CancelId id);

  // Messages of the topic were committed, or its queues changed.
  void arrived(std::string_view topic);
  // The group may not receive any more, or may again.
  void group_changed(const GroupState& group);
  void topic_gone(const TopicState& topic);
  // The subscription may take more again.
  void freed(const Subscription& subscription);
  // A delivery of the subscription is due again at this time.
  void due_at(const Subscription& subscription, int64_t at_ms);
  void page_loaded(std::string_view topic, int32_t queue_id,
                   absl::StatusOr<std::shared_ptr<store::MessageStore::LoadedPage>> page);
  // The subscription is about to go; who waits on it is answered by the second call, which tells
  // why.
  void subscription_gone(const Subscription& subscription);
  void answer_orphans(const Outcome& outcome);

  // --- Service ---
  void finish_turn() override;
  std::optional<int64_t> next_deadline_us() const override;
  void end_work(const Outcome& outcome) override;

  size_t waiting_receives() const { return waiting_.size(); }

 private:
  using Key = std::pair<GroupId, TopicId>;
  // How far a look at what is due for renewal has come, and the end of the next invisible time.
  struct Renewing {
    bool under_way = false;
    int32_t queue_id = 0;
    GroupQueue::DuePosition position;
    std::optional<int64_t> next_ms;  // also of what was decided meanwhile
  };
  // What is known of a subscription beside its state.
  struct Session {
    const Subscription* subscription = nullptr;
    WaitingReceives::Line line;
    size_t rotation = 0;  // the queue that the next receive looks at first
    std::optional<int64_t> armed_at_ms;
    bool dirty = false;  // in dirty_
    bool news = false;   // for all that wait, not only for those that are not finished looking
    Renewing renewing;
  };
  // One receive's look at one queue.
  struct Look {
    ReceiveRequest& request;
    WaitingReceives::DueStops& due_stops;
    Changes::Queue where;
    store::ConsumeQueue& queue;
    const GroupQueue& position;
    size_t room;
    int64_t& bytes;  // of what the receive takes, on this queue and those before
    store::HotReader& hot;
    bool loading = false;  // entries had to be asked for, so nothing found is no answer yet
    bool more = false;     // it stopped early, and goes on after the others' turn
    bool full = false;     // the next message has no room: the answer is complete
  };
  struct Found {
    store::QueueOffset offset;
    store::QueueEntry entry;
  };
  struct Served {
    bool loading = false;
    bool more = false;
  };

  std::optional<Outcome> refuse(const ReceiveRequest& request, const TopicConfig& topic,
                                const GroupConfig& group) const;
  // Why it may not wait: too many do already.
  std::optional<Outcome> refuse_to_wait(const ReceiveRequest& request) const;
  Session& session(const Subscription& subscription);
  Session* find_session(const Subscription& subscription);
  // There may be something for those that wait.
  void mark_dirty(Session& session);
  // Somebody's look is not finished.
  void go_on(Session& session);
  void wait(Session& session, const Served& served, std::unique_ptr<ReceiveRequest> request,
            WaitingReceives::DueStops due_stops);
  void refuse_waiters(WaitingReceives::Line& line, int32_t queue_id, const Outcome& outcome);
  void answer_all(WaitingReceives::Receives receives, const Outcome& outcome);
  void serve_waiters(Session& session);
  bool may_have_messages(const Subscription& subscription) const;

  // Fills request.deliveries. The subscription is there afterwards.
  Served serve(const TopicState& topic, const GroupState& group, size_t first_queue,
               ReceiveRequest& request, WaitingReceives::DueStops& due_stops);
  const GroupQueue& begun_queue(const Changes::Queue& where, const store::ConsumeQueue& queue);
  void look_at(Look& look);
  void collect_due(Look& look, std::vector<Found>& found);
  void walk_due(Look& look, GroupQueue::Visitor visit);
  store::QueueOffset collect_new(Look& look, std::vector<Found>& found);
  bool refuses(const ReceiveRequest& request, const store::QueueEntry& entry) const;
  // False: it would be too much for this answer, and is left to the next receive.
  bool take(Look& look, std::vector<Found>& found, const Found& message) const;
  void deliver(Look& look, const std::vector<Found>& found, store::QueueOffset next);
  void load(store::ConsumeQueue& queue, store::QueueOffset from);

  // The broker renews it now: its client is connected.
  bool renewable(const GroupQueue::InFlight& delivery) const;
  void renew(const Changes::Queue& where, const GroupQueue& queue, store::QueueOffset offset);
  bool renew_due(Session& session, size_t& budget);
  void arm(Session& session, int64_t at_ms);
  void set_timer(Session& session, int64_t at_ms);
  void fire_timers();

  const Parts parts_;
  WaitingReceives waiting_;
  absl::btree_map<Key, std::unique_ptr<Session>> sessions_;
  std::vector<Session*> dirty_;
  absl::btree_map<std::pair<int64_t, Key>, Session*> timers_;  // by log time
  absl::flat_hash_set<const store::ConsumeQueue*> loading_;
  WaitingReceives::Receives orphans_;
  std::vector<store::QueueOffset> scratch_offsets_;
};

}  // namespace petrel::core
