// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/testing/state_events.h"

#include "common/check.h"

namespace petrel::core::events {
namespace {

template <typename Placed>
void set_place(const Queue& queue, Placed& into) {
  into.set_group_id(queue.group);
  into.set_topic_id(queue.topic);
  into.set_queue_id(queue.queue_id);
}

template <typename Placed, typename Old>
void name_place(const Placed& placed, const BrokerState& state, Old& into) {
  const GroupState* const group = state.find_group(GroupId(placed.group_id()));
  const TopicState* const topic = state.find_topic(TopicId(placed.topic_id()));
  PETREL_CHECK(group != nullptr && topic != nullptr);
  into.set_group(group->config.name);
  into.set_topic(topic->config.name);
  into.set_queue_id(placed.queue_id());
}

}  // namespace

Event topic_set(const std::string& name, int64_t version, int64_t id, int64_t retention_ms) {
  Event event;
  auto& topic = *event.mutable_topic_set()->mutable_topic();
  topic.set_name(name);
  topic.set_read_queues(2);
  topic.set_write_queues(2);
  topic.set_permission(6);
  topic.set_message_type(1);
  topic.set_retention_ms(retention_ms);
  topic.set_version(version);
  topic.set_incarnation(id == 0 ? version : id);
  return event;
}

Event topic_removed(int64_t id, int64_t version) {
  Event event;
  event.mutable_topic_removed()->set_topic_id(id);
  event.mutable_topic_removed()->set_version(version);
  return event;
}

Event group_set(const std::string& name, int64_t version, int64_t id) {
  Event event;
  auto& group = *event.mutable_group_set()->mutable_group();
  group.set_name(name);
  group.set_consume_enabled(true);
  group.add_backoff_ms(version);
  group.set_version(version);
  group.set_incarnation(id == 0 ? version : id);
  return event;
}

Event group_removed(int64_t id, int64_t version) {
  Event event;
  event.mutable_group_removed()->set_group_id(id);
  event.mutable_group_removed()->set_version(version);
  return event;
}

Event client_set(int64_t id, const std::string& name) {
  Event event;
  event.mutable_client_set()->set_client_id(id);
  event.mutable_client_set()->set_name(name);
  return event;
}

Event client_removed(int64_t id) {
  Event event;
  event.mutable_client_removed()->set_client_id(id);
  return event;
}

Event delivery(const Queue& queue, const DeliveryFields& fields) {
  Event event;
  auto& delivery = *event.mutable_delivery();
  set_place(queue, delivery);
  delivery.mutable_offsets()->Assign(fields.offsets.begin(), fields.offsets.end());
  delivery.set_delivery_id(fields.id);
  delivery.set_visible_at_ms(fields.visible_at_ms);
  delivery.set_next_offset(fields.next);
  delivery.set_client_id(fields.client);
  delivery.set_renew_until_ms(fields.renew_until_ms);
  return event;
}

Event acknowledged(const Queue& queue, const std::vector<int64_t>& offsets) {
  Event event;
  set_place(queue, *event.mutable_acknowledged());
  event.mutable_acknowledged()->mutable_offsets()->Assign(offsets.begin(), offsets.end());
  return event;
}

Event extension(const Queue& queue, const ExtensionFields& fields) {
  Event event;
  auto& extension = *event.mutable_extension();
  set_place(queue, extension);
  extension.set_offset(fields.offset);
  extension.set_delivery_id(fields.id);
  extension.set_visible_at_ms(fields.visible_at_ms);
  extension.set_suspend(fields.suspend);
  extension.set_keep_renewing(fields.keep_renewing);
  return event;
}

Event position(const Queue& queue, int64_t next) {
  Event event;
  set_place(queue, *event.mutable_position());
  event.mutable_position()->set_next_offset(next);
  return event;
}

Event queue_shortened(const std::string& topic, int32_t queue_id, int64_t min) {
  Event event;
  event.mutable_queue_shortened()->set_topic(topic);
  event.mutable_queue_shortened()->set_queue_id(queue_id);
  event.mutable_queue_shortened()->set_min(min);
  return event;
}

Event in_first_format(const Event& event, const BrokerState& state) {
  Event old;
  switch (event.event_case()) {
    case Event::kTopicSet:
      *old.mutable_first_topic_set() = event.topic_set().topic();
      break;
    case Event::kTopicRemoved:
      old.mutable_first_topic_deleted()->set_name(
          state.find_topic(TopicId(event.topic_removed().topic_id()))->config.name);
      old.mutable_first_topic_deleted()->set_version(event.topic_removed().version());
      break;
    case Event::kGroupSet:
      *old.mutable_first_group_set() = event.group_set().group();
      old.mutable_first_group_set()->clear_incarnation();
      break;
    case Event::kGroupRemoved:
      old.mutable_first_group_deleted()->set_name(
          state.find_group(GroupId(event.group_removed().group_id()))->config.name);
      old.mutable_first_group_deleted()->set_version(event.group_removed().version());
      break;
    case Event::kDelivery: {
      auto& delivered = *old.mutable_first_delivered();
      name_place(event.delivery(), state, delivered);
      *delivered.mutable_offsets() = event.delivery().offsets();
      delivered.set_delivery_id(event.delivery().delivery_id());
      delivered.set_visible_at_ms(event.delivery().visible_at_ms());
      delivered.set_next_offset(event.delivery().next_offset());
      const std::string_view client = state.client_name(ClientId(event.delivery().client_id()));
      delivered.set_renew_client_id(client.data(), client.size());
      delivered.set_renew_until_ms(event.delivery().renew_until_ms());
      break;
    }
    case Event::kAcknowledged:
      name_place(event.acknowledged(), state, *old.mutable_first_acked());
      *old.mutable_first_acked()->mutable_offsets() = event.acknowledged().offsets();
      break;
    case Event::kExtension: {
      auto& extended = *old.mutable_first_extended();
      name_place(event.extension(), state, extended);
      extended.set_offset(event.extension().offset());
      extended.set_delivery_id(event.extension().delivery_id());
      extended.set_visible_at_ms(event.extension().visible_at_ms());
      extended.set_suspend(event.extension().suspend());
      extended.set_keep_renewing(event.extension().keep_renewing());
      break;
    }
    case Event::kPosition:
      name_place(event.position(), state, *old.mutable_first_positioned());
      old.mutable_first_positioned()->set_next_offset(event.position().next_offset());
      break;
    default:
      PETREL_CHECK(false) << "the first format has no " << event.ShortDebugString();
  }
  return old;
}

void apply_all(const std::vector<Event>& events, BrokerState& into) {
  for (const Event& event : events) {
    PETREL_CHECK_OK(into.apply(event)) << event.ShortDebugString();
  }
}

std::string bytes_of(const BrokerState& state) {
  std::string all;
  for (const std::string& piece : state.capture_all()) {
    all += piece;
  }
  return all;
}

}  // namespace petrel::core::events
