// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// BrokerState::apply(): events about queues. What groups consume of them, and what the store
// follows.

#include <algorithm>
#include <utility>

#include "broker/core/state_apply.h"
#include "broker/core/state_codec.h"
#include "broker/core/state_listener.h"
#include "common/check.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {
namespace {

using store::QueueOffset;

absl::Status check_offsets(const google::protobuf::RepeatedField<int64_t>& offsets,
                           int64_t next_offset) {
  for (const int64_t offset : offsets) {
    if (offset < 0 || offset >= next_offset) {
      return absl::DataLossError(concat("an event names queue offset ", offset,
                                        ", and the group has come to ", next_offset));
    }
  }
  return absl::OkStatus();
}

}  // namespace

// The subscription and the queue are null as long as the group has not begun there; the group and
// the topic are null if there is a subscription.
struct BrokerState::Place {
  const GroupState* group = nullptr;
  const TopicState* topic = nullptr;
  Subscription* subscription = nullptr;
  int32_t queue_id = 0;
  GroupQueue* queue = nullptr;
};

// --- consumption ---------------------------------------------------------------------------------

template <typename PlacedEvent>
absl::StatusOr<BrokerState::Place> BrokerState::find_place(const PlacedEvent& event) const {
  Place place{.queue_id = event.queue_id()};
  const SubscriptionKey key(GroupId(event.group_id()), TopicId(event.topic_id()));
  if (const auto found = subscription_ids_.find(key); found != subscription_ids_.end()) {
    place.subscription = found->second;
  } else {
    place.group = find_group(key.first);
    place.topic = find_topic(key.second);
  }
  const bool exists =
      place.subscription != nullptr || (place.group != nullptr && place.topic != nullptr);
  if (!exists || place.queue_id < 0 || place.queue_id >= kQueuesPerTopicMax) {
    return absl::DataLossError(concat("an event names group ", event.group_id(), ", topic ",
                                      event.topic_id(), ", queue ", event.queue_id(),
                                      ", which do not exist"));
  }
  const auto i = static_cast<size_t>(place.queue_id);
  if (place.subscription != nullptr && i < place.subscription->queues_.size()) {
    place.queue = place.subscription->queues_[i].get();
  }
  return place;
}

GroupQueue& BrokerState::begin_queue(Place& place) {
  if (place.queue != nullptr) {
    return *place.queue;
  }
  if (place.subscription == nullptr) {
    PETREL_CHECK(place.group != nullptr && place.topic != nullptr);
    place.subscription = &make_subscription(*place.group, *place.topic);
  }
  PETREL_CHECK(place.queue_id >= 0 && place.queue_id < kQueuesPerTopicMax) << place.queue_id;
  auto& queues = place.subscription->queues_;
  const auto i = static_cast<size_t>(place.queue_id);
  if (i >= queues.size()) {
    queues.resize(i + 1);
  }
  PETREL_CHECK(queues[i] == nullptr) << "queue " << i << " is begun twice";
  queues[i] = std::make_unique<GroupQueue>();
  queues[i]->head_capture() = running_capture();
  place.queue = queues[i].get();
  return *place.queue;
}

absl::Status BrokerState::check_delivery(const state::v1::Delivery& delivery) const {
  const auto place = find_place(delivery);
  return place.ok() ? check_delivery(delivery, *place) : place.status();
}

absl::Status BrokerState::check_delivery(const state::v1::Delivery& delivery,
                                         const Place& place) const {
  const int64_t next_before = place.queue == nullptr ? 0 : place.queue->next().value();
  if (delivery.next_offset() < next_before) {
    return does_not_fit("delivers", concat("the group goes back from ", next_before, " to ",
                                           delivery.next_offset()));
  }
  return check_offsets(delivery.offsets(), delivery.next_offset());
}

absl::Status BrokerState::apply_delivery(const state::v1::Delivery& delivery) {
  auto place = find_place(delivery);
  if (!place.ok()) {
    return place.status();
  }
  if (absl::Status status = check_delivery(delivery, *place); !status.ok()) {
    return status;
  }
  const InFlight open = in_flight_of(delivery);
  if (open.client != ClientId(0) && clients_.find(open.client) == nullptr) {
    return does_not_fit("delivers", concat("there is no client ", open.client.value()));
  }
  GroupQueue& queue = begin_queue(*place);
  Changes changes(*this, *place->subscription, place->queue_id);
  queue.deliver({delivery.offsets().data(), static_cast<size_t>(delivery.offsets_size())}, open,
                QueueOffset(delivery.next_offset()), changes);
  return absl::OkStatus();
}

absl::Status BrokerState::apply_acknowledged(const state::v1::Acknowledged& acknowledged) {
  const auto place = find_place(acknowledged);
  if (!place.ok()) {
    return place.status();
  }
  const int64_t next = place->queue == nullptr ? 0 : place->queue->next().value();
  if (absl::Status status = check_offsets(acknowledged.offsets(), next); !status.ok()) {
    return status;
  }
  if (place->queue != nullptr) {
    Changes changes(*this, *place->subscription, place->queue_id);
    place->queue->acknowledge(
        {acknowledged.offsets().data(), static_cast<size_t>(acknowledged.offsets_size())}, changes);
  }
  return absl::OkStatus();
}

absl::Status BrokerState::apply_extension(const state::v1::Extension& extension) {
  const auto place = find_place(extension);
  if (!place.ok()) {
    return place.status();
  }
  const int64_t next = place->queue == nullptr ? 0 : place->queue->next().value();
  if (extension.offset() < 0 || extension.offset() >= next) {
    return does_not_fit("extends", concat("queue offset ", extension.offset(),
                                          ", and the group has come to ", next));
  }
  Changes changes(*this, *place->subscription, place->queue_id);
  place->queue->extend(from_proto(extension), changes);
  return absl::OkStatus();
}

absl::Status BrokerState::apply_position(const state::v1::Position& position) {
  auto place = find_place(position);
  if (!place.ok()) {
    return place.status();
  }
  if (position.next_offset() < 0) {
    return does_not_fit("positions", concat("at queue offset ", position.next_offset()));
  }
  GroupQueue& queue = begin_queue(*place);
  Changes changes(*this, *place->subscription, place->queue_id);
  if (position.end_open()) {
    queue.reposition(QueueOffset(0), changes);
  }
  queue.reposition(QueueOffset(position.next_offset()), changes);
  return absl::OkStatus();
}

// --- what the store follows ----------------------------------------------------------------------

absl::Status BrokerState::apply_queue_shortened(const state::v1::QueueShortened& shortened) {
  if (shortened.queue_id() < 0 || shortened.min() < 0 || shortened.front() < 0 ||
      shortened.bytes() < 0) {
    return does_not_fit("shortens a queue", concat("'", shortened.topic(), "' ",
                                                   shortened.queue_id(), " to ", shortened.min()));
  }
  const QueueOffset min(shortened.min());
  if (const TopicState* const topic = find_topic(shortened.topic())) {
    for (const auto& [group, subscription] : topic->subscriptions) {
      const auto& queues =
          subscription_ids_.at({subscription->group_id(), subscription->topic_id()})->queues_;
      const auto i = static_cast<size_t>(shortened.queue_id());
      if (i < queues.size() && queues[i] != nullptr) {
        Changes changes(*this, *subscription, shortened.queue_id());
        queues[i]->shorten(min, changes);
      }
    }
  }
  if (listener_ != nullptr) {
    listener_->queue_shortened({.topic = shortened.topic(),
                                .queue_id = shortened.queue_id(),
                                .min = min,
                                .front = store::LogOffset(shortened.front()),
                                .empty = shortened.empty(),
                                .bytes = shortened.bytes(),
                                .oldest_ms = shortened.oldest_ms()});
  }
  return absl::OkStatus();
}

absl::Status BrokerState::apply_queue_skipped(const state::v1::QueueSkipped& skipped) {
  if (skipped.queue_id() < 0 || skipped.next() < 0) {
    return does_not_fit("skips in a queue", concat("'", skipped.topic(), "' ", skipped.queue_id(),
                                                   " to ", skipped.next()));
  }
  if (listener_ != nullptr) {
    listener_->queue_skipped(skipped.topic(), skipped.queue_id(), QueueOffset(skipped.next()));
  }
  return absl::OkStatus();
}

absl::Status BrokerState::apply_log_begin(const state::v1::LogBegin& begin) {
  if (begin.offset() < 0) {
    return does_not_fit("moves the log's begin", concat("to ", begin.offset()));
  }
  if (listener_ != nullptr) {
    listener_->log_begin(store::LogOffset(begin.offset()));
  }
  return absl::OkStatus();
}

}  // namespace petrel::core
