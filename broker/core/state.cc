// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/state.h"

#include <algorithm>
#include <utility>

#include "broker/core/state_capture.h"
#include "common/check.h"

namespace petrel::core {

Subscription::Subscription(GroupId group_id, std::string group, TopicId topic_id, std::string topic)
    : group_id_(group_id),
      topic_id_(topic_id),
      group_(std::move(group)),
      topic_(std::move(topic)) {}

BrokerState::BrokerState(StateListener* listener) : listener_(listener) {}
BrokerState::~BrokerState() = default;

// --- reading -------------------------------------------------------------------------------------

const TopicState* BrokerState::find_topic(std::string_view name) const {
  const auto found = topic_names_.find(name);
  return found == topic_names_.end() ? nullptr : found->second;
}

const TopicState* BrokerState::find_topic(TopicId id) const {
  const auto found = topics_.find(id);
  return found == topics_.end() ? nullptr : found->second.get();
}

const GroupState* BrokerState::find_group(std::string_view name) const {
  const auto found = group_names_.find(name);
  return found == group_names_.end() ? nullptr : found->second;
}

const GroupState* BrokerState::find_group(GroupId id) const {
  const auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : found->second.get();
}

const Subscription* BrokerState::find_subscription(std::string_view group,
                                                   std::string_view topic) const {
  const GroupState* const of_group = find_group(group);
  const TopicState* const of_topic = find_topic(topic);
  if (of_group == nullptr || of_topic == nullptr) {
    return nullptr;
  }
  return find_subscription(of_group->id(), of_topic->id());
}

const Subscription* BrokerState::find_subscription(GroupId group, TopicId topic) const {
  const auto found = subscription_ids_.find(SubscriptionKey(group, topic));
  return found == subscription_ids_.end() ? nullptr : found->second;
}

std::string_view BrokerState::client_name(ClientId id) const {
  const ClientTable::Client* const client = clients_.find(id);
  return client == nullptr ? std::string_view() : client->name;
}

// --- what events and snapshots put together ------------------------------------------------------

TopicState& BrokerState::put_topic(TopicConfig config) {
  auto& topic = topics_[TopicId(config.incarnation)];
  if (topic == nullptr) {
    topic = std::make_unique<TopicState>();
    topic->capture = running_capture();
    PETREL_CHECK(topic_names_.emplace(config.name, topic.get()).second) << config.name;
    topics_by_name_.emplace(config.name, topic.get());
  } else if (capture_ != nullptr) {
    capture_->save(*topic);
  }
  topic->config = std::move(config);
  if (topic->config.retention_ms > 0) {
    expiring_topics_[topic->config.name] = topic.get();
  } else {
    expiring_topics_.erase(topic->config.name);
  }
  return *topic;
}

GroupState& BrokerState::put_group(GroupConfig config) {
  auto& group = groups_[GroupId(config.incarnation)];
  if (group == nullptr) {
    group = std::make_unique<GroupState>();
    group->capture = running_capture();
    PETREL_CHECK(group_names_.emplace(config.name, group.get()).second) << config.name;
    groups_by_name_.emplace(config.name, group.get());
  } else if (capture_ != nullptr) {
    capture_->save(*group);
  }
  group->config = std::move(config);
  return *group;
}

Subscription& BrokerState::make_subscription(const GroupState& group, const TopicState& topic) {
  const SubscriptionKey key(group.id(), topic.id());
  auto made =
      std::make_unique<Subscription>(group.id(), group.config.name, topic.id(), topic.config.name);
  Subscription& subscription = *made;
  PETREL_CHECK(subscriptions_.emplace(key, std::move(made)).second)
      << "group " << key.first.value() << ", topic " << key.second.value();
  subscription_ids_.emplace(key, &subscription);
  groups_.at(key.first)->subscriptions.emplace(topic.config.name, &subscription);
  topics_.at(key.second)->subscriptions.emplace(group.config.name, &subscription);
  return subscription;
}

// --- captures ------------------------------------------------------------------------------------

uint32_t BrokerState::running_capture() const {
  return capture_ == nullptr ? 0 : capture_->number();
}

void BrokerState::begin_capture() {
  PETREL_CHECK(capture_ == nullptr) << "one capture at a time";
  capture_ = std::make_unique<StateCapture>(++captures_begun_, *this);
}

bool BrokerState::capturing() const { return capture_ != nullptr; }

bool BrokerState::capture_some(size_t bytes_max) {
  PETREL_CHECK(capture_ != nullptr) << "no capture runs";
  return capture_->some(*this, bytes_max);
}

std::vector<std::string> BrokerState::take_captured() {
  PETREL_CHECK(capture_ != nullptr) << "no capture runs";
  return std::move(*std::exchange(capture_, nullptr)).take();
}

void BrokerState::abandon_capture() { capture_.reset(); }

std::vector<std::string> BrokerState::capture_all() const {
  StateCapture capture(0, *this);
  PETREL_CHECK(capture.some(*this, SIZE_MAX));
  return std::move(capture).take();
}

void BrokerState::check_invariants() const {
  PETREL_CHECK_EQ(topics_.size(), topics_by_name_.size());
  PETREL_CHECK_EQ(topics_.size(), topic_names_.size());
  PETREL_CHECK_EQ(groups_.size(), groups_by_name_.size());
  PETREL_CHECK_EQ(groups_.size(), group_names_.size());
  PETREL_CHECK_EQ(subscriptions_.size(), subscription_ids_.size());
  absl::flat_hash_map<ClientId, int64_t> open_of_clients;
  for (const auto& [key, subscription] : subscriptions_) {
    PETREL_CHECK_EQ(groups_.at(key.first)->subscriptions.count(subscription->topic()), 1u);
    PETREL_CHECK_EQ(topics_.at(key.second)->subscriptions.count(subscription->group()), 1u);
    for (const auto& queue : subscription->queues_) {
      if (queue == nullptr) {
        continue;
      }
      queue->check_invariants();
      queue->visit_in_flight(store::QueueOffset(0), [&](store::QueueOffset, const InFlight& open) {
        ++open_of_clients[open.client];
        return true;
      });
    }
  }
  size_t idle = 0;
  for (const auto& [id, client] : clients_.all()) {
    PETREL_CHECK_EQ(client->open_deliveries, open_of_clients[id]) << "client " << id.value();
    idle += static_cast<size_t>(client->open_deliveries == 0);
  }
  PETREL_CHECK_EQ(idle, clients_.idle_count());
}

}  // namespace petrel::core
