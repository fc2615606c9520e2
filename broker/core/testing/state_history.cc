// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/testing/state_history.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace petrel::core {

using events::Event;
using events::Queue;

Event StateHistory::next(const BrokerState& state) {
  now_ms_ += pick(4);
  if (state.topics().empty() || state.groups().empty() || (client_to_use_ == 0 && pick(40) == 0)) {
    return change_config(state);
  }
  if (client_to_use_ == 0 && pick(30) == 0) {
    return change_client(state);
  }
  const auto group =
      std::next(state.groups().begin(), pick(static_cast<int64_t>(state.groups().size())));
  const auto topic =
      std::next(state.topics().begin(), pick(static_cast<int64_t>(state.topics().size())));
  const Queue queue{group->second->id().value(), topic->second->id().value(),
                    static_cast<int32_t>(pick(options_.queues))};
  return consume(state, state.find_subscription(group->second->id(), topic->second->id()), queue);
}

Event StateHistory::change_config(const BrokerState& state) {
  const int64_t version = state.config_version() + 1 + pick(2);
  if (state.groups().empty() || (!state.topics().empty() && pick(2) == 0)) {
    const std::string name = "group-" + std::to_string(pick(options_.groups));
    const GroupState* const known = state.find_group(name);
    if (known != nullptr && pick(2) == 0) {
      return events::group_removed(known->id().value(), version);
    }
    return events::group_set(name, version, known == nullptr ? 0 : known->id().value());
  }
  const std::string name = "topic-" + std::to_string(pick(options_.topics));
  const TopicState* const known = state.find_topic(name);
  if (known != nullptr && pick(2) == 0) {
    return events::topic_removed(known->id().value(), version);
  }
  return events::topic_set(name, version, known == nullptr ? 0 : known->id().value(),
                           pick(2) * 60'000);
}

Event StateHistory::change_client(const BrokerState& state) {
  const std::string name = "client-" + std::to_string(pick(options_.clients));
  if (!state.find_client(name)) {
    client_to_use_ = state.next_client_id().value();
    return events::client_set(client_to_use_, name);
  }
  const std::vector<ClientId> idle = state.clients().idle(1);
  if (idle.empty() || options_.first_format) {
    Event adopted;
    adopted.mutable_adopted()->set_fingerprint(std::to_string(now_ms_));
    return adopted;
  }
  return events::client_removed(idle.front().value());
}

// An open one, if there is one at or above a random offset; any below next otherwise.
int64_t StateHistory::some_offset(const GroupQueue& queue) {
  int64_t offset = pick(queue.next().value());
  if (pick(8) != 0) {
    queue.visit_in_flight(store::QueueOffset(offset),
                          [&](store::QueueOffset open, const InFlight&) {
                            offset = open.value();
                            return false;
                          });
  }
  return offset;
}

Event StateHistory::consume(const BrokerState& state, const Subscription* subscription,
                            const Queue& queue) {
  const GroupQueue* const known =
      subscription == nullptr ? nullptr : subscription->find(queue.queue_id);
  if (known == nullptr && client_to_use_ == 0) {
    return events::position(queue, pick(300));
  }
  const int64_t what = pick(100);
  if (client_to_use_ != 0 || what < 40 || known->next() == store::QueueOffset(0)) {
    return deliver(state, queue, known);
  }
  if (what < 80) {
    std::vector<int64_t> offsets;
    for (int64_t i = 1 + pick(12); i > 0; --i) {
      offsets.push_back(some_offset(*known));
    }
    return events::acknowledged(queue, offsets);
  }
  if (what < 95) {
    return events::extension(queue, {.offset = some_offset(*known),
                                     .id = now_ms_,
                                     .visible_at_ms = now_ms_ + pick(50),
                                     .suspend = pick(2) == 0,
                                     .keep_renewing = pick(2) == 0});
  }
  if (what < 98 && !options_.first_format) {
    return events::queue_shortened(subscription->topic(), queue.queue_id,
                                   known->commit_offset().value() + pick(100));
  }
  return events::position(queue, std::max<int64_t>(known->next().value() + pick(80) - 40, 0));
}

Event StateHistory::deliver(const BrokerState& state, const Queue& queue, const GroupQueue* known) {
  const int64_t next_before = known == nullptr ? 0 : known->next().value();
  events::DeliveryFields fields{
      .id = now_ms_, .visible_at_ms = now_ms_ + pick(50), .next = next_before + pick(40)};
  std::vector<store::QueueOffset> due;
  if (known != nullptr && client_to_use_ == 0) {
    known->due(now_ms_, static_cast<size_t>(pick(4)), due);
  }
  for (const store::QueueOffset offset : due) {
    fields.offsets.push_back(offset.value());
  }
  for (int64_t offset = next_before; offset < fields.next; ++offset) {
    if (pick(3) != 0) {
      fields.offsets.push_back(offset);
    }
  }
  const auto& clients = state.clients().all();
  if (client_to_use_ != 0) {
    fields.client = client_to_use_;
  } else if (!clients.empty() && pick(2) == 0) {
    fields.client =
        std::next(clients.begin(), pick(static_cast<int64_t>(clients.size())))->first.value();
  }
  client_to_use_ = 0;
  fields.renew_until_ms = fields.client == 0 ? 0 : now_ms_ + 1'000;
  return events::delivery(queue, fields);
}

}  // namespace petrel::core
