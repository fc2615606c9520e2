// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/catalog.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/concat.h"

namespace petrel::core {
namespace {

constexpr int32_t kPermissionMask = permission::kRead | permission::kWrite;
constexpr int64_t kBackoffMsMax = 24 * 3'600'000;
constexpr size_t kBackoffStepsMax = 64;

template <typename Map>
std::vector<std::string_view> sorted_names(const Map& map) {
  std::vector<std::string_view> names;
  names.reserve(map.size());
  for (const auto& [name, value] : map) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
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
  if (config.message_type != MessageType::kNormal) {
    return {OutcomeCode::kUnsupported,
            concat("topic '", config.name, "': only topics of normal messages are supported")};
  }
  return {};
}

TopicState& Catalog::set_topic(TopicConfig config) {
  config.version = next_version();
  const TopicState* known = parts_.state.find_topic(config.name);
  config.incarnation = known == nullptr ? config.version : known->config.incarnation;
  parts_.journal.topic_set(config);
  parts_.directory.set_topic(config);
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

void Catalog::apply_topics(std::unique_ptr<ApplyTopicsRequest> request) {
  for (TopicConfig& config : request->topics) {
    request->outcome = complete_topic(config);
    if (!request->outcome.ok()) return parts_.outbox.now(std::move(request));
  }
  for (const TopicConfig& config : request->topics) {
    const TopicState* known = parts_.state.find_topic(config.name);
    if (known != nullptr && known->config.same_settings(config)) continue;
    set_topic(config);
    request->changed.push_back(config.name);
    if (known != nullptr) parts_.pop.arrived(config.name);  // waiting receives see other queues now
  }
  request->config_version = parts_.state.config_version();
  // Also when nothing changed: what is there may have been made a moment ago and not be durable
  // yet.
  parts_.outbox.after_commit(std::move(request));
}

void Catalog::delete_topics(std::unique_ptr<DeleteTopicsRequest> request) {
  for (const std::string& name : request->names) {
    TopicState* topic = parts_.state.find_topic(name);
    if (topic == nullptr) continue;
    for (const auto& [group, subscription] : topic->subscriptions) {
      parts_.pop.forget(*subscription, OutcomeCode::kTopicNotFound,
                        concat("topic '", name, "' was deleted"));
    }
    const int64_t version = next_version();
    parts_.journal.topic_deleted(name, version);
    parts_.writer.forget(name);
    parts_.store.delete_topic(name);
    parts_.directory.remove_topic(name);
    parts_.state.delete_topic(name, version);
    request->deleted.push_back(name);
  }
  request->config_version = parts_.state.config_version();
  parts_.outbox.after_commit(std::move(request));
}

ListTopicsRequest::Topic Catalog::describe(const TopicConfig& config) const {
  ListTopicsRequest::Topic topic{.config = config};
  const int32_t queues = std::max(config.read_queues, config.write_queues);
  for (int32_t id = 0; id < queues; ++id) {
    ListTopicsRequest::Queue queue{.queue_id = id};
    if (const store::ConsumeQueue* known = parts_.store.find_queue(config.name, id)) {
      queue.min = known->min();
      queue.max = known->max();
    }
    topic.queues.push_back(queue);
  }
  return topic;
}

void Catalog::list_topics(std::unique_ptr<ListTopicsRequest> request) const {
  const auto add = [&](std::string_view name) {
    const TopicState* topic = parts_.state.find_topic(name);
    if (topic != nullptr) request->topics.push_back(describe(topic->config));
  };
  if (request->names.empty()) {
    for (const std::string_view name : sorted_names(parts_.state.topics())) add(name);
  } else {
    for (const std::string& name : request->names) add(name);
  }
  if (request->include_system) {
    auto topic = describe({.name = std::string(kStateTopic),
                           .read_queues = 1,
                           .write_queues = 1,
                           .permission = permission::kRead,
                           .message_type = MessageType::kNormal});
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
  parts_.directory.set_group(config);
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
  for (const std::string& name : request->names) {
    const GroupState* group = parts_.state.find_group(name);
    if (group == nullptr) continue;
    for (const auto& [topic, subscription] : group->subscriptions) {
      parts_.pop.forget(*subscription, OutcomeCode::kGroupNotFound,
                        concat("consumer group '", name, "' was deleted"));
    }
    const int64_t version = next_version();
    parts_.journal.group_deleted(name, version);
    parts_.directory.remove_group(name);
    parts_.state.delete_group(name, version);
    request->deleted.push_back(name);
  }
  request->config_version = parts_.state.config_version();
  parts_.outbox.after_commit(std::move(request));
}

ListGroupsRequest::Group Catalog::describe(const GroupState& group) const {
  ListGroupsRequest::Group described{.config = group.config};
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
    described.subscriptions.push_back(std::move(totals));
  }
  return described;
}

void Catalog::list_groups(std::unique_ptr<ListGroupsRequest> request) const {
  const auto add = [&](std::string_view name) {
    const GroupState* group = parts_.state.find_group(name);
    if (group != nullptr) request->groups.push_back(describe(*group));
  };
  if (request->names.empty()) {
    for (const std::string_view name : sorted_names(parts_.state.groups())) add(name);
  } else {
    for (const std::string& name : request->names) add(name);
  }
  request->config_version = parts_.state.config_version();
  parts_.outbox.now(std::move(request));
}

void Catalog::publish_all() {
  for (const auto& [name, topic] : parts_.state.topics()) parts_.directory.set_topic(topic->config);
  for (const auto& [name, group] : parts_.state.groups()) parts_.directory.set_group(group->config);
  parts_.directory.publish_version(parts_.state.config_version());
}

}  // namespace petrel::core
