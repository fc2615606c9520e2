// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/group_queue.h"

#include <algorithm>

#include "common/check.h"

namespace petrel::core {

const GroupQueue::InFlight* GroupQueue::find(store::QueueOffset offset, int64_t delivery_id) const {
  const auto it = in_flight_.find(offset);
  if (it == in_flight_.end() || it->second.delivery_id != delivery_id) return nullptr;
  return &it->second;
}

void GroupQueue::due(int64_t now_ms, size_t limit, std::vector<store::QueueOffset>& into) const {
  for (const auto& [visible_at_ms, offset] : by_visibility_) {
    if (visible_at_ms > now_ms || limit-- == 0) return;
    into.push_back(offset);
  }
}

std::optional<int64_t> GroupQueue::earliest_visible_at_ms() const {
  if (by_visibility_.empty()) return std::nullopt;
  return by_visibility_.begin()->first;
}

std::optional<int64_t> GroupQueue::next_visible_after_ms(int64_t now_ms) const {
  const auto it = by_visibility_.lower_bound({now_ms + 1, store::QueueOffset(0)});
  if (it == by_visibility_.end()) return std::nullopt;
  return it->first;
}

int32_t GroupQueue::deliver(store::QueueOffset offset, const InFlight& delivery) {
  auto [it, inserted] = in_flight_.try_emplace(offset);
  int32_t attempt = 1;
  if (!inserted) {
    attempt = it->second.attempt + (it->second.suspended ? 0 : 1);
    by_visibility_.erase({it->second.visible_at_ms, offset});
  }
  it->second = delivery;
  it->second.attempt = attempt;
  it->second.suspended = false;
  by_visibility_.emplace(delivery.visible_at_ms, offset);
  last_delivery_id_ = std::max(last_delivery_id_, delivery.delivery_id);
  next_ = std::max(next_, offset + 1);
  return attempt;
}

void GroupQueue::advance(store::QueueOffset next) { next_ = std::max(next_, next); }

bool GroupQueue::acknowledge(store::QueueOffset offset) {
  const auto it = in_flight_.find(offset);
  if (it == in_flight_.end()) return false;
  by_visibility_.erase({it->second.visible_at_ms, offset});
  in_flight_.erase(it);
  return true;
}

bool GroupQueue::extend(store::QueueOffset offset, int64_t delivery_id, int64_t visible_at_ms,
                        bool suspend, bool keep_renewing) {
  const auto it = in_flight_.find(offset);
  if (it == in_flight_.end()) return false;
  InFlight& delivery = it->second;
  delivery.delivery_id = delivery_id;
  delivery.suspended = suspend;
  if (!keep_renewing) delivery.renew_client_id.clear();
  last_delivery_id_ = std::max(last_delivery_id_, delivery_id);
  set_visible_at(offset, delivery, visible_at_ms);
  return true;
}

void GroupQueue::restore(store::QueueOffset offset, InFlight delivery) {
  last_delivery_id_ = std::max(last_delivery_id_, delivery.delivery_id);
  by_visibility_.emplace(delivery.visible_at_ms, offset);
  const bool inserted = in_flight_.emplace(offset, std::move(delivery)).second;
  PETREL_CHECK(inserted) << "queue offset " << offset.value() << " is twice in flight";
}

void GroupQueue::set_visible_at(store::QueueOffset offset, InFlight& delivery,
                                int64_t visible_at_ms) {
  by_visibility_.erase({delivery.visible_at_ms, offset});
  delivery.visible_at_ms = visible_at_ms;
  by_visibility_.emplace(visible_at_ms, offset);
}

}  // namespace petrel::core
