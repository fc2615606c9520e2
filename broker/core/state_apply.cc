// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// BrokerState::apply(): what each kind of event does. Each handler first checks everything that the
// event says, so that one that does not fit changes nothing, and then changes the state. Here:
// topics, groups and clients; what is about queues is in state_apply_queues.cc.

#include "broker/core/state_apply.h"

#include <algorithm>
#include <utility>

#include "broker/core/first_format.h"
#include "broker/core/state_codec.h"
#include "broker/core/state_listener.h"
#include "common/check.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {

using state::v1::Event;

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
    if (auto status = check_delivery(translated.back().delivery()); !status.ok()) {
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

}  // namespace petrel::core
