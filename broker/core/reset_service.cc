// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/reset_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "broker/core/events.h"
#include "broker/core/queue_begins.h"
#include "common/check.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

using store::QueueOffset;
using Target = ResetGroupRequest::Target;

constexpr size_t kSearchesPerResetMax = 8;
constexpr size_t kResetsSearchingMax = 16;

Outcome no_such_topic(const std::string& name) {
  return {OutcomeCode::kTopicNotFound, concat("topic '", name, "' does not exist")};
}

// Its readable queues, and others that the group has begun.
int32_t queue_id_end(const TopicState& topic, const Subscription* subscription) {
  return std::max(topic.config.read_queues,
                  subscription == nullptr ? 0 : subscription->queue_id_end());
}

bool is_open_to_reset(const TopicState& topic, const Subscription* subscription, int32_t queue_id) {
  return queue_id < topic.config.read_queues ||
         (subscription != nullptr && subscription->find(queue_id) != nullptr);
}

}  // namespace

Outcome ResetService::refuse(const ResetGroupRequest& request) const {
  if (parts_.state.find_group(request.group) == nullptr) {
    return {OutcomeCode::kGroupNotFound,
            concat("consumer group '", request.group, "' does not exist")};
  }
  if (request.target == Target::kOffset && (request.topics.size() != 1 || !request.queue_id)) {
    return {OutcomeCode::kInvalidArgument, "an offset is of one queue of one topic"};
  }
  if (request.value < 0) {
    return {OutcomeCode::kInvalidArgument, "times and offsets are not negative"};
  }
  if (is_searching(request)) {
    return {OutcomeCode::kOverloaded,
            concat("another reset of consumer group '", request.group, "' is under way")};
  }
  if (request.target == Target::kTime && runs_.size() >= kResetsSearchingMax) {
    return {OutcomeCode::kOverloaded, concat(kResetsSearchingMax, " resets are under way")};
  }
  return {};
}

bool ResetService::is_searching(const ResetGroupRequest& request) const {
  return std::ranges::any_of(
      runs_, [&](const auto& run) { return run.second.request->group == request.group; });
}

Outcome ResetService::collect(const ResetGroupRequest& request, std::vector<Place>& targets) const {
  const GroupState& group = *parts_.state.find_group(request.group);
  std::vector<std::string> names = request.topics;
  if (names.empty()) {
    for (const auto& [topic, subscription] : group.subscriptions) {
      names.push_back(topic);
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string& name : names) {
    const TopicState* const topic = parts_.state.find_topic(name);
    if (topic == nullptr) {
      return no_such_topic(name);
    }
    const Subscription* const subscription =
        parts_.state.find_subscription(group.id(), topic->id());
    const size_t before = targets.size();
    for (int32_t id = 0; id < queue_id_end(*topic, subscription); ++id) {
      if (request.queue_id.value_or(id) == id && is_open_to_reset(*topic, subscription, id)) {
        targets.push_back({.where = {group.id(), topic->id(), id}, .found = {}});
      }
    }
    if (request.queue_id && targets.size() == before) {
      return {OutcomeCode::kInvalidArgument,
              concat("topic '", name, "' has no queue ", *request.queue_id, " to read from")};
    }
  }
  return {};
}

void ResetService::reset(std::unique_ptr<ResetGroupRequest> request) {
  if (Outcome refusal = refuse(*request); !refusal.ok()) {
    return parts_.outbox.refuse(std::move(refusal), std::move(request));
  }
  Run run;
  if (Outcome refusal = collect(*request, run.targets); !refusal.ok()) {
    return parts_.outbox.refuse(std::move(refusal), std::move(request));
  }
  const bool takes_a_search = request->target == Target::kTime && !run.targets.empty();
  run.request = std::move(request);
  if (!takes_a_search) {
    return finish(std::move(run));
  }
  const uint64_t id = ++last_id_;
  search_on(id, runs_.emplace(id, std::move(run)).first->second);
}

// Entries that can be read stand below the log's end, so that the time alone decides.
void ResetService::search_on(uint64_t id, Run& run) {
  const store::QueuePoint point{.log_offset = parts_.store.log().end(),
                                .stored_ms = run.request->value};
  for (; run.asked < run.targets.size() && run.searching < kSearchesPerResetMax; ++run.asked) {
    const Changes::Queue& where = run.targets[run.asked].where;
    const TopicState* const topic = parts_.state.find_topic(where.topic);
    if (topic == nullptr) {
      continue;  // told at the end
    }
    ++run.searching;
    parts_.store.search_queue(
        parts_.store.queue(topic->config.name, where.queue_id), point,
        [&self = parts_.self, id, queue = run.asked](absl::StatusOr<QueueOffset> found) {
          self.post_internal(std::make_unique<ResetPointFound>(id, queue, std::move(found)));
        });
  }
}

void ResetService::found(uint64_t reset, size_t queue, const absl::StatusOr<QueueOffset>& found) {
  const auto it = runs_.find(reset);
  if (it == runs_.end()) {
    return;  // it was answered meanwhile
  }
  Run& run = it->second;
  PETREL_CHECK(queue < run.targets.size() && run.searching > 0) << "a search that nobody has begun";
  --run.searching;
  if (found.ok()) {
    run.targets[queue].found = *found;
    search_on(reset, run);
    if (run.searching > 0) {
      return;
    }
  }
  Run ended = std::move(run);
  runs_.erase(it);
  Outcome refusal = refuse_late(ended);
  if (refusal.ok() && !found.ok()) {
    refusal = {OutcomeCode::kOverloaded,
               concat("a queue of consumer group '", ended.request->group,
                      "' cannot be read, and nothing has moved: ", found.status().message())};
  }
  if (!refusal.ok()) {
    return parts_.outbox.refuse(std::move(refusal), std::move(ended.request));
  }
  finish(std::move(ended));
}

Outcome ResetService::refuse_late(const Run& run) const {
  for (const Place& target : run.targets) {
    if (parts_.state.find_group(target.where.group) == nullptr) {
      return {OutcomeCode::kGroupNotFound,
              concat("consumer group '", run.request->group, "' was deleted")};
    }
    if (parts_.state.find_topic(target.where.topic) == nullptr) {
      return {OutcomeCode::kTopicNotFound, "a topic of the reset was deleted; nothing has moved"};
    }
  }
  return run.request->dry_run ? Outcome() : parts_.writer.why_scarce().value_or(Outcome());
}

void ResetService::finish(Run run) {
  for (const Place& target : run.targets) {
    run.request->queues.push_back(plan(*run.request, target));
  }
  if (run.request->dry_run) {
    return parts_.outbox.now(std::move(run.request));
  }
  move(run);
  parts_.outbox.after_commit(std::move(run.request));
}

ResetGroupRequest::Queue ResetService::plan(const ResetGroupRequest& request,
                                            const Place& target) const {
  const Changes::Queue& where = target.where;
  const GroupConfig& group = parts_.state.find_group(where.group)->config;
  const std::string& topic = parts_.state.find_topic(where.topic)->config.name;
  const Subscription* const subscription = parts_.state.find_subscription(where.group, where.topic);
  const GroupQueue* const position =
      subscription == nullptr ? nullptr : subscription->find(where.queue_id);
  const store::ConsumeQueue& queue = *parts_.store.queue(topic, where.queue_id);
  QueueOffset to = queue.min();
  switch (request.target) {
    case Target::kEarliest:
      break;
    case Target::kLatest:
      to = queue.max();
      break;
    case Target::kTime:
      PETREL_CHECK(target.found.has_value());
      to = *target.found;
      break;
    case Target::kOffset:
      to = QueueOffset(request.value);
      break;
  }
  const QueueOffset clamped = std::clamp(to, queue.min(), queue.max());
  ResetGroupRequest::Queue planned{.topic = topic, .queue_id = where.queue_id, .to = clamped};
  planned.clamped = request.target == Target::kOffset && clamped != to;
  planned.begun = position != nullptr;
  planned.from = position != nullptr ? position->next()
                                     : QueueBegins::seen(group, queue).value_or(queue.min());
  planned.open = position == nullptr ? 0 : static_cast<int64_t>(position->in_flight_count());
  return planned;
}

void ResetService::move(const Run& run) {
  const Subscription* last = nullptr;
  for (size_t i = 0; i < run.targets.size(); ++i) {
    const Changes::Queue& where = run.targets[i].where;
    parts_.changes.reset(where, run.request->queues[i].to);
    parts_.writer.append_if_full();
    const Subscription* const moved = parts_.state.find_subscription(where.group, where.topic);
    PETREL_CHECK(moved != nullptr) << "a queue was reset and has no position";
    if (moved != last) {
      parts_.pop.was_reset(*moved);
      last = moved;
    }
  }
}

void ResetService::end_work(const Outcome& outcome) {
  for (auto& [id, run] : std::exchange(runs_, {})) {
    parts_.outbox.refuse(outcome, std::move(run.request));
  }
}

}  // namespace petrel::core
