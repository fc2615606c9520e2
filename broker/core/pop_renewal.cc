// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// Deliveries that the broker renews while the lease of their client holds, or gives up after their
// last attempt, and the timers that wake a subscription when something of it is due.

#include <utility>

#include "broker/core/pop_service.h"

namespace petrel::core {
namespace {

using store::QueueOffset;

constexpr size_t kTimersPerTurnMax = 1024;
// Due deliveries that a turn holds against their clients' leases.
constexpr size_t kDueLookedAtMax = 8'192;

}  // namespace

std::optional<int64_t> PopService::renewed_until_ms(const GroupQueue::InFlight& delivery) const {
  if (!delivery.answer_sent || delivery.renew_until_ms <= parts_.time.log_ms) {
    return std::nullopt;
  }
  return parts_.leases.renewed_until_ms(delivery.client);
}

void PopService::renew(Session& session, const Changes::Queue& where,
                       const std::vector<Renewal>& renewals) {
  for (const Renewal& renewal : renewals) {
    parts_.changes.extended(where, {.offset = renewal.offset,
                                    .delivery_id = renewal.delivery_id,
                                    .visible_at_ms = renewal.until_ms,
                                    .suspend = false,
                                    .keep_renewing = true});
    arm(session, renewal.until_ms);
    parts_.writer.append_if_full();
  }
}

// Goes on where the last look had to stop: what was renewed since then is ordered behind that.
// False if it has to stop again: `budget` deliveries were looked at.
bool PopService::settle_due(Session& session, size_t& budget) {
  const Subscription& subscription = *session.subscription;
  Settling& settling = session.settling;
  settling.under_way = true;
  const GroupConfig& group = parts_.state.find_group(subscription.group_id())->config;
  for (; settling.queue_id < subscription.queue_id_end(); ++settling.queue_id) {
    const GroupQueue* queue = subscription.find(settling.queue_id);
    if (queue == nullptr) {
      continue;
    }
    const Changes::Queue where{subscription.group_id(), subscription.topic_id(), settling.queue_id};
    scratch_renewals_.clear();
    const auto visit = [&](QueueOffset offset, const GroupQueue::InFlight& delivery) {
      if (const auto until_ms = renewed_until_ms(delivery)) {
        scratch_renewals_.push_back({offset, delivery.delivery_id, *until_ms});
      } else if (is_exhausted(delivery, group)) {
        exhausted_.push_back({where, offset, delivery.delivery_id});
      }
      return --budget > 0;
    };
    const bool all = queue->walk_due(parts_.time.log_ms, settling.position, visit);
    renew(session, where, scratch_renewals_);
    if (!all) {
      return false;
    }
    settling.position = {};
    settling.next_ms = earlier(settling.next_ms, queue->next_visible_after_ms(parts_.time.log_ms));
  }
  if (const auto next_ms = std::exchange(settling, {}).next_ms) {
    arm(session, *next_ms);
  }
  return true;
}

void PopService::arm(Session& session, int64_t at_ms) {
  Settling& settling = session.settling;
  if (settling.under_way) {  // its end sets the timer anew
    settling.next_ms = earlier(settling.next_ms, at_ms);
  }
  set_timer(session, at_ms);
}

void PopService::set_timer(Session& session, int64_t at_ms) {
  if (session.armed_at_ms && *session.armed_at_ms <= at_ms) {
    return;
  }
  const Key key{session.subscription->group_id(), session.subscription->topic_id()};
  if (session.armed_at_ms) {
    timers_.erase({*session.armed_at_ms, key});
  }
  session.armed_at_ms = at_ms;
  timers_.emplace(std::pair(at_ms, key), &session);
}

void PopService::fire_timers() {
  size_t budget = kDueLookedAtMax;
  for (size_t i = 0; i < kTimersPerTurnMax && !timers_.empty(); ++i) {
    const auto timer = timers_.begin();
    if (timer->first.first > parts_.time.log_ms) {
      return;
    }
    Session& session = *timer->second;
    timers_.erase(timer);
    session.armed_at_ms.reset();
    if (!settle_due(session, budget)) {
      return set_timer(session, parts_.time.log_ms);
    }
    if (!session.line.empty()) {
      mark_dirty(session);
    }
  }
}

}  // namespace petrel::core
