// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/functional/function_ref.h"
#include "broker/core/open_chunk.h"
#include "broker/core/types.h"
#include "store/types.h"

namespace petrel::core {

class GroupQueue;

// What a change of a queue needs of the state around it.
class QueueChanges {
 public:
  // The number of the capture that runs, 0 if none does. While one runs, each thing is saved before
  // its first change: the queue's head (next, last_delivery_id), and each chunk.
  explicit QueueChanges(uint32_t capture) : capture_(capture) {}
  virtual ~QueueChanges() = default;
  uint32_t capture() const { return capture_; }
  virtual void save_head(const GroupQueue& queue) = 0;
  virtual void save_chunk(const OpenChunk& chunk) = 0;
  // The client has so many open deliveries more, or fewer.
  virtual void count(ClientId client, int64_t open_deliveries) = 0;

 private:
  const uint32_t capture_;
};

// What one consumer group has done with one queue. Core thread only; pure state: no clock, no log.
//
// Every queue offset is in exactly one of three states:
//   offset >= next()              not looked at yet
//   offset <  next(), open        delivered, neither acknowledged nor given up; due again at
//                                 visible_at_ms
//   offset <  next(), not open    done: acknowledged, or skipped by a filter
// so there is no list of acknowledgements to keep: the state is one number and the deliveries still
// open. I-5: each open offset is below next(); next() goes back only by reposition().
//
// Open deliveries are kept in chunks of 64 neighbouring offsets, and an order of the chunks by
// their earliest visible_at_ms, so that a batch of neighbours costs one step and not one for each.
//
// BrokerState::apply() alone changes the queues of the state; everybody else has them const.
class GroupQueue {
 public:
  using InFlight = core::InFlight;

  store::QueueOffset next() const { return next_; }
  // The lowest offset that is not done: what RocketMQ calls the consumer offset.
  store::QueueOffset commit_offset() const;
  int64_t last_delivery_id() const { return last_delivery_id_; }
  size_t in_flight_count() const { return in_flight_count_; }
  // Of the open deliveries, those whose offset is below `end`.
  size_t count_in_flight_below(store::QueueOffset end) const;

  // The open delivery of this offset, or null.
  const InFlight* find(store::QueueOffset offset) const;
  // The delivery that `delivery_id` names, or null: acknowledged, delivered again since, or never
  // given.
  const InFlight* find(store::QueueOffset offset, int64_t delivery_id) const;

  using Visitor = absl::FunctionRef<bool(store::QueueOffset offset, const InFlight& delivery)>;
  // All open deliveries at or above `from`, by offset, until the visitor returns false.
  void visit_in_flight(store::QueueOffset from, Visitor visitor) const;

  // The order of due deliveries: chunks by their earliest visible_at_ms, then by offset; inside a
  // chunk by offset. It is a function of the state alone.
  //
  // Appends to `into` up to `limit` open offsets whose visible_at_ms <= now_ms.
  void due(int64_t now_ms, size_t limit, std::vector<store::QueueOffset>& into) const;
  // Where a walk over due deliveries stands: behind this one. Default: at the beginning.
  struct DuePosition {
    int64_t chunk_visible_at_ms = INT64_MIN;
    store::QueueOffset offset{-1};
  };
  // Shows the due deliveries behind `position`, which moves along, until the visitor returns false
  // (the next walk goes on behind that one) or none is left; true if none is. The visitor may not
  // change the queue. What changed since an earlier walk may be missed, or seen again: begin anew
  // now and then. Looks at up to 64 deliveries that are not due for each that is.
  bool walk_due(int64_t now_ms, DuePosition& position, Visitor visitor) const;
  // When the next open message becomes visible again.
  std::optional<int64_t> earliest_visible_at_ms() const;
  // The same among those that are still invisible. Looks at all of the chunks that have something
  // due.
  std::optional<int64_t> next_visible_after_ms(int64_t now_ms) const;

  // --- changes: only for BrokerState and tests ---

  // Offsets at or above `next` have not been looked at any more: their open deliveries end.
  void reposition(store::QueueOffset next, QueueChanges& changes);
  // Delivers offsets below `next`, each for the first time or again (where it is open); all below
  // `next` has been looked at. `attempt`, `suspended` and `answer_sent` of `delivery` are not used.
  void deliver(std::span<const int64_t> offsets, const InFlight& delivery, store::QueueOffset next,
               QueueChanges& changes);
  // Ends what is open of these offsets. Returns how many.
  size_t acknowledge(std::span<const int64_t> offsets, QueueChanges& changes);
  // New end, and new delivery_id where it differs. False if not open.
  struct Extension {
    store::QueueOffset offset{0};
    int64_t delivery_id = 0;
    int64_t visible_at_ms = 0;
    bool suspend = false;        // the next delivery is not a further attempt
    bool keep_renewing = false;  // its answer was sent; false: whoever renewed it does not any more
  };
  bool extend(const Extension& extension, QueueChanges& changes);
  // What stands below `min` is gone.
  void shorten(store::QueueOffset min, QueueChanges& changes);
  // The queue is about to go: its open deliveries no longer count for their clients.
  void uncount(QueueChanges& changes) const;

  // Puts back what a snapshot says; false if it does not fit (nothing has changed then): a chunk
  // that is there already, or an offset at or above next (I-5). The head comes first.
  void restore_head(store::QueueOffset next, int64_t last_delivery_id);
  bool restore_chunk(OpenChunk chunk, QueueChanges& changes);

  // --- for a capture ---
  // The last capture that has saved the head, or ran when the queue was begun. No part of the
  // state.
  uint32_t& head_capture() const { return head_capture_; }
  using Chunks = absl::btree_map<store::QueueOffset, OpenChunk>;  // by base
  const Chunks& chunks() const { return chunks_; }

  // Fails a check if the order, the counts and the chunks do not agree, or I-5 does not hold. Looks
  // at everything: for tests, and after a restore.
  void check_invariants() const;

 private:
  void touch_head(QueueChanges& changes);
  static void touch(OpenChunk& chunk, QueueChanges& changes);
  OpenChunk& chunk_at(store::QueueOffset offset, QueueChanges& changes);
  const OpenChunk& chunk_of_order(store::QueueOffset base) const;
  // What of the invariants costs nothing to check after each change.
  void check_ends() const;
  bool deliver_one(OpenChunk& chunk, store::QueueOffset offset, const InFlight& delivery,
                   QueueChanges& changes);
  static void uncount(const OpenChunk& chunk, uint64_t mask, QueueChanges& changes);
  void reorder(const OpenChunk& chunk, int64_t old_earliest_ms);
  // Ends those of the chunk that the mask names, and the chunk if it is empty then. Returns the
  // next chunk.
  Chunks::iterator close(Chunks::iterator chunk, uint64_t mask, QueueChanges& changes);

  store::QueueOffset next_{0};
  int64_t last_delivery_id_ = 0;
  size_t in_flight_count_ = 0;
  mutable uint32_t head_capture_ = 0;
  Chunks chunks_;
  absl::btree_set<std::pair<int64_t, store::QueueOffset>> order_;  // of chunks: earliest_ms, base
};

}  // namespace petrel::core
