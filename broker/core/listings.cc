// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/listings.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/core/changes.h"
#include "broker/core/queue_begins.h"

namespace petrel::core {
namespace {

// The topics or groups of `map`, which is in order, that a list tells of; `more`: there are others
// behind. Names that are not there are left out.
template <typename Map>
std::vector<typename Map::mapped_type> select(const Map& map, const ListRange& range, bool& more) {
  std::vector<typename Map::mapped_type> selected;
  for (const std::string& name : range.names) {
    if (const auto found = map.find(name); found != map.end()) {
      selected.push_back(found->second);
    }
  }
  if (!range.names.empty()) {
    return selected;
  }
  const auto limit = range.limit > 0 ? static_cast<size_t>(range.limit) : map.size();
  auto next = range.after.empty() ? map.begin() : map.upper_bound(range.after);
  for (; next != map.end() && selected.size() < limit; ++next) {
    selected.push_back(next->second);
  }
  more = next != map.end();
  return selected;
}

}  // namespace

ListTopicsRequest::Topic Listings::describe(const TopicConfig& config, Detail detail) const {
  ListTopicsRequest::Topic topic{.config = config};
  if (detail == Detail::kSettings) {
    return topic;
  }
  const int32_t queues = std::max(config.read_queues, config.write_queues);
  for (int32_t id = 0; id < queues; ++id) {
    ListTopicsRequest::Queue queue{.queue_id = id};
    if (const store::ConsumeQueue* known = parts_.store.find_queue(config.name, id)) {
      const store::QueueTotals totals = known->totals();
      queue = {.queue_id = id,
               .min = known->min(),
               .max = known->max(),
               .size_bytes = totals.bytes,
               .oldest_ms = totals.oldest_ms,
               .newest_ms = totals.newest_ms};
    }
    ListTopicsRequest::Totals& sum = topic.totals;
    sum.messages += queue.max - queue.min;
    sum.size_bytes += queue.size_bytes;
    sum.newest_ms = std::max(sum.newest_ms, queue.newest_ms);
    if (queue.oldest_ms != 0 && (sum.oldest_ms == 0 || queue.oldest_ms < sum.oldest_ms)) {
      sum.oldest_ms = queue.oldest_ms;
    }
    if (detail == Detail::kFull) {
      topic.queues.push_back(queue);
    }
  }
  return topic;
}

void Listings::list_topics(std::unique_ptr<ListTopicsRequest> request) const {
  for (const TopicState* topic : select(parts_.state.topics(), request->range, request->more)) {
    request->topics.push_back(describe(topic->config, request->detail));
  }
  if (request->include_system && !request->more) {
    auto topic = describe({.name = std::string(kStateTopic),
                           .read_queues = 1,
                           .write_queues = 1,
                           .permission = permission::kRead,
                           .message_type = MessageType::kNormal},
                          request->detail);
    topic.system = true;
    request->topics.push_back(std::move(topic));
  }
  request->config_version = parts_.state.config_version();
  answer(std::move(request));
}

ListGroupsRequest::Subscription Listings::describe(const Subscription& subscription,
                                                   Detail detail) const {
  ListGroupsRequest::Subscription described{.topic = subscription.topic()};
  const int32_t queues = parts_.state.find_topic(subscription.topic_id())->config.read_queues;
  const GroupConfig& group = parts_.state.find_group(subscription.group_id())->config;
  for (int32_t id = 0; id < queues; ++id) {
    const store::ConsumeQueue* queue = parts_.store.find_queue(subscription.topic(), id);
    if (queue == nullptr) {
      continue;
    }
    const GroupQueue* position = subscription.find(id);
    // Until a search has told it is the first message at most.
    const store::QueueOffset next = position == nullptr
                                        ? QueueBegins::known(group, *queue).value_or(queue->min())
                                        : position->next();
    const ListGroupsRequest::Subscription::Queue told{
        .queue_id = id,
        .next = std::max(next, queue->min()),
        .lag = queue->max() - std::max(next, queue->min()),
        .in_flight = position == nullptr ? 0 : static_cast<int64_t>(position->in_flight_count())};
    described.lag += told.lag;
    described.in_flight += told.in_flight;
    if (detail == Detail::kFull) {
      described.queues.push_back(told);
    }
  }
  return described;
}

ListGroupsRequest::Group Listings::describe(const GroupState& group, Detail detail) const {
  ListGroupsRequest::Group described{.config = group.config};
  if (detail == Detail::kSettings) {
    return described;
  }
  for (const auto& [topic, subscription] : group.subscriptions) {
    ListGroupsRequest::Subscription totals = describe(*subscription, detail);
    described.lag += totals.lag;
    described.in_flight += totals.in_flight;
    if (detail == Detail::kFull) {
      described.subscriptions.push_back(std::move(totals));
    }
  }
  return described;
}

void Listings::list_groups(std::unique_ptr<ListGroupsRequest> request) const {
  for (const GroupState* group : select(parts_.state.groups(), request->range, request->more)) {
    request->groups.push_back(describe(*group, request->detail));
  }
  request->config_version = parts_.state.config_version();
  answer(std::move(request));
}

// I-6: what is listed is never taken back.
void Listings::answer(std::unique_ptr<Request> request) const {
  if (parts_.publications.pending()) {
    parts_.outbox.after_commit(std::move(request));
  } else {
    parts_.outbox.now(std::move(request));
  }
}

}  // namespace petrel::core
