// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// Groups that are moved to another place of what they consume.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/concat.h"
#include "tests/oracle/witness.h"

namespace petrel::oracle {

using core::OutcomeCode;
using Target = core::ResetGroupRequest::Target;

namespace {

std::string place_of(const core::ResetGroupRequest::Queue& queue) {
  return concat(queue.topic, "/", queue.queue_id);
}

}  // namespace

// The queues that are to move, in the order in which they are told; none: it is refused.
Witness::ResetQueues Witness::queues_of(const core::ResetGroupRequest& request) const {
  ResetQueues expected;
  const auto group = live_.groups.find(request.group);
  if (group == live_.groups.end()) {
    expected.code = OutcomeCode::kGroupNotFound;
    return expected;
  }
  std::set<std::string> names(request.topics.begin(), request.topics.end());
  for (const auto& [topic, positions] : group->second.topics) {
    if (request.topics.empty() && !positions.empty()) {
      names.insert(topic);
    }
  }
  for (const std::string& name : names) {
    const auto topic = live_.topics.find(name);
    if (topic == live_.topics.end()) {
      expected.code = OutcomeCode::kTopicNotFound;
      return expected;
    }
    std::set<int32_t> ids;
    for (int32_t id = 0; id < topic->second.config.read_queues; ++id) {
      ids.insert(id);
    }
    if (const auto begun = group->second.topics.find(name); begun != group->second.topics.end()) {
      for (const auto& [id, position] : begun->second) {
        ids.insert(id);
      }
    }
    if (request.queue_id.has_value() && !ids.contains(*request.queue_id)) {
      expected.code = OutcomeCode::kInvalidArgument;
      return expected;
    }
    for (const int32_t id : ids) {
      if (request.queue_id.value_or(id) == id) {
        expected.queues.emplace_back(name, id);
      }
    }
  }
  return expected;
}

// Where messages were deleted the core knows best; it tells before anybody is moved there.
void Witness::check_reset(const core::ResetGroupRequest& request,
                          const core::ResetGroupRequest::Queue& queue) {
  const store::ConsumeQueue* const stored = world_.store().find_queue(queue.topic, queue.queue_id);
  const int64_t min = stored == nullptr ? 0 : stored->min().value();
  const auto& queues = live_.topics.at(queue.topic).queues;
  const auto known = queues.find(queue.queue_id);
  const int64_t shown = known == queues.end() ? 0 : known->second.shown;
  int64_t to = min;
  if (request.target == Target::kLatest) {
    to = shown;
  } else if (request.target == Target::kOffset) {
    to = std::clamp(request.value, min, shown);
  }
  if (queue.to.value() != to ||
      queue.clamped != (request.target == Target::kOffset && to != request.value)) {
    wrong(concat("a reset moves ", place_of(queue), " to ", queue.to.value(), " instead of ", to));
  }
  const auto& topics = live_.groups.at(request.group).topics;
  const auto positions = topics.find(queue.topic);
  const bool begun = positions != topics.end() && positions->second.contains(queue.queue_id);
  if (queue.begun != begun) {
    wrong(concat("a reset tells wrongly whether ", place_of(queue), " was begun"));
  } else if (begun) {
    check_reset_from(queue, positions->second.at(queue.queue_id), min);
  }
}

// Deliveries of messages that were deleted the core ends when it comes upon them.
void Witness::check_reset_from(const core::ResetGroupRequest::Queue& queue,
                               const Model::Position& position, int64_t min) {
  const auto most = static_cast<int64_t>(position.open.size());
  const auto least = std::count_if(position.open.begin(), position.open.end(),
                                   [&](const auto& open) { return open.first >= min; });
  if (queue.from.value() != position.next || queue.open < least || queue.open > most) {
    wrong(concat("a reset of ", place_of(queue), " tells of ", queue.from.value(), " with ",
                 queue.open, " open instead of ", position.next, " with ", least, " to ", most));
  }
}

void Witness::decided(const core::ResetGroupRequest& request) {
  note_failure(request.outcome);
  const ResetQueues expected = queues_of(request);
  if (!expect(expected.code, request.outcome, "a reset")) {
    return note_promise(request);
  }
  std::vector<std::pair<std::string, int32_t>> told;
  std::map<std::string, Model::Next> next;
  for (const auto& queue : request.queues) {
    told.emplace_back(queue.topic, queue.queue_id);
    next[queue.topic][queue.queue_id] = queue.to.value();
    check_reset(request, queue);
  }
  if (told != expected.queues) {
    wrong("a reset tells of other queues than it was to move");
  } else if (!request.dry_run) {
    record_of(request.group,
              [group = request.group, next](Model& model) { model.reset(group, next); });
  }
  note_promise(request);
}

}  // namespace petrel::oracle
