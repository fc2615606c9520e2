// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/compat/directories/listing.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "broker/core/state.h"
#include "broker/rocketmq_files/rocketmq_config.h"
#include "common/concat.h"
#include "store/log/record.h"

namespace petrel::core {
namespace {

using Lines = std::vector<std::string>;

std::string text_of(const std::vector<int64_t>& numbers) {
  std::string text;
  for (const int64_t number : numbers) text += concat(text.empty() ? "" : ",", number);
  return text.empty() ? "-" : text;
}

std::string text_of(std::string_view text) { return text.empty() ? "-" : std::string(text); }

void list_topics(CoreWorld& world, Lines& lines) {
  const auto& listed = world.ask<ListTopicsRequest>([](auto&) {});
  world.turn();
  lines.push_back(concat("config_version ", listed.config_version));
  for (const ListTopicsRequest::Topic& topic : listed.topics) {
    const TopicConfig& config = topic.config;
    lines.push_back(concat("topic ", config.name, " read_queues=", config.read_queues,
                           " write_queues=", config.write_queues, " permission=", config.permission,
                           " message_type=", static_cast<int32_t>(config.message_type),
                           " retention_ms=", config.retention_ms, " version=", config.version,
                           " incarnation=", config.incarnation));
    for (const ListTopicsRequest::Queue& queue : topic.queues) {
      lines.push_back(concat("queue ", config.name, "/", queue.queue_id, " min=", queue.min.value(),
                             " max=", queue.max.value(), " bytes=", queue.size_bytes,
                             " oldest_ms=", queue.oldest_ms, " newest_ms=", queue.newest_ms));
    }
  }
}

void list_position(const BrokerState& state, const Subscription& subscription, int32_t queue_id,
                   Lines& lines) {
  const GroupQueue* const position = subscription.find(queue_id);
  if (position == nullptr) {
    return;
  }
  const std::string queue = concat(subscription.topic(), "/", queue_id);
  lines.push_back(concat("position ", subscription.group(), " ", queue,
                         " next=", position->next().value(),
                         " last_delivery_id=", position->last_delivery_id()));
  position->visit_in_flight(store::QueueOffset(0), [&](store::QueueOffset offset,
                                                       const InFlight& open) {
    lines.push_back(concat("open ", subscription.group(), " ", queue, "/", offset.value(),
                           " delivery_id=", open.delivery_id, " visible_at_ms=", open.visible_at_ms,
                           " attempt=", open.attempt, " suspended=", open.suspended ? 1 : 0,
                           " renew_client=", text_of(std::string(state.client_name(open.client))),
                           " renew_until_ms=", open.renew_until_ms));
    return true;
  });
}

void list_groups(CoreWorld& world, Lines& lines) {
  const BrokerState& state = world.core().state();
  lines.push_back(concat("adopted ", text_of(state.adopted())));
  for (const auto& [name, group] : state.groups()) {
    lines.push_back(concat(
        "group ", name, " consume_enabled=", group->config.consume_enabled ? 1 : 0,
        " backoff_ms=", text_of(group->config.backoff_ms), " version=", group->config.version));
    for (const auto& [topic, subscription] : group->subscriptions) {
      for (int32_t id = 0; id < subscription->queue_id_end(); ++id) {
        list_position(state, *subscription, id, lines);
      }
    }
  }
}

// A message that is no longer in a queue, because of retention or its topic's deletion, is none.
bool has_place(CoreWorld& world, const store::RecordView& record) {
  if (record.topic == kStateTopic) return false;
  const store::ConsumeQueue* const queue = world.store().find_queue(record.topic, record.queue_id);
  return queue != nullptr && record.queue_offset >= queue->min() &&
         record.queue_offset < queue->max();
}

void list_messages(CoreWorld& world, Lines& lines) {
  const store::CommitLog& log = world.store().log();
  const absl::Status visited = log.visit(
      log.begin(), store::LogOffset(log.progress().written.value()),
      [&](const store::RecordView& record) {
        if (!has_place(world, record)) return absl::OkStatus();
        lines.push_back(concat("message ", record.topic, "/", record.queue_id, "/",
                               record.queue_offset.value(), " store_ms=", record.store_ms,
                               " tag=", text_of(store::find_property(record.properties, "TAGS")),
                               " key=", text_of(store::find_property(record.properties, "KEYS")),
                               " crc=", record.body_crc));
        return absl::OkStatus();
      });
  if (!visited.ok()) lines.push_back(visited.ToString());
}

}  // namespace

CoreWorld::Options directory_options(int64_t snapshot_interval_ms) {
  CoreWorld::Options options;
  options.store.log.segment_bytes = 64 << 10;
  options.store.log.record_bytes_max = 16 << 10;
  options.store.snapshot_interval_ms = snapshot_interval_ms;
  options.store.make_rocketmq_config = rocketmq_files::make_rocketmq_config;
  return options;
}

std::string listing(CoreWorld& world) {
  Lines lines;
  list_groups(world, lines);  // first: a turn may renew deliveries
  list_topics(world, lines);
  list_messages(world, lines);
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace petrel::core
