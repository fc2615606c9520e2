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
#include "broker/core/leases.h"
#include "broker/core/log_writer.h"
#include "broker/core/options.h"
#include "broker/core/outbox.h"
#include "broker/core/queue_begins.h"
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
    const Leases& leases;
    const TurnTime& time;
    CorePort& self;  // where results of the store's background work are posted
  };
  explicit PopService(const Parts& parts)
      : parts_(parts),
        begins_({parts.store, parts.state, parts.changes, parts.writer, waiting_, parts.self}) {}

  void receive(std::unique_ptr<ReceiveRequest> request);
  void cancel(CancelId id);

  // Messages of the topic were committed, or can be read now.
  void arrived(std::string_view topic);
  // Receives that wait may look at other queues now, where something may be due.
  void topic_changed(const TopicState& topic);
  // The group may not receive any more, or may again.
  void group_changed(const GroupState& group);
  void topic_gone(const TopicState& topic);
  void group_gone(const GroupState& group);
  // Whether bounds let the group have new messages of a queue where it stands so.
  bool may_take_new(const GroupQueue& position) const;
  // The subscription was reset, or begun by that: who waits for its messages looks anew.
  void was_reset(const Subscription& subscription);
  // The subscription may take more again.
  void freed(const Subscription& subscription);
  // A delivery of the subscription is due again at this time.
  void due_at(const Subscription& subscription, int64_t at_ms);
  // Asks for the queue's page of the offset, if none is being read.
  void load(store::ConsumeQueue& queue, store::QueueOffset from);
  void page_loaded(std::string_view topic, int32_t queue_id,
                   absl::StatusOr<std::shared_ptr<store::MessageStore::LoadedPage>> page);
  // What the group waits for to begin the queue.
  void begin_found(const Changes::Queue& where, const absl::StatusOr<store::QueueOffset>& found);
  // The subscription is about to go; who waits on it is answered by the second call, which tells
  // why.
  void subscription_gone(const Subscription& subscription);
  void answer_orphans(const Outcome& outcome);

  // --- Service ---
  void lead() override;
  void finish_turn() override;
  std::optional<int64_t> next_deadline_us() const override;
  void end_work(const Outcome& outcome) override;

  // Its client is there and works on it: it is renewed rather than given to others.
  bool is_held(const InFlight& delivery) const { return renewed_until_ms(delivery).has_value(); }
  // Deliveries that are due again after their last attempt: nobody gets them any more. Those that
  // looks came upon since the last call, perhaps more than once.
  struct Exhausted {
    Changes::Queue where;
    store::QueueOffset offset{0};
    int64_t delivery_id = 0;
  };
  std::vector<Exhausted> take_exhausted() { return std::exchange(exhausted_, {}); }

  size_t waiting_receives() const { return waiting_.size(); }
  // Queues that receives looked at so far.
  int64_t looks() const { return looks_; }

 private:
  using Key = QueueBegins::Key;
  // How far a look at what is due for the broker has come, and the end of the next invisible time.
  struct Settling {
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
    bool new_turn = false;  // where half of a batch is not a whole, new messages get more this time
    bool dirty = false;     // in dirty_
    bool news = false;      // for all that wait, not only for those that are not finished looking
    // Grows when something may have become due. Who has seen all of a round and was given nothing
    // is refused what is due by its filter, and looks at new messages alone until the next one.
    uint64_t due_round = 1;
    Settling settling;
  };
  // One receive's look at one queue.
  struct Look {
    Session& session;
    ReceiveRequest& request;
    WaitingReceives::DueStops& due_stops;
    Changes::Queue where;
    store::ConsumeQueue& queue;
    const GroupQueue& position;
    const GroupConfig& group;
    size_t room;
    int64_t& bytes;  // of what the receive takes, on this queue and those before
    store::HotReader& hot;
    bool due_too = true;
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
  // There may be something due for those that wait, or everything is different.
  void mark_dirty(Session& session);
  // There may be new messages for them.
  void mark_new(Session& session);
  // Somebody's look is not finished.
  void go_on(Session& session);
  void wait_to_begin(WaitingReceives::Line& line, std::unique_ptr<ReceiveRequest> request);
  void orphan(WaitingReceives::Receives receives);
  std::optional<WaitingReceives::Line::iterator> park(WaitingReceives::Line& line,
                                                      WaitingReceives::Waiter waiter);
  void wait(Session& session, const Served& served, std::unique_ptr<ReceiveRequest> request,
            WaitingReceives::DueStops due_stops);
  void refuse_waiters(WaitingReceives::Line& line, int32_t queue_id, const Outcome& outcome);
  void answer_all(WaitingReceives::Receives receives, const Outcome& outcome);
  void serve_waiters(Session& session);
  // One that waits looks again. The queues that have new messages are still those afterwards.
  void serve_waiter(Session& session, const TopicState& topic, const GroupState& group,
                    WaitingReceives::Line::iterator waiter, bool news,
                    std::vector<int32_t>& with_new);
  bool has_new(const Subscription& subscription, int32_t queue_id) const;
  bool has_due(const Subscription& subscription) const;

  // Fills request.deliveries. `only_new`: from these queues, and nothing that is due; null:
  // everything.
  Served serve(Session& session, const TopicState& topic, const GroupState& group,
               ReceiveRequest& request, WaitingReceives::DueStops& due_stops,
               const std::vector<int32_t>* only_new = nullptr);
  void look_at(Look& look);
  void collect_due(Look& look, std::vector<Found>& found);
  void walk_due(Look& look, GroupQueue::Visitor visit);
  // Of a batch that due messages fill, half makes way for new ones if there are such: taken out of
  // `found`.
  std::vector<Found> make_way(Look& look, std::vector<Found>& found);
  store::QueueOffset collect_new(Look& look, size_t room, std::vector<Found>& found);
  bool refuses(const ReceiveRequest& request, const store::QueueEntry& entry) const;
  // False: it would be too much for this answer, and is left to the next receive.
  bool take(Look& look, std::vector<Found>& found, const Found& message) const;
  void deliver(Look& look, const std::vector<Found>& found, store::QueueOffset next);

  // Until when the broker renews it, if it does so now: its answer was sent, and its client's lease
  // holds.
  std::optional<int64_t> renewed_until_ms(const GroupQueue::InFlight& delivery) const;
  struct Renewal {
    store::QueueOffset offset;
    int64_t delivery_id;
    int64_t until_ms;
  };
  void renew(Session& session, const Changes::Queue& where, const std::vector<Renewal>& renewals);
  bool settle_due(Session& session, size_t& budget);
  void arm(Session& session, int64_t at_ms);
  void set_timer(Session& session, int64_t at_ms);
  void fire_timers();

  const Parts parts_;
  WaitingReceives waiting_;
  absl::btree_map<Key, std::unique_ptr<Session>> sessions_;
  std::vector<Session*> dirty_;
  absl::btree_map<std::pair<int64_t, Key>, Session*> timers_;  // by log time
  absl::flat_hash_set<const store::ConsumeQueue*> loading_;
  QueueBegins begins_;
  WaitingReceives::Receives orphans_;
  std::vector<Exhausted> exhausted_;
  int64_t looks_ = 0;
  // The last of subscriptions that are gone: a group of the same name gives no handle twice.
  int64_t gone_delivery_id_ = 0;
  std::vector<store::QueueOffset> scratch_offsets_;
  std::vector<Renewal> scratch_renewals_;
};

}  // namespace petrel::core
