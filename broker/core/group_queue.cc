// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/group_queue.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "common/check.h"

namespace petrel::core {
namespace {

using store::QueueOffset;

constexpr uint64_t kAll = ~uint64_t{0};

// The bits of a chunk's offsets below `end`.
uint64_t bits_below(const OpenChunk& chunk, QueueOffset end) {
  const int64_t count = end - chunk.base();
  if (count <= 0) {
    return 0;
  }
  return count >= OpenChunk::kOffsets ? kAll : (uint64_t{1} << count) - 1;
}

}  // namespace

// --- reading -------------------------------------------------------------------------------------

QueueOffset GroupQueue::commit_offset() const {
  return chunks_.empty() ? next_ : chunks_.begin()->second.first();
}

size_t GroupQueue::count_in_flight_below(QueueOffset end) const {
  size_t count = 0;
  for (const auto& [base, chunk] : chunks_) {
    if (base >= end) {
      break;
    }
    count += static_cast<size_t>(std::popcount(chunk.bitmap() & bits_below(chunk, end)));
  }
  return count;
}

const InFlight* GroupQueue::find(QueueOffset offset) const {
  const auto chunk = chunks_.find(OpenChunk::base_of(offset));
  return chunk == chunks_.end() ? nullptr : chunk->second.find(offset);
}

const InFlight* GroupQueue::find(QueueOffset offset, int64_t delivery_id) const {
  const InFlight* const open = find(offset);
  return open != nullptr && open->delivery_id == delivery_id ? open : nullptr;
}

void GroupQueue::visit_in_flight(QueueOffset from, Visitor visitor) const {
  for (auto it = chunks_.lower_bound(OpenChunk::base_of(from)); it != chunks_.end(); ++it) {
    const OpenChunk& chunk = it->second;
    size_t rank = 0;
    for (uint64_t left = chunk.bitmap(); left != 0; left &= left - 1, ++rank) {
      const QueueOffset offset = chunk.base() + std::countr_zero(left);
      if (offset >= from && !visitor(offset, chunk.deliveries()[rank])) {
        return;
      }
    }
  }
}

void GroupQueue::due(int64_t now_ms, size_t limit, std::vector<QueueOffset>& into) const {
  if (limit == 0) {
    return;
  }
  const size_t full = limit > into.max_size() - into.size() ? into.max_size() : into.size() + limit;
  DuePosition position;
  walk_due(now_ms, position, [&into, full](QueueOffset offset, const InFlight&) {
    into.push_back(offset);
    return into.size() < full;
  });
}

const OpenChunk& GroupQueue::chunk_of_order(QueueOffset base) const {
  const auto chunk = chunks_.find(base);
  PETREL_CHECK(chunk != chunks_.end()) << "the order has a chunk at " << base.value();
  return chunk->second;
}

bool GroupQueue::walk_due(int64_t now_ms, DuePosition& position, Visitor visitor) const {
  // Copied: the position moves along while the first chunk is looked at.
  const QueueOffset behind = position.offset;
  const std::pair start(position.chunk_visible_at_ms, OpenChunk::base_of(behind));
  for (auto entry = order_.lower_bound(start); entry != order_.end(); ++entry) {
    if (entry->first > now_ms) {
      break;
    }
    const OpenChunk& chunk = chunk_of_order(entry->second);
    const bool begun = *entry == start;
    size_t rank = 0;
    for (uint64_t left = chunk.bitmap(); left != 0; left &= left - 1, ++rank) {
      const QueueOffset offset = chunk.base() + std::countr_zero(left);
      const InFlight& delivery = chunk.deliveries()[rank];
      if (delivery.visible_at_ms > now_ms || (begun && offset <= behind)) {
        continue;
      }
      position = {.chunk_visible_at_ms = entry->first, .offset = offset};
      if (!visitor(offset, delivery)) {
        return false;
      }
    }
  }
  return true;
}

std::optional<int64_t> GroupQueue::earliest_visible_at_ms() const {
  if (order_.empty()) {
    return std::nullopt;
  }
  return order_.begin()->first;
}

std::optional<int64_t> GroupQueue::next_visible_after_ms(int64_t now_ms) const {
  std::optional<int64_t> next_ms;
  for (const auto& [earliest_ms, base] : order_) {
    if (earliest_ms > now_ms) {  // the first of those that have nothing due
      next_ms = std::min(next_ms.value_or(earliest_ms), earliest_ms);
      break;
    }
    for (const InFlight& delivery : chunk_of_order(base).deliveries()) {
      if (delivery.visible_at_ms > now_ms) {
        next_ms = std::min(next_ms.value_or(delivery.visible_at_ms), delivery.visible_at_ms);
      }
    }
  }
  return next_ms;
}

// --- changes -------------------------------------------------------------------------------------

void GroupQueue::touch_head(QueueChanges& changes) {
  if (changes.capture() != 0 && head_capture_ != changes.capture()) {
    changes.save_head(*this);
    head_capture_ = changes.capture();
  }
}

void GroupQueue::touch(OpenChunk& chunk, QueueChanges& changes) {
  if (changes.capture() != 0 && chunk.capture != changes.capture()) {
    changes.save_chunk(chunk);
    chunk.capture = changes.capture();
  }
}

// The chunk of the offset, made if it is absent; it has its place in the order.
OpenChunk& GroupQueue::chunk_at(QueueOffset offset, QueueChanges& changes) {
  const QueueOffset base = OpenChunk::base_of(offset);
  const auto [it, made] = chunks_.try_emplace(base, base);
  OpenChunk& chunk = it->second;
  if (made) {
    chunk.capture = changes.capture();
    order_.emplace(chunk.earliest_ms(), base);
  } else {
    touch(chunk, changes);
  }
  return chunk;
}

void GroupQueue::reorder(const OpenChunk& chunk, int64_t old_earliest_ms) {
  if (chunk.earliest_ms() == old_earliest_ms) {
    return;
  }
  PETREL_CHECK_EQ(order_.erase({old_earliest_ms, chunk.base()}), 1u)
      << "of the chunk at " << chunk.base().value();
  order_.emplace(chunk.earliest_ms(), chunk.base());
}

void GroupQueue::check_ends() const {
  PETREL_CHECK_EQ(order_.size(), chunks_.size());
  PETREL_CHECK_GE(in_flight_count_, chunks_.size()) << "no chunk is empty";
  if (!chunks_.empty()) {
    PETREL_CHECK_LT(chunks_.rbegin()->second.last(), next_) << "I-5: an open offset is below next";
  }
}

void GroupQueue::reposition(QueueOffset next, QueueChanges& changes) {
  PETREL_CHECK_GE(next, QueueOffset(0));
  touch_head(changes);
  next_ = next;
  auto chunk = chunks_.lower_bound(OpenChunk::base_of(next));
  while (chunk != chunks_.end()) {
    chunk = close(chunk, chunk->second.bitmap() & ~bits_below(chunk->second, next), changes);
  }
  check_ends();
}

void GroupQueue::deliver(std::span<const int64_t> offsets, const InFlight& delivery,
                         QueueOffset next, QueueChanges& changes) {
  touch_head(changes);
  next_ = std::max(next_, next);
  last_delivery_id_ = std::max(last_delivery_id_, delivery.delivery_id);
  if (delivery.client != ClientId(0)) {
    changes.count(delivery.client, static_cast<int64_t>(offsets.size()));
  }
  for (size_t i = 0; i < offsets.size();) {
    const QueueOffset base = OpenChunk::base_of(QueueOffset(offsets[i]));
    OpenChunk& chunk = chunk_at(base, changes);
    const int64_t old_earliest_ms = chunk.earliest_ms();
    bool again = false;
    size_t end = i;
    while (end < offsets.size() && OpenChunk::base_of(QueueOffset(offsets[end])) == base) {
      ++end;
    }
    chunk.make_room(end - i);
    for (; i < end; ++i) {
      PETREL_CHECK_GE(offsets[i], 0);
      PETREL_CHECK_LT(offsets[i], next_.value()) << "I-5: an open offset is below next";
      again |= deliver_one(chunk, QueueOffset(offsets[i]), delivery, changes);
    }
    if (again) {
      chunk.find_earliest();
    }
    reorder(chunk, old_earliest_ms);
  }
  check_ends();
}

// True if it is a redelivery; the chunk's earliest_ms() is to be found anew then.
bool GroupQueue::deliver_one(OpenChunk& chunk, QueueOffset offset, const InFlight& delivery,
                             QueueChanges& changes) {
  InFlight* const open = chunk.find(offset);
  if (open == nullptr) {
    InFlight first = delivery;
    first.attempt = 1;
    first.suspended = false;
    first.answer_sent = false;
    chunk.add(offset, first);
    ++in_flight_count_;
    return false;
  }
  if (open->client != ClientId(0)) {
    changes.count(open->client, -1);
  }
  const int32_t attempt = open->suspended ? open->attempt : open->attempt + 1;
  *open = delivery;
  open->attempt = attempt;
  open->suspended = false;
  open->answer_sent = false;
  return true;
}

size_t GroupQueue::acknowledge(std::span<const int64_t> offsets, QueueChanges& changes) {
  const size_t before = in_flight_count_;
  for (size_t i = 0; i < offsets.size();) {
    const QueueOffset base = OpenChunk::base_of(QueueOffset(offsets[i]));
    uint64_t mask = 0;
    for (; i < offsets.size() && OpenChunk::base_of(QueueOffset(offsets[i])) == base; ++i) {
      mask |= OpenChunk::bit_of(QueueOffset(offsets[i]));
    }
    if (const auto chunk = chunks_.find(base); chunk != chunks_.end()) {
      close(chunk, mask & chunk->second.bitmap(), changes);
    }
  }
  PETREL_CHECK_LE(in_flight_count_, before);
  check_ends();
  return before - in_flight_count_;
}

GroupQueue::Chunks::iterator GroupQueue::close(Chunks::iterator it, uint64_t mask,
                                               QueueChanges& changes) {
  OpenChunk& chunk = it->second;
  if (mask == 0) {
    return ++it;
  }
  touch(chunk, changes);
  uncount(chunk, mask, changes);
  const int64_t old_earliest_ms = chunk.earliest_ms();
  const auto closed = static_cast<size_t>(std::popcount(mask));
  PETREL_CHECK_GE(in_flight_count_, closed);
  in_flight_count_ -= closed;
  chunk.remove(mask);
  if (!chunk.empty()) {
    reorder(chunk, old_earliest_ms);
    return ++it;
  }
  PETREL_CHECK_EQ(order_.erase({old_earliest_ms, chunk.base()}), 1u)
      << "of the chunk at " << chunk.base().value();
  return chunks_.erase(it);
}

bool GroupQueue::extend(const Extension& extension, QueueChanges& changes) {
  const auto it = chunks_.find(OpenChunk::base_of(extension.offset));
  if (it == chunks_.end() || it->second.find(extension.offset) == nullptr) {
    return false;
  }
  OpenChunk& chunk = it->second;
  touch_head(changes);
  touch(chunk, changes);
  last_delivery_id_ = std::max(last_delivery_id_, extension.delivery_id);
  InFlight& delivery = *chunk.find(extension.offset);
  delivery.delivery_id = extension.delivery_id;
  delivery.visible_at_ms = extension.visible_at_ms;
  delivery.suspended = extension.suspend;
  delivery.answer_sent = extension.keep_renewing && delivery.client != ClientId(0);
  if (!extension.keep_renewing && delivery.client != ClientId(0)) {
    changes.count(delivery.client, -1);
    delivery.client = ClientId(0);
    delivery.renew_until_ms = 0;
  }
  const int64_t old_earliest_ms = chunk.earliest_ms();
  chunk.find_earliest();
  reorder(chunk, old_earliest_ms);
  return true;
}

void GroupQueue::shorten(QueueOffset min, QueueChanges& changes) {
  auto chunk = chunks_.begin();
  while (chunk != chunks_.end() && chunk->first < min) {
    chunk = close(chunk, chunk->second.bitmap() & bits_below(chunk->second, min), changes);
  }
  if (next_ < min) {
    touch_head(changes);
    next_ = min;
  }
  check_ends();
}

// Neighbours are mostly of one client.
void GroupQueue::uncount(const OpenChunk& chunk, uint64_t mask, QueueChanges& changes) {
  ClientId client{0};
  int64_t open = 0;
  const auto flush = [&] {
    if (client != ClientId(0)) {
      changes.count(client, -open);
    }
    open = 0;
  };
  size_t rank = 0;
  for (uint64_t left = chunk.bitmap(); left != 0; left &= left - 1, ++rank) {
    if ((mask & left & -left) == 0) {
      continue;
    }
    if (chunk.deliveries()[rank].client != client) {
      flush();
      client = chunk.deliveries()[rank].client;
    }
    ++open;
  }
  flush();
}

void GroupQueue::uncount(QueueChanges& changes) const {
  for (const auto& [base, chunk] : chunks_) {
    uncount(chunk, kAll, changes);
  }
}

// --- snapshots -----------------------------------------------------------------------------------

void GroupQueue::restore_head(QueueOffset next, int64_t last_delivery_id) {
  PETREL_CHECK(chunks_.empty()) << "the head comes before the open deliveries";
  PETREL_CHECK_GE(next, QueueOffset(0));
  next_ = next;
  last_delivery_id_ = last_delivery_id;
}

bool GroupQueue::restore_chunk(OpenChunk chunk, QueueChanges& changes) {
  if (chunk.empty() || chunk.last() >= next_ || chunks_.contains(chunk.base())) {
    return false;
  }
  for (const InFlight& delivery : chunk.deliveries()) {
    if (delivery.client != ClientId(0)) {
      changes.count(delivery.client, 1);
    }
  }
  in_flight_count_ += chunk.size();
  order_.emplace(chunk.earliest_ms(), chunk.base());
  chunks_.emplace(chunk.base(), std::move(chunk));
  return true;
}

void GroupQueue::check_invariants() const {
  size_t open = 0;
  for (const auto& [base, chunk] : chunks_) {
    PETREL_CHECK_EQ(base, chunk.base());
    chunk.check_invariants();
    PETREL_CHECK_LT(chunk.last(), next_) << "I-5: an open offset is below next";
    PETREL_CHECK(order_.contains({chunk.earliest_ms(), base})) << "chunk at " << base.value();
    open += chunk.size();
  }
  PETREL_CHECK_EQ(order_.size(), chunks_.size());
  PETREL_CHECK_EQ(open, in_flight_count_);
}

}  // namespace petrel::core
