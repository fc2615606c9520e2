// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/state.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "broker/core/state_codec.h"
#include "common/concat.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {
namespace {

using store::QueueOffset;

template <typename Map>
std::vector<std::string_view> sorted_names(const Map& map) {
  std::vector<std::string_view> names;
  names.reserve(map.size());
  for (const auto& [name, value] : map) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

// The bytes of a petrel.state.v1.Snapshot from its parts one after the other, so that the whole
// message need not be built.
class SnapshotBytes {
 public:
  // Begins with the fields of `head`, which are not repeated.
  explicit SnapshotBytes(const state::v1::Snapshot& head) : bytes_(head.SerializeAsString()) {}
  void add(int field, const google::protobuf::MessageLite& part) {
    constexpr int kLengthDelimited = 2;
    add_varint(static_cast<uint64_t>(field << 3 | kLengthDelimited));
    add_varint(part.ByteSizeLong());
    part.AppendToString(&bytes_);
  }
  std::string take() && { return std::move(bytes_); }

 private:
  void add_varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

void add_positions(const GroupState& group, SnapshotBytes& bytes) {
  state::v1::Snapshot::QueuePosition position;
  for (const auto& [topic, subscription] : group.subscriptions) {
    for (size_t i = 0; i < subscription->queues.size(); ++i) {
      if (subscription->queues[i] == nullptr) continue;
      position.Clear();
      position.set_group(group.config.name);
      position.set_topic(topic);
      position.set_queue_id(static_cast<int32_t>(i));
      to_proto(*subscription->queues[i], position);
      bytes.add(state::v1::Snapshot::kPositionsFieldNumber, position);
    }
  }
}

}  // namespace

GroupQueue& Subscription::at(int32_t queue_id) {
  const auto i = static_cast<size_t>(queue_id);
  if (i >= queues.size()) queues.resize(i + 1);
  if (queues[i] == nullptr) queues[i] = std::make_unique<GroupQueue>();
  return *queues[i];
}

void TopicTotals::count(int32_t queue_id, size_t record_bytes, int64_t store_ms) {
  const auto i = static_cast<size_t>(queue_id);
  if (i >= queues.size()) queues.resize(i + 1);
  QueueTotals& queue = queues[i];
  queue.bytes += static_cast<int64_t>(record_bytes);
  if (queue.oldest_ms == 0) queue.oldest_ms = store_ms;
  queue.newest_ms = store_ms;
}

void TopicTotals::forget(int32_t queue_id, int64_t record_bytes, int64_t oldest_ms) {
  const auto i = static_cast<size_t>(queue_id);
  if (i >= queues.size()) return;
  QueueTotals& queue = queues[i];
  queue.bytes = std::max<int64_t>(queue.bytes - record_bytes, 0);
  queue.oldest_ms = queue.bytes == 0 ? 0 : std::max(queue.oldest_ms, oldest_ms);
}

TopicTotals& BrokerState::totals(std::string_view topic) {
  const auto it = totals_.find(topic);
  if (it != totals_.end()) return *it->second;
  return *totals_.emplace(topic, std::make_unique<TopicTotals>()).first->second;
}

TopicState* BrokerState::find_topic(std::string_view name) const {
  const auto it = topics_.find(name);
  return it == topics_.end() ? nullptr : it->second.get();
}

GroupState* BrokerState::find_group(std::string_view name) const {
  const auto it = groups_.find(name);
  return it == groups_.end() ? nullptr : it->second.get();
}

Subscription* BrokerState::find_subscription(std::string_view group, std::string_view topic) const {
  const GroupState* state = find_group(group);
  if (state == nullptr) return nullptr;
  const auto it = state->subscriptions.find(topic);
  return it == state->subscriptions.end() ? nullptr : it->second.get();
}

TopicState& BrokerState::set_topic(TopicConfig config) {
  config_version_ = std::max(config_version_, config.version);
  auto& topic = topics_[config.name];
  if (topic == nullptr) {
    topic = std::make_unique<TopicState>();
    topic->totals = &totals(config.name);
  }
  topic->config = std::move(config);
  if (topic->config.retention_ms > 0) {
    expiring_topics_[topic->config.name] = topic.get();
  } else {
    expiring_topics_.erase(topic->config.name);
  }
  return *topic;
}

void BrokerState::delete_topic(std::string_view name, int64_t version) {
  config_version_ = std::max(config_version_, version);
  const auto it = topics_.find(name);
  if (it == topics_.end()) return;
  for (const auto& [group, subscription] : it->second->subscriptions) {
    find_group(group)->subscriptions.erase(it->first);
  }
  expiring_topics_.erase(it->first);
  topics_.erase(it);
  totals_.erase(totals_.find(name));
}

GroupState& BrokerState::set_group(GroupConfig config) {
  config_version_ = std::max(config_version_, config.version);
  auto& group = groups_[config.name];
  if (group == nullptr) group = std::make_unique<GroupState>();
  group->config = std::move(config);
  return *group;
}

void BrokerState::delete_group(std::string_view name, int64_t version) {
  config_version_ = std::max(config_version_, version);
  const auto it = groups_.find(name);
  if (it == groups_.end()) return;
  for (const auto& [topic, subscription] : it->second->subscriptions) {
    find_topic(topic)->subscriptions.erase(it->first);
  }
  groups_.erase(it);
}

Subscription& BrokerState::subscription(GroupState& group, TopicState& topic) {
  auto& subscription = group.subscriptions[topic.config.name];
  if (subscription == nullptr) {
    subscription = std::make_unique<Subscription>();
    subscription->group = group.config.name;
    subscription->topic = topic.config.name;
    topic.subscriptions.emplace(group.config.name, subscription.get());
  }
  return *subscription;
}

absl::Status BrokerState::apply(const state::v1::Event& event) {
  using state::v1::Event;
  switch (event.event_case()) {
    case Event::kTopicSet:
      set_topic(from_proto(event.topic_set()));
      return absl::OkStatus();
    case Event::kTopicDeleted:
      delete_topic(event.topic_deleted().name(), event.topic_deleted().version());
      return absl::OkStatus();
    case Event::kGroupSet:
      set_group(from_proto(event.group_set()));
      return absl::OkStatus();
    case Event::kGroupDeleted:
      delete_group(event.group_deleted().name(), event.group_deleted().version());
      return absl::OkStatus();
    case Event::kAdopted:
      set_adopted(event.adopted().fingerprint());
      return absl::OkStatus();
    case Event::kDelivered:
    case Event::kAcked:
    case Event::kExtended:
    case Event::kPositioned:
      return apply_consumption(event);
    case Event::EVENT_NOT_SET:
      break;
  }
  return absl::DataLossError("an event of a kind that this version does not know");
}

absl::Status BrokerState::apply_consumption(const state::v1::Event& event) {
  const auto queue_of = [this](const auto& e) -> absl::StatusOr<GroupQueue*> {
    GroupState* group = find_group(e.group());
    TopicState* topic = find_topic(e.topic());
    if (group == nullptr || topic == nullptr || e.queue_id() < 0 ||
        e.queue_id() >= kQueuesPerTopicMax) {
      return absl::DataLossError(concat("an event names group '", e.group(), "', topic '",
                                        e.topic(), "', queue ", e.queue_id(),
                                        ", which do not exist"));
    }
    return &subscription(*group, *topic).at(e.queue_id());
  };
  if (event.has_delivered()) {
    const auto& delivered = event.delivered();
    auto queue = queue_of(delivered);
    if (!queue.ok()) return queue.status();
    const GroupQueue::InFlight delivery = in_flight_of(delivered);
    for (const int64_t offset : delivered.offsets()) {
      (*queue)->deliver(QueueOffset(offset), delivery);
    }
    (*queue)->advance(QueueOffset(delivered.next_offset()));
  } else if (event.has_acked()) {
    auto queue = queue_of(event.acked());
    if (!queue.ok()) return queue.status();
    for (const int64_t offset : event.acked().offsets()) {
      (*queue)->acknowledge(QueueOffset(offset));
    }
  } else if (event.has_extended()) {
    const auto& e = event.extended();
    auto queue = queue_of(e);
    if (!queue.ok()) return queue.status();
    (*queue)->extend(QueueOffset(e.offset()), e.delivery_id(), e.visible_at_ms(), e.suspend(),
                     e.keep_renewing());
  } else {
    auto queue = queue_of(event.positioned());
    if (!queue.ok()) return queue.status();
    (*queue)->reposition(QueueOffset(event.positioned().next_offset()));
  }
  return absl::OkStatus();
}

// The core waits for this: with 100,000 queues what it takes shows in every sender's latency.
std::string BrokerState::snapshot() const {
  using state::v1::Snapshot;
  Snapshot head;
  head.set_config_version(config_version_);
  head.set_adopted(adopted_);
  SnapshotBytes bytes(head);
  const std::vector<std::string_view> topics = sorted_names(topics_);
  state::v1::Topic topic_message;
  for (const std::string_view name : topics) {
    topic_message.Clear();
    to_proto(find_topic(name)->config, topic_message);
    bytes.add(Snapshot::kTopicsFieldNumber, topic_message);
  }
  const std::vector<std::string_view> groups = sorted_names(groups_);
  for (const std::string_view name : groups) {
    state::v1::Group group_message;
    to_proto(find_group(name)->config, group_message);
    bytes.add(Snapshot::kGroupsFieldNumber, group_message);
  }
  for (const std::string_view name : groups) add_positions(*find_group(name), bytes);
  Snapshot::Totals totals_message;
  for (const std::string_view name : sorted_totals(topics)) {
    const TopicTotals& totals = *totals_.find(name)->second;
    if (totals.queues.empty()) continue;
    totals_message.Clear();
    to_proto(name, totals, totals_message);
    bytes.add(Snapshot::kTotalsFieldNumber, totals_message);
  }
  return std::move(bytes).take();
}

// Those of topics that are configured, then the others, each in order; all topics have totals.
std::vector<std::string_view> BrokerState::sorted_totals(
    const std::vector<std::string_view>& topics) const {
  std::vector<std::string_view> names = topics;
  if (names.size() == totals_.size()) return names;
  for (const auto& [name, totals] : totals_) {
    if (!topics_.contains(name)) names.push_back(name);
  }
  std::sort(names.begin() + static_cast<ptrdiff_t>(topics.size()), names.end());
  return names;
}

absl::Status BrokerState::restore(std::string_view bytes) {
  state::v1::Snapshot snapshot;
  if (!snapshot.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("the snapshot's state does not parse");
  }
  for (const auto& topic : snapshot.topics()) set_topic(from_proto(topic));
  for (const auto& group : snapshot.groups()) set_group(from_proto(group));
  config_version_ = snapshot.config_version();
  adopted_ = snapshot.adopted();
  for (const auto& position : snapshot.positions()) {
    GroupState* group = find_group(position.group());
    TopicState* topic = find_topic(position.topic());
    if (group == nullptr || topic == nullptr || position.queue_id() < 0 ||
        position.queue_id() >= kQueuesPerTopicMax) {
      return absl::DataLossError(concat("the snapshot has a position of group '", position.group(),
                                        "' in topic '", position.topic(), "', which do not exist"));
    }
    if (!from_proto(position, subscription(*group, *topic).at(position.queue_id()))) {
      return absl::DataLossError(concat("the snapshot has a message of topic '", position.topic(),
                                        "' twice in flight to group '", position.group(), "'"));
    }
  }
  for (const auto& of_topic : snapshot.totals()) {
    TopicTotals& restored = totals(of_topic.topic());
    if (!from_proto(of_topic, restored)) {
      return absl::DataLossError(
          concat("the snapshot has wrong totals of topic '", of_topic.topic(), "'"));
    }
  }
  return absl::OkStatus();
}

}  // namespace petrel::core
