// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "broker/core/changes.h"
#include "broker/core/core_port.h"
#include "broker/core/types.h"
#include "store/message_store.h"

namespace petrel::core {

// Where a group begins in a queue that it has not begun. Core thread only.
//
// Nothing is kept of queues that were not begun: the group's declaration has its place in the log
// (GroupConfig::declared_at), and the queue's entries tell which of its messages came behind. So a
// declaration costs the same however many topics there are, and the answer is the same after a
// restart. Mostly the queue's ends tell; else its entries are searched in the background.
class QueueBegins {
 public:
  // The store outlives this; `self` is where the search's result is posted (QueueBeginFound).
  QueueBegins(store::MessageStore& store, CorePort& self) : store_(store), self_(self) {}

  // None: it takes a search.
  static std::optional<store::QueueOffset> known(const GroupConfig& group,
                                                 const store::ConsumeQueue& queue);

  // The same, and what entries in memory tell. For lists, which search nothing.
  static std::optional<store::QueueOffset> seen(const GroupConfig& group,
                                                const store::ConsumeQueue& queue);

  // None: a search is under way; its result comes as QueueBeginFound.
  std::optional<store::QueueOffset> find(const GroupConfig& group, const Changes::Queue& where,
                                         const store::ConsumeQueue& queue);
  // A result has come. Whether it answers what the group, null if it is gone, asks now of the
  // queue, null if the topic is gone.
  bool ended(const GroupConfig* group, const Changes::Queue& where,
             const store::ConsumeQueue* queue, const absl::StatusOr<store::QueueOffset>& found);

 private:
  using Place = std::tuple<GroupId, TopicId, int32_t>;
  struct Search {
    store::QueuePoint point;
    store::QueueOffset end{0};  // of what was shown
  };
  store::MessageStore& store_;
  CorePort& self_;
  absl::flat_hash_map<Place, Search> searched_;  // under way
};

}  // namespace petrel::core
