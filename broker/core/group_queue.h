// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "store/types.h"

namespace petrel::core {

// What one consumer group has done with one queue. Core thread only; pure state: no clock, no log.
//
// Every queue offset is in exactly one of three states:
//   offset >= next()                      not looked at yet
//   offset <  next() and in flight        delivered, neither acknowledged nor given up; due again
//   at visible_at_ms offset <  next() and not in flight    done: acknowledged, or skipped by a
//   filter
// so there is no list of acknowledgements to keep: the state is one number and the deliveries still
// open. I-5: each in-flight offset is below next(); next() never goes back but by reposition.
// Changes happen only through the functions below, which are called with the same arguments when
// the group's events are replayed from the log; so a restarted broker, or a replica, has the same
// state.
class GroupQueue {
 public:
  struct InFlight {
    int64_t delivery_id = 0;
    int64_t visible_at_ms = 0;
    int32_t attempt = 1;
    bool suspended = false;  // the next delivery is not a further attempt
    // Renewed by the broker while this client is connected, at the latest until renew_until_ms.
    // Empty: not.
    std::string renew_client_id;
    int64_t renew_until_ms = 0;
  };
  using InFlightMap = absl::btree_map<store::QueueOffset, InFlight>;

  store::QueueOffset next() const { return next_; }
  const InFlightMap& in_flight() const { return in_flight_; }
  // The lowest offset that is not done: what RocketMQ calls the consumer offset.
  store::QueueOffset commit_offset() const {
    return in_flight_.empty() ? next_ : in_flight_.begin()->first;
  }
  int64_t last_delivery_id() const { return last_delivery_id_; }

  // The delivery that `delivery_id` names, or null: acknowledged, delivered again since, or never
  // given.
  const InFlight* find(store::QueueOffset offset, int64_t delivery_id) const;

  // Appends to `into` up to `limit` in-flight offsets whose visible_at_ms <= now_ms, earliest
  // first.
  void due(int64_t now_ms, size_t limit, std::vector<store::QueueOffset>& into) const;
  // When the next in-flight message becomes visible again.
  std::optional<int64_t> earliest_visible_at_ms() const;
  // The same among those that are still invisible.
  std::optional<int64_t> next_visible_after_ms(int64_t now_ms) const;

  // --- changes ---
  void reposition(store::QueueOffset next) { next_ = next; }
  // Delivers one offset, for the first time (offset >= next) or again (in flight). Returns the
  // attempt.
  int32_t deliver(store::QueueOffset offset, const InFlight& delivery);
  // All below `next` has been looked at.
  void advance(store::QueueOffset next);
  // False if not in flight.
  bool acknowledge(store::QueueOffset offset);
  // New end, and new delivery_id where it differs. False if not in flight.
  bool extend(store::QueueOffset offset, int64_t delivery_id, int64_t visible_at_ms, bool suspend,
              bool keep_renewing);
  // Puts back a delivery from a snapshot.
  void restore(store::QueueOffset offset, InFlight delivery);
  void restore_last_delivery_id(int64_t delivery_id) { last_delivery_id_ = delivery_id; }

 private:
  void set_visible_at(store::QueueOffset offset, InFlight& delivery, int64_t visible_at_ms);

  store::QueueOffset next_{0};
  int64_t last_delivery_id_ = 0;
  InFlightMap in_flight_;
  absl::btree_set<std::pair<int64_t, store::QueueOffset>> by_visibility_;  // same set, by time
};

}  // namespace petrel::core
