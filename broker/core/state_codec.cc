// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/state_codec.h"

#include <utility>

namespace petrel::core {

TopicConfig from_proto(const state::v1::Topic& topic) {
  return {.name = topic.name(),
          .read_queues = topic.read_queues(),
          .write_queues = topic.write_queues(),
          .permission = topic.permission(),
          .message_type = static_cast<MessageType>(topic.message_type()),
          .retention_ms = topic.retention_ms(),
          .version = topic.version(),
          .incarnation = topic.incarnation()};
}

void to_proto(const TopicConfig& topic, state::v1::Topic& into) {
  into.set_name(topic.name);
  into.set_read_queues(topic.read_queues);
  into.set_write_queues(topic.write_queues);
  into.set_permission(topic.permission);
  into.set_message_type(static_cast<int32_t>(topic.message_type));
  into.set_version(topic.version);
  into.set_incarnation(topic.incarnation);
  into.set_retention_ms(topic.retention_ms);
}

GroupConfig from_proto(const state::v1::Group& group) {
  return {.name = group.name(),
          .consume_enabled = group.consume_enabled(),
          .backoff_ms = {group.backoff_ms().begin(), group.backoff_ms().end()},
          .version = group.version()};
}

void to_proto(const GroupConfig& group, state::v1::Group& into) {
  into.set_name(group.name);
  into.set_consume_enabled(group.consume_enabled);
  into.mutable_backoff_ms()->Assign(group.backoff_ms.begin(), group.backoff_ms.end());
  into.set_version(group.version);
}

GroupQueue::InFlight in_flight_of(const state::v1::Delivered& delivered) {
  return {.delivery_id = delivered.delivery_id(),
          .visible_at_ms = delivered.visible_at_ms(),
          .renew_client_id = delivered.renew_client_id(),
          .renew_until_ms = delivered.renew_until_ms()};
}

bool from_proto(const state::v1::Snapshot::QueuePosition& position, GroupQueue& into) {
  into.reposition(store::QueueOffset(position.next_offset()));
  into.restore_last_delivery_id(position.last_delivery_id());
  for (const auto& open : position.in_flight()) {
    if (into.in_flight().contains(store::QueueOffset(open.offset()))) return false;
    into.restore(store::QueueOffset(open.offset()), {.delivery_id = open.delivery_id(),
                                                     .visible_at_ms = open.visible_at_ms(),
                                                     .attempt = open.attempt(),
                                                     .suspended = open.suspended(),
                                                     .renew_client_id = open.renew_client_id(),
                                                     .renew_until_ms = open.renew_until_ms()});
  }
  return true;
}

void to_proto(const GroupQueue& queue, state::v1::Snapshot::QueuePosition& into) {
  into.set_next_offset(queue.next().value());
  into.set_last_delivery_id(queue.last_delivery_id());
  for (const auto& [offset, delivery] : queue.in_flight()) {
    auto& open = *into.add_in_flight();
    open.set_offset(offset.value());
    open.set_delivery_id(delivery.delivery_id);
    open.set_visible_at_ms(delivery.visible_at_ms);
    open.set_attempt(delivery.attempt);
    open.set_suspended(delivery.suspended);
    open.set_renew_client_id(delivery.renew_client_id);
    open.set_renew_until_ms(delivery.renew_until_ms);
  }
}

bool from_proto(const state::v1::Snapshot::Totals& totals, TopicTotals& into) {
  const int queues = totals.bytes_size();
  if (queues > kQueuesPerTopicMax || totals.oldest_ms_size() != queues ||
      totals.newest_ms_size() != queues) {
    return false;
  }
  into.queues.clear();
  for (int i = 0; i < queues; ++i) {
    into.queues.push_back({.bytes = totals.bytes(i),
                           .oldest_ms = totals.oldest_ms(i),
                           .newest_ms = totals.newest_ms(i)});
  }
  return true;
}

void to_proto(std::string_view topic, const TopicTotals& totals,
              state::v1::Snapshot::Totals& into) {
  into.set_topic(topic.data(), topic.size());
  for (const QueueTotals& queue : totals.queues) {
    into.add_bytes(queue.bytes);
    into.add_oldest_ms(queue.oldest_ms);
    into.add_newest_ms(queue.newest_ms);
  }
}

}  // namespace petrel::core
