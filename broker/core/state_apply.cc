// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// BrokerState::apply(): what each kind of event does. Each handler first checks everything that the
// event says, so that one that does not fit changes nothing, and then changes the state.

#include <algorithm>
#include <utility>

#include "broker/core/first_format.h"
#include "broker/core/state.h"
#include "broker/core/state_capture.h"
#include "broker/core/state_codec.h"
#include "broker/core/state_listener.h"
#include "common/check.h"
#include "common/concat.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {
namespace {

using state::v1::Event;
using store::QueueOffset;

absl::Status does_not_fit(std::string_view kind, std::string_view why) {
  return absl::DataLossError(concat("an event ", kind, ": ", why));
}

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

// A change of one queue, as the queue sees it.
class BrokerState::Changes : public QueueChanges {
 public:
  Changes(BrokerState& state, const Subscription& subscription, int32_t queue_id)
      : QueueChanges(state.running_capture()),
        state_(state),
        subscription_(subscription),
        queue_id_(queue_id) {}

  void save_head(const GroupQueue& queue) override {
    state_.capture_->save_head(subscription_, queue_id_, queue);
  }
  void save_chunk(const OpenChunk& chunk) override {
    state_.capture_->save_chunk(subscription_, queue_id_, chunk);
  }
  void count(ClientId client, int64_t open_deliveries) override {
    state_.clients_.count(client, open_deliveries);
  }

 private:
  BrokerState& state_;
  const Subscription& subscription_;
  const int32_t queue_id_;
};

absl::Status BrokerState::apply(const Event& event) {
  switch (event.event_case()) {
    case Event::kFirstTopicSet:
    case Event::kFirstTopicDeleted:
    case Event::kFirstGroupSet:
    case Event::kFirstGroupDeleted:
    case Event::kFirstDelivered:
    case Event::kFirstAcked:
    case Event::kFirstExtended:
    case Event::kFirstPositioned:
      return apply_first_format(event);
    case Event::kAdopted:
      adopted_ = event.adopted().fingerprint();
      return absl::OkStatus();
    case Event::kTopicSet:
      return apply_topic_set(event.topic_set().topic());
    case Event::kTopicRemoved:
      return apply_topic_removed(TopicId(event.topic_removed().topic_id()),
                                 event.topic_removed().version());
    case Event::kGroupSet:
      return apply_group_set(event.group_set().group());
    case Event::kGroupRemoved:
      return apply_group_removed(GroupId(event.group_removed().group_id()),
                                 event.group_removed().version());
    case Event::kClientSet:
      return apply_client_set(ClientId(event.client_set().client_id()), event.client_set().name());
    case Event::kClientRemoved:
      return apply_client_removed(ClientId(event.client_removed().client_id()));
    case Event::kDelivery:
      return apply_delivery(event.delivery());
    case Event::kAcknowledged:
      return apply_acknowledged(event.acknowledged());
    case Event::kExtension:
      return apply_extension(event.extension());
    case Event::kPosition:
      return apply_position(event.position());
    case Event::kQueueShortened:
      return apply_queue_shortened(event.queue_shortened());
    case Event::kQueueSkipped:
      return apply_queue_skipped(event.queue_skipped());
    case Event::kLogBegin:
      return apply_log_begin(event.log_begin());
    case Event::EVENT_NOT_SET:
      break;
  }
  return absl::DataLossError("an event of a kind that this version does not know");
}

absl::Status BrokerState::apply_first_format(const Event& event) {
  std::vector<Event> translated;
  if (absl::Status status = translate_first_format(event, *this, translated); !status.ok()) {
    return status;
  }
  // Of several, the earlier ones make what the last one names: it is checked before any is applied.
  if (!translated.empty() && translated.back().has_delivery()) {
    const auto place = find_place(translated.back().delivery());
    if (!place.ok()) {
      return place.status();
    }
    if (auto status = check_delivery(translated.back().delivery(), *place); !status.ok()) {
      return status;
    }
  }
  for (const Event& today : translated) {
    if (absl::Status status = apply(today); !status.ok()) {
      PETREL_CHECK(&today == &translated.front()) << "half of an event was applied: " << status;
      return status;
    }
  }
  return absl::OkStatus();
}

// --- topics and groups ---------------------------------------------------------------------------

absl::Status BrokerState::check_version(int64_t version) const {
  if (version > config_version_) {
    return absl::OkStatus();
  }
  return absl::DataLossError(concat("an event makes config version ", version,
                                    ", and the state has come to ", config_version_));
}

absl::Status BrokerState::apply_topic_set(const state::v1::Topic& topic) {
  const auto bad = [](int32_t queues) { return queues < 0 || queues > kQueuesPerTopicMax; };
  if (topic.name().empty() || bad(topic.read_queues()) || bad(topic.write_queues())) {
    return does_not_fit("sets a topic", concat("'", topic.name(), "', ", topic.read_queues(),
                                               " and ", topic.write_queues(), " queues"));
  }
  if (absl::Status status = check_version(topic.version()); !status.ok()) {
    return status;
  }
  const TopicState* const known = find_topic(topic.name());
  const int64_t id = known == nullptr ? topic.version() : known->config.incarnation;
  if (topic.incarnation() != id) {
    return does_not_fit("sets a topic", concat("'", topic.name(), "' with id ", topic.incarnation(),
                                               " instead of ", id));
  }
  config_version_ = topic.version();
  const TopicState& set = put_topic(from_proto(topic));
  if (listener_ != nullptr) {
    listener_->topic_set(set);
  }
  return absl::OkStatus();
}

absl::Status BrokerState::apply_group_set(const state::v1::Group& group) {
  if (group.name().empty()) {
    return does_not_fit("sets a group", "it has no name");
  }
  if (absl::Status status = check_version(group.version()); !status.ok()) {
    return status;
  }
  const GroupState* const known = find_group(group.name());
  const int64_t id = known == nullptr ? group.version() : known->config.incarnation;
  if (group.incarnation() != id) {
    return does_not_fit("sets a group", concat("'", group.name(), "' with id ", group.incarnation(),
                                               " instead of ", id));
  }
  config_version_ = group.version();
  const GroupState& set = put_group(from_proto(group));
  if (listener_ != nullptr) {
    listener_->group_set(set);
  }
  return absl::OkStatus();
}

absl::Status BrokerState::apply_topic_removed(TopicId id, int64_t version) {
  const auto found = topics_.find(id);
  if (found == topics_.end()) {
    return does_not_fit("removes a topic", concat("there is none with id ", id.value()));
  }
  if (absl::Status status = check_version(version); !status.ok()) {
    return status;
  }
  TopicState& topic = *found->second;
  while (!topic.subscriptions.empty()) {
    remove_subscription(*topic.subscriptions.begin()->second);
  }
  config_version_ = version;
  if (listener_ != nullptr) {
    listener_->topic_removed(topic, version);
  }
  if (capture_ != nullptr) {
    capture_->save(topic);
  }
  const std::string& name = topic.config.name;
  expiring_topics_.erase(name);
  PETREL_CHECK_EQ(topics_by_name_.erase(name), 1u) << name;
  PETREL_CHECK_EQ(topic_names_.erase(name), 1u) << name;
  topics_.erase(found);
  return absl::OkStatus();
}

absl::Status BrokerState::apply_group_removed(GroupId id, int64_t version) {
  const auto found = groups_.find(id);
  if (found == groups_.end()) {
    return does_not_fit("removes a group", concat("there is none with id ", id.value()));
  }
  if (absl::Status status = check_version(version); !status.ok()) {
    return status;
  }
  GroupState& group = *found->second;
  while (!group.subscriptions.empty()) {
    remove_subscription(*group.subscriptions.begin()->second);
  }
  config_version_ = version;
  if (listener_ != nullptr) {
    listener_->group_removed(group, version);
  }
  if (capture_ != nullptr) {
    capture_->save(group);
  }
  const std::string& name = group.config.name;
  PETREL_CHECK_EQ(groups_by_name_.erase(name), 1u) << name;
  PETREL_CHECK_EQ(group_names_.erase(name), 1u) << name;
  groups_.erase(found);
  return absl::OkStatus();
}

void BrokerState::remove_subscription(const Subscription& subscription) {
  if (listener_ != nullptr) {
    listener_->subscription_removed(subscription);
  }
  for (int32_t id = 0; id < subscription.queue_id_end(); ++id) {
    if (const GroupQueue* const queue = subscription.find(id)) {
      Changes changes(*this, subscription, id);
      queue->uncount(changes);
    }
  }
  const SubscriptionKey key(subscription.group_id(), subscription.topic_id());
  const auto found = subscriptions_.find(key);
  PETREL_CHECK(found != subscriptions_.end()) << subscription.group() << subscription.topic();
  std::unique_ptr<Subscription> removed = std::move(found->second);
  subscriptions_.erase(found);
  subscription_ids_.erase(key);
  PETREL_CHECK_EQ(groups_.at(key.first)->subscriptions.erase(removed->topic()), 1u);
  PETREL_CHECK_EQ(topics_.at(key.second)->subscriptions.erase(removed->group()), 1u);
  if (capture_ != nullptr) {
    capture_->keep(std::move(removed));
  }
}

// --- clients -------------------------------------------------------------------------------------

absl::Status BrokerState::apply_client_set(ClientId id, std::string_view name) {
  if (name.empty() || id <= clients_.last_id() || clients_.find(name)) {
    return does_not_fit("sets a client",
                        concat("'", name, "' with id ", id.value(), ", and the last one had ",
                               clients_.last_id().value()));
  }
  clients_.add(id, name).capture = running_capture();
  return absl::OkStatus();
}

absl::Status BrokerState::apply_client_removed(ClientId id) {
  const ClientTable::Client* const client = clients_.find(id);
  if (client == nullptr || client->open_deliveries != 0) {
    return does_not_fit("removes a client",
                        concat(id.value(), client == nullptr ? ", and there is none of that id"
                                                             : ", which has open deliveries"));
  }
  if (capture_ != nullptr) {
    capture_->save(*client);
  }
  clients_.remove(id);
  return absl::OkStatus();
}

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
    place.subscription = &make_subscription(*place.group, *place.topic);
  }
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
