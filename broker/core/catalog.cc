// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/catalog.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "broker/core/move_origin.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"

namespace petrel::core {
namespace {

constexpr log::Logger kAudit("audit");

constexpr log::Logger kLog("broker");

constexpr int32_t kPermissionMask = permission::kRead | permission::kWrite;
constexpr int64_t kBackoffMsMax = 24 * 3'600'000;
constexpr size_t kBackoffStepsMax = 64;
// As RocketMQ's default for all topics.
constexpr int64_t kDeadLetterRetentionMs = int64_t{72} * 3'600'000;

Outcome check_count(size_t changes) {
  if (changes <= kChangesPerRequestMax) {
    return {};
  }
  return {OutcomeCode::kInvalidArgument,
          concat(changes, " changes in one call; allowed are ", kChangesPerRequestMax)};
}

Outcome check_group(const GroupConfig& group) {
  if (group.attempts_max < 0 || group.attempts_max > kAttemptsMaxMost) {
    return {OutcomeCode::kInvalidArgument,
            concat("group '", group.name, "': ", group.attempts_max,
                   " deliveries; allowed are 1 to ", kAttemptsMaxMost, ", and 0 for the default")};
  }
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
  const auto from = static_cast<int32_t>(group.consume_from);
  if (from < 0 || from > static_cast<int32_t>(ConsumeFrom::kTime)) {
    return {OutcomeCode::kUnsupported, concat("group '", group.name, "': to consume from ", from,
                                              ", which this broker does not know")};
  }
  const bool has_time = group.consume_from == ConsumeFrom::kTime;
  if (has_time ? group.consume_from_ms < 0 : group.consume_from_ms != 0) {
    return {OutcomeCode::kInvalidArgument,
            concat("group '", group.name, "': a time of ", group.consume_from_ms,
                   " ms to consume from; it goes with TIME alone, and is not below 0")};
  }
  return {};
}

// Beside what broker/admin tells of groups that are made by administration.
const std::string& who(const ReceiveRequest& request) {
  const std::string& name = request.principal.name;
  return name.empty() ? request.client_id : name;
}

void tell_of_first_use(const ReceiveRequest& request) {
  kAudit.info("group made on first use",
              {{"by", who(request)}, {"group", request.group}, {"topic", request.topic}});
}

}  // namespace

// --- topics ------------------------------------------------------------------------------------

void Catalog::ensure_dead_letter_topic(std::string_view group) {
  const std::string name = dead_letter_topic(group);
  if (parts_.state.find_topic(name) != nullptr) {
    return;
  }
  parts_.changes.set_topic({.name = name,
                            .read_queues = 1,
                            .write_queues = 1,
                            .permission = kPermissionMask,
                            .message_type = MessageType::kNormal,
                            .retention_ms = kDeadLetterRetentionMs});
}

// Fills in defaults and checks the settings.
Outcome Catalog::complete_topic(TopicConfig& config) const {
  if (config.read_queues == 0) {
    config.read_queues = parts_.options.default_queues;
  }
  if (config.write_queues == 0) {
    config.write_queues = config.read_queues;
  }
  if (config.permission == 0) {
    config.permission = kPermissionMask;
  }
  if (config.message_type == MessageType::kUnspecified) {
    config.message_type = MessageType::kNormal;
  }
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
  for (const Config& config : changes) {
    bytes += static_cast<int64_t>(Changes::bytes_of(config));
  }
  if (bytes <= parts_.options.state_record_bytes_max) {
    return check_count(changes.size());
  }
  return {OutcomeCode::kInvalidArgument,
          concat("changes of ", bytes, " bytes in one call; this broker's log allows ",
                 parts_.options.state_record_bytes_max)};
}

const TopicState* Catalog::ensure_topic(std::string_view name, Outcome& outcome) {
  if (const TopicState* known = parts_.state.find_topic(name)) {
    return known;
  }
  if (!parts_.options.auto_create_topics) {
    outcome = {OutcomeCode::kTopicNotFound, concat("topic '", name, "' does not exist")};
    return nullptr;
  }
  TopicConfig config;
  config.name = std::string(name);
  outcome = complete_topic(config);
  if (!outcome.ok()) {
    return nullptr;
  }
  parts_.changes.set_topic(std::move(config));
  const TopicState* const made = parts_.state.find_topic(name);
  PETREL_CHECK(made != nullptr) << name;
  return made;
}

void Catalog::ensure_topic(std::unique_ptr<EnsureTopicRequest> request) {
  if (ensure_topic(request->topic, request->outcome) == nullptr) {
    return parts_.outbox.now(std::move(request));
  }
  parts_.outbox.after_commit(std::move(request));
}

void Catalog::warn_of_retention(const TopicConfig& config) const {
  const int64_t of_log_ms = parts_.options.log_retention_ms;
  if (config.retention_ms <= of_log_ms) {
    return;
  }
  kLog.warn("a topic's retention is longer than that of the log, which counts",
            {{"topic", config.name},
             {"retention_ms", config.retention_ms},
             {"log_retention_ms", of_log_ms}});
}

void Catalog::apply_topics(std::unique_ptr<ApplyTopicsRequest> request) {
  request->outcome = check_size(request->topics);
  if (!request->outcome.ok()) {
    return parts_.outbox.now(std::move(request));
  }
  for (TopicConfig& config : request->topics) {
    request->outcome = complete_topic(config);
    if (!request->outcome.ok()) {
      return parts_.outbox.now(std::move(request));
    }
  }
  for (const TopicConfig& config : request->topics) {
    const TopicState* known = parts_.state.find_topic(config.name);
    if (known != nullptr && known->config.same_settings(config)) {
      continue;
    }
    parts_.changes.set_topic(config);
    warn_of_retention(config);
    request->changed.push_back(config.name);
  }
  request->config_version = parts_.state.config_version();
  // Also when nothing changed: what is there may have been made a moment ago and not be durable
  // yet.
  parts_.outbox.after_commit(std::move(request));
}

// Messages that are appended count, though nobody sees them before they are committed.
bool Catalog::has_messages(const TopicState& topic) const {
  const int32_t queues = std::max(topic.config.read_queues, topic.config.write_queues);
  for (int32_t id = 0; id < queues; ++id) {
    const store::ConsumeQueue* queue = parts_.store.find_queue(topic.config.name, id);
    if (queue != nullptr && queue->next() > queue->min()) {
      return true;
    }
  }
  return false;
}

void Catalog::delete_topics(std::unique_ptr<DeleteTopicsRequest> request) {
  request->outcome = check_size(request->names);
  if (!request->outcome.ok()) {
    return parts_.outbox.now(std::move(request));
  }
  for (const std::string& name : request->names) {
    const TopicState* topic = parts_.state.find_topic(name);
    if (topic == nullptr) {
      continue;
    }
    if (request->only_empty && has_messages(*topic)) {
      request->kept.push_back(name);
      continue;
    }
    parts_.changes.remove_topic(*topic);
    request->deleted.push_back(name);
  }
  request->config_version = parts_.state.config_version();
  parts_.outbox.after_commit(std::move(request));
}

// --- groups ------------------------------------------------------------------------------------

const GroupState* Catalog::ensure_group(ReceiveRequest& request) {
  const std::string& name = request.group;
  if (const GroupState* known = parts_.state.find_group(name)) {
    return known;
  }
  if (!parts_.options.auto_create_groups) {
    request.outcome = {OutcomeCode::kGroupNotFound,
                       concat("consumer group '", name, "' does not exist")};
    return nullptr;
  }
  if (parts_.state.groups().size() >= static_cast<size_t>(parts_.options.auto_create_groups_max)) {
    request.outcome = refuse_group(request);
    return nullptr;
  }
  parts_.changes.set_group({.name = name});
  tell_of_first_use(request);
  const GroupState* const made = parts_.state.find_group(name);
  PETREL_CHECK(made != nullptr) << name;
  return made;
}

// The log tells once until topics or groups change, as clients ask again and again.
Outcome Catalog::refuse_group(const ReceiveRequest& request) {
  const int64_t version = parts_.state.config_version();
  if (std::exchange(refused_at_version_, version) != version) {
    kAudit.warn("no more groups are made on first use",
                {{"by", who(request)},
                 {"group", request.group},
                 {"groups", parts_.state.groups().size()},
                 {"limit", parts_.options.auto_create_groups_max}});
  }
  return {OutcomeCode::kGroupNotFound,
          concat("consumer group '", request.group, "' does not exist, and the broker has ",
                 parts_.state.groups().size(),
                 " already, so that it makes none on first use (groups.auto-create-max)")};
}

// What is not said stays; of a group that is made it is the default.
void Catalog::complete_begin(const GroupState* known, GroupConfig& config) const {
  if (config.consume_from == ConsumeFrom::kUndeclared) {
    config.consume_from = known == nullptr ? ConsumeFrom::kLast : known->config.consume_from;
    config.consume_from_ms = known == nullptr ? 0 : known->config.consume_from_ms;
  }
  const bool stays = known != nullptr && known->config.same_begin(config);
  config.declared_at = stays ? known->config.declared_at : parts_.store.applied();
}

void Catalog::apply_groups(std::unique_ptr<ApplyGroupsRequest> request) {
  request->outcome = check_size(request->groups);
  if (!request->outcome.ok()) {
    return parts_.outbox.now(std::move(request));
  }
  for (const GroupConfig& config : request->groups) {
    request->outcome = check_group(config);
    if (!request->outcome.ok()) {
      return parts_.outbox.now(std::move(request));
    }
  }
  for (GroupConfig& config : request->groups) {
    const GroupState* known = parts_.state.find_group(config.name);
    complete_begin(known, config);
    if (known != nullptr && known->config.same_settings(config)) {
      continue;
    }
    parts_.changes.set_group(config);
    request->changed.push_back(config.name);
  }
  request->config_version = parts_.state.config_version();
  parts_.outbox.after_commit(std::move(request));
}

void Catalog::delete_groups(std::unique_ptr<DeleteGroupsRequest> request) {
  request->outcome = check_size(request->names);
  if (!request->outcome.ok()) {
    return parts_.outbox.now(std::move(request));
  }
  for (const std::string& name : request->names) {
    const GroupState* group = parts_.state.find_group(name);
    if (group == nullptr) {
      continue;
    }
    parts_.changes.remove_group(*group);
    request->deleted.push_back(name);
  }
  request->config_version = parts_.state.config_version();
  parts_.outbox.after_commit(std::move(request));
}

// --- taken over --------------------------------------------------------------------------------

void Catalog::adopt(const Adopted& adopted) {
  if (adopted.fingerprint.empty() || adopted.fingerprint == parts_.state.adopted()) {
    return;
  }
  for (const TopicConfig& topic : adopted.topics) {
    adopt(topic);
    parts_.writer.append_if_full();
  }
  for (const GroupConfig& group : adopted.groups) {
    adopt(group);
    parts_.writer.append_if_full();
  }
  for (const Adopted::Position& position : adopted.positions) {
    adopt(position);
    parts_.writer.append_if_full();
  }
  parts_.changes.adopted(adopted.fingerprint);
}

// RocketMQ's files do not tell of a retention, nor where a group begins: what is known keeps its
// own.
void Catalog::adopt(const TopicConfig& topic) {
  const TopicState* known = parts_.state.find_topic(topic.name);
  TopicConfig config = topic;
  if (known != nullptr) {
    config.retention_ms = known->config.retention_ms;
  }
  if (known == nullptr || !known->config.same_settings(config)) {
    parts_.changes.set_topic(std::move(config));
  }
}

void Catalog::adopt(const GroupConfig& group) {
  const GroupState* known = parts_.state.find_group(group.name);
  GroupConfig config = group;
  if (known != nullptr) {
    config.consume_from = known->config.consume_from;
    config.consume_from_ms = known->config.consume_from_ms;
    config.declared_at = known->config.declared_at;
  }
  if (known == nullptr || !known->config.same_settings(config)) {
    parts_.changes.set_group(std::move(config));
  }
}

// Of a group that both brokers know: what is in flight above stays so; what the other one finished
// is done.
void Catalog::adopt(const Adopted::Position& position) {
  const TopicState* const topic = parts_.state.find_topic(position.topic);
  if (topic == nullptr) {
    return;
  }
  if (parts_.state.find_group(position.group) == nullptr) {
    adopt(GroupConfig{.name = position.group});
  }
  const GroupState* const group = parts_.state.find_group(position.group);
  PETREL_CHECK(group != nullptr) << position.group;
  const Subscription* const subscription = parts_.state.find_subscription(group->id(), topic->id());
  const GroupQueue* const queue =
      subscription == nullptr ? nullptr : subscription->find(position.queue_id);
  const store::ConsumeQueue* const messages =
      parts_.store.find_queue(position.topic, position.queue_id);
  const store::QueueOffset end = messages == nullptr ? store::QueueOffset(0) : messages->max();
  const store::QueueOffset next = std::min(position.next, end);
  const Changes::Queue where{group->id(), topic->id(), position.queue_id};
  if (queue == nullptr) {
    return parts_.changes.positioned(where, next);
  }
  std::vector<store::QueueOffset> done;
  queue->visit_in_flight(store::QueueOffset(0), [&](store::QueueOffset offset, const auto&) {
    if (offset < next) {
      done.push_back(offset);
    }
    return offset < next;
  });
  if (!done.empty()) {
    parts_.changes.acknowledged(where, done);
  }
  const bool forward = next > queue->next();
  const bool back = next < queue->next() && queue->in_flight_count() == 0;
  if (forward || back) {
    parts_.changes.positioned(where, next);
  }
}

}  // namespace petrel::core
