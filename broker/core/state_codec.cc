// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/state_codec.h"

#include <bit>
#include <limits>

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
          .attempts_max = group.attempts_max(),
          .backoff_ms = {group.backoff_ms().begin(), group.backoff_ms().end()},
          .consume_from = static_cast<ConsumeFrom>(group.consume_from()),
          .consume_from_ms = group.consume_from_ms(),
          .declared_at = store::LogOffset(group.declared_at()),
          .version = group.version(),
          .incarnation = group.incarnation()};
}

void to_proto(const GroupConfig& group, state::v1::Group& into) {
  into.set_name(group.name);
  into.set_consume_enabled(group.consume_enabled);
  into.set_attempts_max(group.attempts_max);
  into.mutable_backoff_ms()->Assign(group.backoff_ms.begin(), group.backoff_ms.end());
  into.set_consume_from(static_cast<int32_t>(group.consume_from));
  into.set_consume_from_ms(group.consume_from_ms);
  into.set_declared_at(group.declared_at.value());
  into.set_version(group.version);
  into.set_incarnation(group.incarnation);
}

InFlight in_flight_of(const state::v1::Delivery& delivery) {
  return {.delivery_id = delivery.delivery_id(),
          .visible_at_ms = delivery.visible_at_ms(),
          .client = ClientId(delivery.client_id()),
          .renew_until_ms = delivery.client_id() == 0 ? 0 : delivery.renew_until_ms()};
}

GroupQueue::Extension from_proto(const state::v1::Extension& extension) {
  return {.offset = store::QueueOffset(extension.offset()),
          .delivery_id = extension.delivery_id(),
          .visible_at_ms = extension.visible_at_ms(),
          .suspend = extension.suspend(),
          .keep_renewing = extension.keep_renewing()};
}

std::optional<OpenChunk> from_proto(const state::v1::Snapshot::Chunk& chunk) {
  const store::QueueOffset base(chunk.base());
  const int count = std::popcount(chunk.bitmap());
  const auto all_or_none = [count](int size) { return size == count || size == 0; };
  if (chunk.base() < 0 || chunk.base() > std::numeric_limits<int64_t>::max() / 2 || count == 0 ||
      OpenChunk::base_of(base) != base || chunk.delivery_ids_size() != count ||
      chunk.visible_at_ms_size() != count || chunk.attempts_size() != count ||
      !all_or_none(chunk.suspended_size()) || !all_or_none(chunk.client_ids_size()) ||
      chunk.renew_until_ms_size() != chunk.client_ids_size() ||
      !all_or_none(chunk.answer_left_size())) {
    return std::nullopt;
  }
  OpenChunk made(base);
  int i = 0;
  for (uint64_t left = chunk.bitmap(); left != 0; left &= left - 1, ++i) {
    const bool renewed = chunk.client_ids_size() != 0 && chunk.client_ids(i) != 0;
    made.add(base + std::countr_zero(left),
             {.delivery_id = chunk.delivery_ids(i),
              .visible_at_ms = chunk.visible_at_ms(i),
              .attempt = chunk.attempts(i),
              .suspended = chunk.suspended_size() != 0 && chunk.suspended(i),
              .answer_sent = renewed && chunk.answer_left_size() != 0 && chunk.answer_left(i),
              .client = ClientId(renewed ? chunk.client_ids(i) : 0),
              .renew_until_ms = renewed ? chunk.renew_until_ms(i) : 0});
  }
  return made;
}

void to_proto(const OpenChunk& chunk, state::v1::Snapshot::Chunk& into) {
  into.set_base(chunk.base().value());
  into.set_bitmap(chunk.bitmap());
  bool suspended = false;
  bool renewed = false;
  bool answer_sent = false;
  for (const InFlight& open : chunk.deliveries()) {
    into.add_delivery_ids(open.delivery_id);
    into.add_visible_at_ms(open.visible_at_ms);
    into.add_attempts(open.attempt);
    suspended |= open.suspended;
    renewed |= open.client != ClientId(0);
    answer_sent |= open.answer_sent;
  }
  for (const InFlight& open : chunk.deliveries()) {
    if (suspended) {
      into.add_suspended(open.suspended);
    }
    if (renewed) {
      into.add_client_ids(open.client.value());
      into.add_renew_until_ms(open.renew_until_ms);
    }
    if (answer_sent) {
      into.add_answer_left(open.answer_sent);
    }
  }
}

}  // namespace petrel::core
