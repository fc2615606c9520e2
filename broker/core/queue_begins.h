// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "broker/core/changes.h"
#include "broker/core/core_port.h"
#include "broker/core/log_writer.h"
#include "broker/core/state.h"
#include "broker/core/types.h"
#include "broker/core/waiting_receives.h"
#include "store/message_store.h"

namespace petrel::core {

// Where a group begins in queues that it has not begun, and the receives that wait for that. Core
// thread only.
//
// Nothing is kept of queues that were not begun: the group's declaration has its place in the log
// (GroupConfig::declared_at), and the queue's entries tell which of its messages came behind. So a
// declaration costs the same however many topics there are, and the answer is the same after a
// restart. Mostly the queue's ends tell; else its entries are searched in the background. While a
// group has begun no queue of a topic, its receives from there have nowhere to look, and wait here.
class QueueBegins {
 public:
  using Key = std::pair<GroupId, TopicId>;
  // All outlive this; `self` is where a search's result is posted (QueueBeginFound).
  struct Parts {
    store::MessageStore& store;
    const BrokerState& state;
    Changes& changes;
    LogWriter& writer;
    WaitingReceives& waiting;
    CorePort& self;
  };
  explicit QueueBegins(const Parts& parts) : parts_(parts) {}

  // None: it takes a search.
  static std::optional<store::QueueOffset> known(const GroupConfig& group,
                                                 const store::ConsumeQueue& queue);

  // The same, and what entries in memory tell. For lists, which search nothing.
  static std::optional<store::QueueOffset> seen(const GroupConfig& group,
                                                const store::ConsumeQueue& queue);

  // Of a queue that was not begun. False: where it begins is being searched; the result comes as
  // QueueBeginFound.
  bool begin(const GroupConfig& group, const Changes::Queue& where,
             const store::ConsumeQueue& queue);
  // The readable queues of the topic are begun as one, as far as it is known where. Null: nowhere
  // yet.
  const Subscription* begin(const TopicState& topic, const GroupState& group);
  // Where receives wait that were told that. The end of a search takes them out, by take_begun().
  WaitingReceives::Line& line(const Key& key);

  // What became of a search.
  struct Ended {
    const TopicState* topic = nullptr;  // who looks at it may find more now; null: no news
    Outcome outcome;                    // not ok: who waits for this queue is told that
  };
  Ended ended(const Changes::Queue& where, const absl::StatusOr<store::QueueOffset>& found);
  // Somebody else began queues of the topic: who waits for that need not wait for a search.
  void was_begun(const Key& key) { begun_.push_back(key); }
  bool any_begun() const { return !begun_.empty(); }
  // Those for which a search has ended: they begin anew.
  WaitingReceives::Receives take_begun();
  // Those of a group or topic that goes.
  WaitingReceives::Receives take_if(absl::FunctionRef<bool(const Key&)> concerned);

 private:
  using Place = std::tuple<GroupId, TopicId, int32_t>;
  std::optional<store::QueueOffset> find(const GroupConfig& group, const Changes::Queue& where,
                                         const store::ConsumeQueue& queue);
  // Whether the result answers what the group, null if it is gone, asks now of the queue, null if
  // the topic is gone.
  bool is_current(const GroupState* group, const Changes::Queue& where,
                  const store::ConsumeQueue* queue,
                  const absl::StatusOr<store::QueueOffset>& found);
  struct Search {
    store::QueuePoint point;
    store::QueueOffset end{0};  // of what was shown
  };
  const Parts parts_;
  absl::flat_hash_map<Place, Search> searched_;  // under way
  absl::btree_map<Key, std::unique_ptr<WaitingReceives::Line>> lines_;
  std::vector<Key> begun_;
};

}  // namespace petrel::core
