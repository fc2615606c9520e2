// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "broker/core/cancel_id.h"
#include "broker/core/group_queue.h"
#include "broker/core/request.h"
#include "common/string_map.h"

namespace petrel::core {

// Receives that wait for messages: in the order in which they came for each line, by their
// deadline, and by the id by which they are cancelled. Not state: ends with the engine. Core thread
// only.
class WaitingReceives {
 public:
  // Where a look at due deliveries had to stop, by queue id.
  using DueStops = absl::flat_hash_map<int32_t, GroupQueue::DuePosition>;
  struct Waiter {
    std::unique_ptr<ReceiveRequest> request;
    int64_t deadline_us = 0;
    DueStops due_stops;
    bool unfinished = false;  // its last look stopped early, and goes on
    bool again = false;       // and something came meanwhile: another one follows
    // The last round of its line of which it has seen all that was due; 0: of none.
    uint64_t due_round = 0;
  };
  // Those that wait for the same messages. Whoever owns a line empties it before it goes.
  using Line = std::list<Waiter>;
  using Receives = std::vector<std::unique_ptr<ReceiveRequest>>;

  size_t size() const { return by_cancel_id_.size(); }
  // Of this client. Those that name none are nobody's.
  int32_t of_client(std::string_view client_id) const;

  // `line` stays where it is while something waits in it.
  Line::iterator park(Line& line, Waiter waiter);
  std::unique_ptr<ReceiveRequest> unpark(Line& line, Line::iterator waiter);
  // Null if it does not wait (any more).
  std::unique_ptr<ReceiveRequest> cancel(CancelId id);
  Receives unpark_line(Line& line);
  Receives unpark_expired(int64_t now_us);
  Receives unpark_all();
  std::optional<int64_t> next_deadline_us() const;

 private:
  struct Position {
    Line* line;
    Line::iterator waiter;
  };
  void count(std::string_view client_id, int32_t change);

  absl::flat_hash_map<CancelId, Position> by_cancel_id_;
  StringMap<int32_t> by_client_;                             // above 0
  absl::btree_set<std::pair<int64_t, CancelId>> deadlines_;  // mono_us
};

}  // namespace petrel::core
