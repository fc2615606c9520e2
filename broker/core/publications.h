// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "broker/core/registry.h"
#include "broker/core/state.h"
#include "store/types.h"

namespace petrel::core {

// Tells the registry of topics and groups, each change when its record is committed: what front
// ends, routes and feeds show is never taken back. Core thread only.
class Publications {
 public:
  explicit Publications(Registry& registry) : registry_(registry) {}

  // A change whose record begins at `at`, in log order.
  void topic_set(store::LogOffset at, const TopicConfig& topic);
  void topic_removed(store::LogOffset at, const TopicConfig& topic, int64_t version);
  void group_set(store::LogOffset at, const GroupConfig& group);
  void group_removed(store::LogOffset at, const GroupConfig& group, int64_t version);

  void committed(store::CommittedOffset committed);
  // There are changes that are not committed yet.
  bool pending() const { return !pending_.empty(); }
  // Everything that `state` has, after a start, when all of it is committed.
  void begin(const BrokerState& state);

 private:
  struct Pending {
    store::LogOffset at;
    int64_t version = 0;
    std::function<void(Registry&)> publish;
  };
  void add(store::LogOffset at, int64_t version, std::function<void(Registry&)> publish);

  Registry& registry_;
  bool begun_ = false;           // before, begin() will tell
  std::deque<Pending> pending_;  // in log order, each of a higher version than the one before
};

}  // namespace petrel::core
