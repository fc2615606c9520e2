// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/catalog.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/concat.h"
#include "common/log.h"

namespace petrel::core {
namespace {

constexpr log::Logger kLog("broker");

constexpr int32_t kPermissionMask = permission::kRead | permission::kWrite;
constexpr int64_t kBackoffMsMax = 24 * 3'600'000;
constexpr size_t kBackoffStepsMax = 64;

// The topics or groups of `map` that a list tells of, in order; `more`: there are others behind.
// Names that are not there are left out.
template <typename Map>
std::vector<const typename Map::mapped_type::element_type*> select(const Map& map,
                                                                   const ListRange& range,
                                                                   bool& more) {
  std::vector<std::string_view> names(range.names.begin(), range.names.end());
  if (range.names.empty()) {
    for (const auto& [name, value] : map) {
      if (name > range.after || range.after.empty()) names.push_back(name);
    }
    const auto limit = range.limit > 0 ? static_cast<size_t>(range.limit) : names.size();
    if (names.size() > limit) {
      more = true;
      std::nth_element(names.begin(), names.begin() + static_cast<ptrdiff_t>(limit), names.end());
      names.resize(limit);
    }
    std::sort(names.begin(), names.end());
  }
  std::vector<const typename Map::mapped_type::element_type*> selected;
  selected.reserve(names.size());
  for (const std::string_view name : names) {
    const auto found = map.find(name);
    if (found != map.end()) selected.push_back(found->second.get());
  }
  return selected;
}

Outcome check_count(size_t changes) {
  if (changes <= kChangesPerRequestMax) return {};
  return {OutcomeCode::kInvalidArgument,
          concat(changes, " changes in one call; allowed are ", kChangesPerRequestMax)};
}

Outcome check_group(const GroupConfig& group) {
  if (group.backoff_ms.size() > kBackoffStepsMax) {
    return {OutcomeCode::kInvalidArgument,
            concat("group '", group.name, "': at most ", kBackoffStepsMax, " backoff steps")};
  }
  for (const int64_t delay_ms : group.backoff_ms) {
    if (delay_ms < 0 || delay_ms > kBackoffMsMax) {
      return {OutcomeCode::kInvalidArgument, concat("group '", group.name, "': a backoff of ",
                                                    delay_ms, " ms; allowed are 0 to 24 hours")};
    }
  }
  return {};
}

}  // namespace

// --- topics ------------------------------------------------------------------------------------

// Fills in defaults and checks the settings.
Outcome Catalog::complete_topic(TopicConfig& config) const {
  if (config.read_queues == 0) config.read_queues = parts_.options.default_queues;
  if (config.write_queues == 0) config.write_queues = config.read_queues;
  if (config.permission == 0) config.permission = kPermissionMask;
  if (config.message_type == MessageType::kUnspecified) config.message_type = MessageType::kNormal;
  const auto invalid = [&config](std::string_view what) {
    return Outcome{OutcomeCode::kInvalidArgument, concat("topic '", config.name, "': ", what)};
  };
  for (const int32_t queues : {config.read_queues, config.write_queues}) {
    if (queues < 1 || queues > kQueuesPerTopicMax) {
      return invalid(concat(queues, " queues; allowed are 1 to ", kQueuesPerTopicMax));
    }
  }
  if ((config.permission & ~kPermissionMask) != 0) {
    return invalid(
        concat("permission ", config.permission, "; allowed are 2 (write), 4 (read) and 6 (both)"));
  }
  if (config.retention_ms != 0 &&
      (config.retention_ms < kRetentionMsMin || config.retention_ms > kRetentionMsMax)) {
    return invalid(concat("a retention of ", config.retention_ms,
                          " ms; allowed are a second to ten years, and 0 for that of the log"));
  }
  if (config.message_type != MessageType::kNormal) {
    return {OutcomeCode::kUnsupported,
            concat("topic '", config.name, "': only topics of normal messages are supported")};
  }
  return {};
}

template <typename Config>
Outcome Catalog::check_size(const std::vector<Config>& changes) const {
  int64_t bytes = 0;
  for (const Config& config : changes) bytes += static_cast<int64_t>(Journal::bytes_of(config));
  if (bytes <= parts_.options.state_record_bytes_max) return check_count(changes.size());
  return {OutcomeCode::kInvalidArgument,
          concat("changes of ", bytes, " bytes in one call; this broker's log allows ",
                 parts_.options.state_record_bytes_max)};
}

TopicState& Catalog::set_topic(TopicConfig config) {
  config.version = next_version();
  const TopicState* known = parts_.state.find_topic(config.name);
  config.incarnation = known == nullptr ? config.version : known->config.incarnation;
  parts_.journal.topic_set(config);
  parts_.registry.set_topic(config);
  return parts_.state.set_topic(std::move(config));
}

TopicState* Catalog::ensure_topic(std::string_view name, Outcome& outcome) {
  if (TopicState* known = parts_.state.find_topic(name)) return known;
  if (!parts_.options.auto_create_topics) {
    outcome = {OutcomeCode::kTopicNotFound, concat("topic '", name, "' does not exist")};
    return nullptr;
  }
  TopicConfig config;
  config.name = std::string(name);
  outcome = complete_topic(config);
  return outcome.ok() ? &set_topic(std::move(config)) : nullptr;
}

// RocketMQ's files do not tell of a retention: a topic that is known keeps its own.
void Catalog::adopt(const TopicConfig& adopted) {
  const TopicState* known = parts_.state.find_topic(adopted.name);
  TopicConfig config = adopted;
  if (known != nullptr) config.retention_ms = known->config.retention_ms;
  if (known == nullptr || !known->config.same_settings(config)) set_topic(config);
}

void Catalog::adopt(const GroupConfig& config) {
  const GroupState* known = parts_.state.find_group(config.name);
  if (known == nullptr || !known->config.same_settings(config)) set_group(config);
}

void Catalog::warn_of_retention(const TopicConfig& config) const {
  const int64_t of_log_ms = parts_.options.log_retention_ms;
  if (config.retention_ms <= of_log_ms) return;
  kLog.warn("a topic's retention is longer than that of the log, which counts",
            {{"topic", config.name},
             {"retention_ms", config.retention_ms},
             {"log_retention_ms", of_log_ms}});
}

void Catalog::apply_topics(std::unique_ptr<ApplyTopicsRequest> request) {
  request->outcome = check_size(request->topics);
  if (!request->outcome.ok()) return parts_.outbox.now(std::move(request));
  for (TopicConfig& config : request->topics) {
    request->outcome = complete_topic(config);
    if (!request->outcome.ok()) return parts_.outbox.now(std::move(request));
  }
  for (const TopicConfig& config : request->topics) {
    const TopicState* known = parts_.state.find_topic(config.name);
    if (known != nullptr && known->config.same_settings(config)) continue;
    set_topic(config);
    warn_of_retention(config);
    request->changed.push_back(config.name);
    if (known != nullptr) parts_.pop.arrived(config.name);  // waiting receives see other queues now
  }
  request->config_version = parts_.state.config_version();
  // Also when nothing changed: what is there may have been made a moment ago and not be durable
  // yet.
  parts_.outbox.after_commit(std::move(request));
}

// Messages that are appended count, though nobody sees them before they are committed.
bool Catalog::has_messages(const TopicState& topic) const {
  for (const QueueTotals& queue : topic.totals->queues) {
    if (queue.bytes > 0) return true;
  }
  return describe(topic.config, *topic.totals, Detail::kTotals).totals.messages > 0;
}

void Catalog::delete_topics(std::unique_ptr<DeleteTopicsRequest> request) {
  request->outcome = check_size(request->names);
  if (!request->outcome.ok()) return parts_.outbox.now(std::move(request));
  for (const std::string& name : request->names) {
    TopicState* topic = parts_.state.find_topic(name);
    if (topic == nullptr) continue;
    if (request->only_empty && has_messages(*topic)) {
      request->kept.push_back(name);
      continue;
    }
    for (const auto& [group, subscription] : topic->subscriptions) {
      parts_.pop.forget(*subscription, OutcomeCode::kTopicNotFound,
                        concat("topic '", name, "' was deleted"));
    }
    const int64_t version = next_version();
    parts_.journal.topic_deleted(name, version);
    parts_.writer.forget(name);
    parts_.store.delete_topic(name);
    parts_.registry.remove_topic(name, version);
    parts_.state.delete_topic(name, version);
    request->deleted.push_back(name);
  }
  request->config_version = parts_.state.config_version();
  parts_.outbox.after_commit(std::move(request));
}

ListTopicsRequest::Topic Catalog::describe(const TopicConfig& config, const TopicTotals& totals,
                                           Detail detail) const {
  ListTopicsRequest::Topic topic{.config = config};
  if (detail == Detail::kSettings) return topic;
  const int32_t queues = std::max(config.read_queues, config.write_queues);
  for (int32_t id = 0; id < queues; ++id) {
    const QueueTotals of_queue = totals.of(id);
    ListTopicsRequest::Queue queue{.queue_id = id,
                                   .size_bytes = of_queue.bytes,
                                   .oldest_ms = of_queue.oldest_ms,
                                   .newest_ms = of_queue.newest_ms};
    if (const store::ConsumeQueue* known = parts_.store.find_queue(config.name, id)) {
      queue.min = known->min();
      queue.max = known->max();
    }
    ListTopicsRequest::Totals& sum = topic.totals;
    sum.messages += queue.max - queue.min;
    sum.size_bytes += queue.size_bytes;
    sum.newest_ms = std::max(sum.newest_ms, queue.newest_ms);
    if (queue.oldest_ms != 0 && (sum.oldest_ms == 0 || queue.oldest_ms < sum.oldest_ms)) {
      sum.oldest_ms = queue.oldest_ms;
    }
    if (detail == Detail::kFull) topic.queues.push_back(queue);
  }
  return topic;
}

void Catalog::list_topics(std::unique_ptr<ListTopicsRequest> request) const {
  for (const TopicState* topic : select(parts_.state.topics(), request->range, request->more)) {
    request->topics.push_back(describe(topic->config, *topic->totals, request->detail));
  }
  if (request->include_system && !request->more) {
    auto topic = describe({.name = std::string(kStateTopic),
                           .read_queues = 1,
                           .write_queues = 1,
                           .permission = permission::kRead,
                           .message_type = MessageType::kNormal},
                          parts_.state.totals(kStateTopic), request->detail);
    topic.system = true;
    request->topics.push_back(std::move(topic));
  }
  request->config_version = parts_.state.config_version();
  parts_.outbox.now(std::move(request));
}

// --- groups ------------------------------------------------------------------------------------

GroupState& Catalog::set_group(GroupConfig config) {
  config.version = next_version();
  parts_.journal.group_set(config);
  parts_.registry.set_group(config);
  return parts_.state.set_group(std::move(config));
}

GroupState* Catalog::ensure_group(std::string_view name, Outcome& outcome) {
  if (GroupState* known = parts_.state.find_group(name)) return known;
  if (!parts_.options.auto_create_groups) {
    outcome = {OutcomeCode::kGroupNotFound, concat("consumer group '", name, "' does not exist")};
    return nullptr;
  }
  return &set_group({.name = std::string(name)});
}

void Catalog::apply_groups(std::unique_ptr<ApplyGroupsRequest> request) {
  request->outcome = check_size(request->groups);
  if (!request->outcome.ok()) return parts_.outbox.now(std::move(request));
  for (const GroupConfig& config : request->groups) {
    request->outcome = check_group(config);
    if (!request->outcome.ok()) return parts_.outbox.now(std::move(request));
  }
  for (const GroupConfig& config : request->groups) {
    const GroupState* known = parts_.state.find_group(config.name);
    if (known != nullptr && known->config.same_settings(config)) continue;
    set_group(config);
    request->changed.push_back(config.name);
  }
  request->config_version = parts_.state.config_version();
  parts_.outbox.after_commit(std::move(request));
}

void Catalog::delete_groups(std::unique_ptr<DeleteGroupsRequest> request) {
  request->outcome = check_size(request->names);
  if (!request->outcome.ok()) return parts_.outbox.now(std::move(request));
  for (const std::string& name : request->names) {
    const GroupState* group = parts_.state.find_group(name);
    if (group == nullptr) continue;
    for (const auto& [topic, subscription] : group->subscriptions) {
      parts_.pop.forget(*subscription, OutcomeCode::kGroupNotFound,
                        concat("consumer group '", name, "' was deleted"));
    }
    const int64_t version = next_version();
    parts_.journal.group_deleted(name, version);
    parts_.registry.remove_group(name, version);
    parts_.state.delete_group(name, version);
    request->deleted.push_back(name);
  }
  request->config_version = parts_.state.config_version();
  parts_.outbox.after_commit(std::move(request));
}

ListGroupsRequest::Group Catalog::describe(const GroupState& group, Detail detail) const {
  ListGroupsRequest::Group described{.config = group.config};
  if (detail == Detail::kSettings) return described;
  for (const auto& [topic, subscription] : group.subscriptions) {
    ListGroupsRequest::Subscription totals{.topic = topic};
    const int32_t queues = parts_.state.find_topic(topic)->config.read_queues;
    for (int32_t id = 0; id < queues; ++id) {
      const store::ConsumeQueue* queue = parts_.store.find_queue(topic, id);
      if (queue == nullptr) continue;
      const GroupQueue* position = subscription->find(id);
      const store::QueueOffset next =
          position == nullptr ? PopService::start_of(*queue) : position->next();
      totals.lag += queue->max() - std::max(next, queue->min());
      if (position != nullptr)
        totals.in_flight += static_cast<int64_t>(position->in_flight().size());
    }
    described.lag += totals.lag;
    described.in_flight += totals.in_flight;
    if (detail == Detail::kFull) described.subscriptions.push_back(std::move(totals));
  }
  return described;
}

void Catalog::list_groups(std::unique_ptr<ListGroupsRequest> request) const {
  for (const GroupState* group : select(parts_.state.groups(), request->range, request->more)) {
    request->groups.push_back(describe(*group, request->detail));
  }
  request->config_version = parts_.state.config_version();
  parts_.outbox.now(std::move(request));
}

void Catalog::publish_all() {
  for (const auto& [name, topic] : parts_.state.topics()) parts_.registry.set_topic(topic->config);
  for (const auto& [name, group] : parts_.state.groups()) parts_.registry.set_group(group->config);
  parts_.registry.begin(parts_.state.config_version());
}

}  // namespace petrel::core
