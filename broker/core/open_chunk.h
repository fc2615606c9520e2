// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "broker/core/types.h"
#include "store/types.h"

namespace petrel::core {

// A delivery that is neither acknowledged nor given up.
struct InFlight {
  int64_t delivery_id = 0;
  int64_t visible_at_ms = 0;
  int32_t attempt = 1;
  bool suspended = false;  // the next delivery is not a further attempt
  // The answer with it is known to have been sent; only with a client.
  bool answer_sent = false;
  // Renewed by the broker while this client is connected and since the answer was sent, at the
  // latest until renew_until_ms. 0: not.
  ClientId client{0};
  int64_t renew_until_ms = 0;

  friend bool operator==(const InFlight&, const InFlight&) = default;
};

// It was the last attempt: when it is due again the message moves to the dead letter queue.
inline bool is_exhausted(const InFlight& delivery, const GroupConfig& group) {
  return delivery.attempt >= group.deliveries_max() && !delivery.suspended;
}

// The open deliveries of up to 64 neighbouring offsets of a queue: a bitmap of the offsets, and the
// deliveries in their order. As large as what it holds. Core thread only.
class OpenChunk {
 public:
  static constexpr int64_t kOffsets = 64;
  static store::QueueOffset base_of(store::QueueOffset offset) {
    return store::QueueOffset(offset.value() & ~(kOffsets - 1));
  }
  static uint64_t bit_of(store::QueueOffset offset) {
    return uint64_t{1} << (offset.value() & (kOffsets - 1));
  }

  explicit OpenChunk(store::QueueOffset base) : base_(base) {}

  store::QueueOffset base() const { return base_; }
  uint64_t bitmap() const { return bitmap_; }
  bool empty() const { return bitmap_ == 0; }
  size_t size() const { return deliveries_.size(); }
  const std::vector<InFlight>& deliveries() const { return deliveries_; }
  store::QueueOffset first() const { return base_ + std::countr_zero(bitmap_); }
  store::QueueOffset last() const { return base_ + (kOffsets - 1 - std::countl_zero(bitmap_)); }
  // The earliest visible_at_ms of all; the largest number if it is empty.
  int64_t earliest_ms() const { return earliest_ms_; }

  const InFlight* find(store::QueueOffset offset) const;
  InFlight* find(store::QueueOffset offset);

  // --- changes; whoever makes them keeps the owner's order by earliest_ms() right ---

  // So many are about to be added, or are there already.
  void make_room(size_t more);
  // A new delivery of an offset that is not open.
  void add(store::QueueOffset offset, const InFlight& delivery);
  // Ends those in the mask, all of which are open.
  void remove(uint64_t mask);
  // After deliveries were changed in place.
  void find_earliest();

  // The last capture that has saved it, or ran when it was made. No part of the state.
  mutable uint32_t capture = 0;

  // Fails a check if bitmap, deliveries and earliest_ms() do not agree.
  void check_invariants() const;

 private:
  size_t rank_of(uint64_t bit) const {
    return static_cast<size_t>(std::popcount(bitmap_ & (bit - 1)));
  }

  store::QueueOffset base_;
  uint64_t bitmap_ = 0;
  int64_t earliest_ms_ = std::numeric_limits<int64_t>::max();
  std::vector<InFlight> deliveries_;
};

}  // namespace petrel::core
