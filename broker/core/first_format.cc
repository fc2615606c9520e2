// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/first_format.h"

#include <algorithm>
#include <map>
#include <utility>

#include "broker/core/state.h"
#include "broker/core/state_codec.h"
#include "common/concat.h"
#include "common/string_map.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {
namespace {

using state::v1::Event;
using state::v1::Snapshot;
using store::QueueOffset;

absl::Status does_not_exist(std::string_view group, std::string_view topic) {
  return absl::DataLossError(concat("an event of the first format names group '", group,
                                    "', topic '", topic, "', which do not exist"));
}

// Translates one event.
class EventTranslator {
 public:
  EventTranslator(const BrokerState& state, std::vector<Event>& into)
      : state_(state), into_(into) {}

  absl::Status topic_set(const state::v1::Topic& old) {
    auto& topic = *into_.emplace_back().mutable_topic_set()->mutable_topic();
    topic = old;
    const TopicState* const known = state_.find_topic(old.name());
    topic.set_incarnation(known == nullptr ? old.version() : known->config.incarnation);
    return absl::OkStatus();
  }

  absl::Status group_set(const state::v1::Group& old) {
    auto& group = *into_.emplace_back().mutable_group_set()->mutable_group();
    group = old;
    const GroupState* const known = state_.find_group(old.name());
    group.set_incarnation(known == nullptr ? old.version() : known->config.incarnation);
    return absl::OkStatus();
  }

  absl::Status topic_deleted(const state::v1::Deleted& old) {
    const TopicState* const known = state_.find_topic(old.name());
    if (known == nullptr) {
      return does_not_exist("", old.name());
    }
    auto& removed = *into_.emplace_back().mutable_topic_removed();
    removed.set_topic_id(known->config.incarnation);
    removed.set_version(old.version());
    return absl::OkStatus();
  }

  absl::Status group_deleted(const state::v1::Deleted& old) {
    const GroupState* const known = state_.find_group(old.name());
    if (known == nullptr) {
      return does_not_exist(old.name(), "");
    }
    auto& removed = *into_.emplace_back().mutable_group_removed();
    removed.set_group_id(known->config.incarnation);
    removed.set_version(old.version());
    return absl::OkStatus();
  }

  absl::Status delivered(const state::v1::Delivered& old) {
    Event event;
    auto& delivery = *event.mutable_delivery();
    if (!set_place(old, delivery)) {
      return does_not_exist(old.group(), old.topic());
    }
    *delivery.mutable_offsets() = old.offsets();
    delivery.set_delivery_id(old.delivery_id());
    delivery.set_visible_at_ms(old.visible_at_ms());
    delivery.set_next_offset(old.next_offset());
    if (!old.renew_client_id().empty()) {
      delivery.set_client_id(client(old.renew_client_id()).value());
      delivery.set_renew_until_ms(old.renew_until_ms());
    }
    into_.push_back(std::move(event));
    return absl::OkStatus();
  }

  // Of offsets that were not open, it said nothing.
  absl::Status acked(const state::v1::Acked& old) {
    Event event;
    auto& acknowledged = *event.mutable_acknowledged();
    if (!set_place(old, acknowledged)) {
      return does_not_exist(old.group(), old.topic());
    }
    for (const int64_t offset : old.offsets()) {
      if (is_open(old, offset)) {
        acknowledged.add_offsets(offset);
      }
    }
    if (acknowledged.offsets_size() != 0) {
      into_.push_back(std::move(event));
    }
    return absl::OkStatus();
  }

  absl::Status extended(const state::v1::Extended& old) {
    Event event;
    auto& extension = *event.mutable_extension();
    if (!set_place(old, extension)) {
      return does_not_exist(old.group(), old.topic());
    }
    extension.set_offset(old.offset());
    extension.set_delivery_id(old.delivery_id());
    extension.set_visible_at_ms(old.visible_at_ms());
    extension.set_suspend(old.suspend());
    extension.set_keep_renewing(old.keep_renewing());
    if (is_open(old, old.offset())) {
      into_.push_back(std::move(event));
    }
    return absl::OkStatus();
  }

  absl::Status positioned(const state::v1::Positioned& old) {
    auto& position = *into_.emplace_back().mutable_position();
    position.set_next_offset(old.next_offset());
    if (!set_place(old, position)) {
      return does_not_exist(old.group(), old.topic());
    }
    return absl::OkStatus();
  }

 private:
  template <typename OldEvent, typename PlacedEvent>
  bool set_place(const OldEvent& old, PlacedEvent& into) const {
    const GroupState* const group = state_.find_group(old.group());
    const TopicState* const topic = state_.find_topic(old.topic());
    if (group == nullptr || topic == nullptr || old.queue_id() < 0 ||
        old.queue_id() >= kQueuesPerTopicMax) {
      return false;
    }
    into.set_group_id(group->config.incarnation);
    into.set_topic_id(topic->config.incarnation);
    into.set_queue_id(old.queue_id());
    return true;
  }

  template <typename OldEvent>
  bool is_open(const OldEvent& old, int64_t offset) const {
    const Subscription* const subscription = state_.find_subscription(old.group(), old.topic());
    const GroupQueue* const queue =
        subscription == nullptr ? nullptr : subscription->find(old.queue_id());
    return queue != nullptr && queue->find(QueueOffset(offset)) != nullptr;
  }

  // The client's id; one that is not known is made by an event of its own.
  ClientId client(const std::string& name) {
    if (const auto known = state_.find_client(name)) {
      return *known;
    }
    const ClientId id = state_.next_client_id();
    auto& set = *into_.emplace_back().mutable_client_set();
    set.set_client_id(id.value());
    set.set_name(name);
    return id;
  }

  const BrokerState& state_;
  std::vector<Event>& into_;
};

// Translates a snapshot.
class SnapshotTranslator {
 public:
  explicit SnapshotTranslator(const Snapshot& old) : old_(old) {
    made_.set_format(kSnapshotFormat);
    made_.set_adopted(old.adopted());
    version_ = old.config_version();
  }

  absl::StatusOr<Snapshot> translate() && {
    for (const auto& old : old_.topics()) {
      auto& topic = *made_.add_topics();
      topic = old;
      if (topic.incarnation() == 0) {
        topic.set_incarnation(topic.version());
      }
      version_ = std::max(version_, topic.version());
      topics_.try_emplace(topic.name(), topic.incarnation());
    }
    for (const auto& old : old_.groups()) {
      auto& group = *made_.add_groups();
      group = old;
      group.set_incarnation(old.version());
      version_ = std::max(version_, group.version());
      groups_.try_emplace(group.name(), group.incarnation());
    }
    for (const auto& position : old_.positions()) {
      if (absl::Status status = add(position); !status.ok()) {
        return status;
      }
    }
    made_.set_config_version(version_);
    made_.set_last_client_id(made_.clients_size());
    auto& counts = *made_.mutable_counts();
    counts.set_topics(made_.topics_size());
    counts.set_groups(made_.groups_size());
    counts.set_clients(made_.clients_size());
    counts.set_queues(made_.queues_size());
    counts.set_chunks(made_.chunks_size());
    return std::move(made_);
  }

 private:
  absl::Status add(const Snapshot::QueuePosition& position) {
    const auto group = groups_.find(position.group());
    const auto topic = topics_.find(position.topic());
    if (group == groups_.end() || topic == topics_.end()) {
      return absl::DataLossError(concat("the snapshot has a position of group '", position.group(),
                                        "' in topic '", position.topic(), "', which do not exist"));
    }
    auto& queue = *made_.add_queues();
    queue.set_group_id(group->second);
    queue.set_topic_id(topic->second);
    queue.set_queue_id(position.queue_id());
    queue.set_next_offset(position.next_offset());
    queue.set_last_delivery_id(position.last_delivery_id());
    std::map<QueueOffset, OpenChunk> chunks;
    for (const auto& open : position.in_flight()) {
      const QueueOffset offset(open.offset());
      const QueueOffset base = OpenChunk::base_of(offset);
      OpenChunk& chunk = chunks.try_emplace(base, base).first->second;
      if (chunk.find(offset) != nullptr) {
        return absl::DataLossError(concat("the snapshot has a message of topic '", position.topic(),
                                          "' twice in flight to group '", position.group(), "'"));
      }
      chunk.add(offset, in_flight(open));
      queue.set_last_delivery_id(std::max(queue.last_delivery_id(), open.delivery_id()));
    }
    for (const auto& [base, chunk] : chunks) {
      auto& message = *made_.add_chunks();
      message.set_group_id(group->second);
      message.set_topic_id(topic->second);
      message.set_queue_id(position.queue_id());
      to_proto(chunk, message);
    }
    return absl::OkStatus();
  }

  InFlight in_flight(const Snapshot::InFlight& open) {
    InFlight delivery{.delivery_id = open.delivery_id(),
                      .visible_at_ms = open.visible_at_ms(),
                      .attempt = open.attempt(),
                      .suspended = open.suspended()};
    if (!open.renew_client_id().empty()) {
      delivery.client = client(open.renew_client_id());
      delivery.renew_until_ms = open.renew_until_ms();
    }
    return delivery;
  }

  ClientId client(const std::string& name) {
    const auto [it, made] = clients_.try_emplace(name, ClientId(made_.clients_size() + 1));
    if (made) {
      auto& client = *made_.add_clients();
      client.set_client_id(it->second.value());
      client.set_name(name);
    }
    return it->second;
  }

  const Snapshot& old_;
  Snapshot made_;
  int64_t version_ = 0;
  StringMap<int64_t> topics_;  // ids by name
  StringMap<int64_t> groups_;
  StringMap<ClientId> clients_;
};

}  // namespace

absl::Status translate_first_format(const Event& event, const BrokerState& state,
                                    std::vector<Event>& into) {
  EventTranslator translator(state, into);
  switch (event.event_case()) {
    case Event::kFirstTopicSet:
      return translator.topic_set(event.first_topic_set());
    case Event::kFirstTopicDeleted:
      return translator.topic_deleted(event.first_topic_deleted());
    case Event::kFirstGroupSet:
      return translator.group_set(event.first_group_set());
    case Event::kFirstGroupDeleted:
      return translator.group_deleted(event.first_group_deleted());
    case Event::kFirstDelivered:
      return translator.delivered(event.first_delivered());
    case Event::kFirstAcked:
      return translator.acked(event.first_acked());
    case Event::kFirstExtended:
      return translator.extended(event.first_extended());
    case Event::kFirstPositioned:
      return translator.positioned(event.first_positioned());
    default:
      return absl::DataLossError("an event that is not of the first format");
  }
}

absl::StatusOr<Snapshot> translate_first_format(const Snapshot& snapshot) {
  return SnapshotTranslator(snapshot).translate();
}

absl::StatusOr<std::vector<FirstFormatTotals>> first_format_totals(std::string_view piece) {
  Snapshot snapshot;
  if (!snapshot.ParseFromArray(piece.data(), static_cast<int>(piece.size()))) {
    return absl::DataLossError("a snapshot's state does not parse");
  }
  std::vector<FirstFormatTotals> all;
  for (const auto& of_topic : snapshot.totals()) {
    const int queues = of_topic.bytes_size();
    if (of_topic.oldest_ms_size() != queues || of_topic.newest_ms_size() != queues ||
        queues > kQueuesPerTopicMax) {
      return absl::DataLossError(
          concat("the snapshot has wrong totals of topic '", of_topic.topic(), "'"));
    }
    for (int32_t id = 0; id < queues; ++id) {
      all.push_back({.topic = of_topic.topic(),
                     .queue_id = id,
                     .bytes = of_topic.bytes(id),
                     .oldest_ms = of_topic.oldest_ms(id),
                     .newest_ms = of_topic.newest_ms(id)});
    }
  }
  return all;
}

}  // namespace petrel::core
