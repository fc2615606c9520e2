// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/open_chunk.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace petrel::core {

const InFlight* OpenChunk::find(store::QueueOffset offset) const {
  const uint64_t bit = bit_of(offset);
  if (base_of(offset) != base_ || (bitmap_ & bit) == 0) {
    return nullptr;
  }
  return &deliveries_[rank_of(bit)];
}

InFlight* OpenChunk::find(store::QueueOffset offset) {
  return const_cast<InFlight*>(std::as_const(*this).find(offset));
}

void OpenChunk::make_room(size_t more) {
  const size_t needed = std::min<size_t>(deliveries_.size() + more, kOffsets);
  if (needed > deliveries_.capacity()) {
    const size_t doubled = std::min<size_t>(2 * deliveries_.capacity(), kOffsets);
    deliveries_.reserve(std::max(needed, doubled));
  }
}

void OpenChunk::add(store::QueueOffset offset, const InFlight& delivery) {
  const uint64_t bit = bit_of(offset);
  PETREL_CHECK(base_of(offset) == base_ && (bitmap_ & bit) == 0)
      << "queue offset " << offset.value() << " in the chunk at " << base_.value();
  deliveries_.insert(deliveries_.begin() + static_cast<ptrdiff_t>(rank_of(bit)), delivery);
  bitmap_ |= bit;
  earliest_ms_ = std::min(earliest_ms_, delivery.visible_at_ms);
}

void OpenChunk::remove(uint64_t mask) {
  PETREL_CHECK_EQ(mask & ~bitmap_, 0u) << "of the chunk at " << base_.value();
  if (mask == bitmap_) {
    deliveries_.clear();
    bitmap_ = 0;
    find_earliest();
    return;
  }
  bool earliest_went = false;
  size_t from = 0;
  size_t to = 0;
  for (uint64_t left = bitmap_; left != 0; left &= left - 1, ++from) {
    if ((mask & left & -left) != 0) {
      earliest_went |= deliveries_[from].visible_at_ms == earliest_ms_;
    } else {
      if (to != from) {
        deliveries_[to] = deliveries_[from];
      }
      ++to;
    }
  }
  deliveries_.resize(to);
  bitmap_ &= ~mask;
  // One message that nobody acknowledges must not hold the memory of 64.
  constexpr size_t kSmall = 8;
  if (deliveries_.capacity() > kSmall && to * 4 <= deliveries_.capacity()) {
    std::vector<InFlight> smaller;
    smaller.reserve(to * 2);
    smaller.assign(deliveries_.begin(), deliveries_.end());
    deliveries_.swap(smaller);
  }
  if (earliest_went) {
    find_earliest();
  }
}

void OpenChunk::find_earliest() {
  int64_t earliest_ms = std::numeric_limits<int64_t>::max();
  for (const InFlight& delivery : deliveries_) {
    earliest_ms = std::min(earliest_ms, delivery.visible_at_ms);
  }
  earliest_ms_ = earliest_ms;
}

void OpenChunk::check_invariants() const {
  PETREL_CHECK_EQ(static_cast<size_t>(std::popcount(bitmap_)), deliveries_.size())
      << "in the chunk at " << base_.value();
  PETREL_CHECK(base_ == base_of(base_) && !empty()) << "at " << base_.value();
  OpenChunk same = *this;
  same.find_earliest();
  PETREL_CHECK_EQ(same.earliest_ms_, earliest_ms_) << "in the chunk at " << base_.value();
}

}  // namespace petrel::core
