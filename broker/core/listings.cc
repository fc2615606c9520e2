// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/listings.h"

#include <algorithm>
#include <string>
#include <utility>

#include "broker/core/changes.h"
#include "broker/core/queue_begins.h"

namespace petrel::core {

// The next one that the list tells of, or null. Names that are not there are left out.
template <typename Map>
typename Map::mapped_type Listings::next_of(const Map& map, const ListRange& range, Place& place) {
  while (place.named < range.names.size()) {
    if (const auto found = map.find(range.names[place.named++]); found != map.end()) {
      return found->second;
    }
  }
  if (!range.names.empty() || (range.limit > 0 && place.told == range.limit)) {
    return nullptr;
  }
  const auto next = place.after.empty() ? map.begin() : map.upper_bound(place.after);
  if (next == map.end()) {
    return nullptr;
  }
  place.after = next->first;
  ++place.told;
  return next->second;
}

template <typename Map>
bool Listings::has_more(const Map& map, const ListRange& range, const Place& place) {
  return range.names.empty() &&
         (place.after.empty() ? !map.empty() : map.upper_bound(place.after) != map.end());
}

ListTopicsRequest::Topic Listings::describe(const TopicConfig& config, Detail detail) {
  ListTopicsRequest::Topic topic{.config = config};
  ++looked_at_;
  if (detail == Detail::kSettings) {
    return topic;
  }
  const int32_t queues = std::max(config.read_queues, config.write_queues);
  looked_at_ += queues;
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

ListGroupsRequest::Subscription Listings::describe(const GroupConfig& group,
                                                   const TopicConfig& topic,
                                                   const Subscription* subscription,
                                                   Detail detail) {
  ListGroupsRequest::Subscription described{.topic = topic.name, .begun = false};
  looked_at_ += topic.read_queues;
  for (int32_t id = 0; id < topic.read_queues; ++id) {
    const store::ConsumeQueue* queue = parts_.store.find_queue(topic.name, id);
    if (queue == nullptr) {
      continue;
    }
    const GroupQueue* position = subscription == nullptr ? nullptr : subscription->find(id);
    const auto begin = position == nullptr ? QueueBegins::seen(group, *queue) : position->next();
    const store::QueueOffset next = std::max(begin.value_or(queue->min()), queue->min());
    const ListGroupsRequest::Subscription::Queue told{
        .queue_id = id,
        .next = next,
        .lag = queue->max() - next,
        .in_flight = position == nullptr ? 0 : static_cast<int64_t>(position->in_flight_count()),
        .begun = position != nullptr,
        .lag_at_most = !begin.has_value()};
    described.lag += told.lag;
    described.in_flight += told.in_flight;
    described.begun = described.begun || told.begun;
    described.lag_at_most = described.lag_at_most || told.lag_at_most;
    if (detail == Detail::kFull) {
      described.queues.push_back(told);
    }
  }
  return described;
}

bool Listings::go_on_with_topics(Walk& walk) {
  ListTopicsRequest& request = *walk.topics;
  while (may_look()) {
    const TopicState* topic = next_of(parts_.state.topics(), request.range, walk.place);
    if (topic == nullptr) {
      request.more = has_more(parts_.state.topics(), request.range, walk.place);
      if (request.include_system && !request.more) {
        request.topics.push_back(describe({.name = std::string(kStateTopic),
                                           .read_queues = 1,
                                           .write_queues = 1,
                                           .permission = permission::kRead,
                                           .message_type = MessageType::kNormal},
                                          request.detail));
        request.topics.back().system = true;
      }
      return true;
    }
    request.topics.push_back(describe(topic->config, request.detail));
  }
  return false;
}

bool Listings::go_on_with_groups(Walk& walk) {
  ListGroupsRequest& request = *walk.groups;
  while (may_look()) {
    if (walk.in_group) {
      tell_subscriptions(walk);
      continue;
    }
    if (tell_absent(walk)) {
      continue;
    }
    const GroupState* group = next_of(parts_.state.groups(), request.range, walk.place);
    if (group == nullptr) {
      request.more = has_more(parts_.state.groups(), request.range, walk.place);
      return true;
    }
    ++looked_at_;
    begin_group(walk, {.config = group->config});
  }
  return false;
}

void Listings::begin_group(Walk& walk, ListGroupsRequest::Group group) {
  walk.groups->groups.push_back(std::move(group));
  walk.in_group = walk.groups->detail != Detail::kSettings;
  walk.after_topic.clear();
  walk.interests_told = 0;
}

// Whether the next name to tell of is that of a group which is not there, and what it would begin
// with is asked. Leaves out those before it that are not there and of which nothing is asked.
bool Listings::tell_absent(Walk& walk) {
  const std::vector<std::string>& names = walk.groups->range.names;
  for (; walk.place.named < names.size(); ++walk.place.named) {
    const std::string& name = names[walk.place.named];
    if (parts_.state.find_group(name) != nullptr) {
      return false;
    }
    if (walk.groups->interests.contains(name)) {
      ++walk.place.named;
      ++looked_at_;
      begin_group(walk, {.config = {.name = name}, .absent = true});
      return true;
    }
  }
  return false;
}

// Of the last group, which may be gone, or have come, by now.
void Listings::tell_subscriptions(Walk& walk) {
  ListGroupsRequest::Group& told = walk.groups->groups.back();
  const GroupState* group = parts_.state.find_group(told.config.name);
  walk.in_group = false;
  if (told.absent) {
    return tell_interests(walk, nullptr);
  }
  if (group == nullptr || group->config.incarnation != told.config.incarnation) {
    return;
  }
  auto next = walk.after_topic.empty() ? group->subscriptions.begin()
                                       : group->subscriptions.upper_bound(walk.after_topic);
  for (; next != group->subscriptions.end() && may_look(); ++next) {
    const Subscription& subscription = *next->second;
    const TopicConfig& topic = parts_.state.find_topic(subscription.topic_id())->config;
    add(describe(group->config, topic, &subscription, walk.groups->detail), walk);
    walk.after_topic = next->first;
  }
  walk.in_group = next != group->subscriptions.end();
  if (!walk.in_group) {
    tell_interests(walk, group);
  }
}

// What the last group has not received from; null: it is absent.
void Listings::tell_interests(Walk& walk, const GroupState* group) {
  const ListGroupsRequest::Group& told = walk.groups->groups.back();
  const auto found = walk.groups->interests.find(told.config.name);
  if (found == walk.groups->interests.end()) {
    return;
  }
  const std::vector<std::string>& topics = found->second;
  for (; walk.interests_told < topics.size() && may_look(); ++walk.interests_told) {
    const std::string& name = topics[walk.interests_told];
    const auto topic = parts_.state.topics().find(name);
    const bool received = group != nullptr && group->subscriptions.contains(name);
    ++looked_at_;
    if (!received && topic != parts_.state.topics().end()) {
      add(describe(told.config, topic->second->config, nullptr, walk.groups->detail), walk);
    }
  }
  walk.in_group = walk.interests_told < topics.size();
}

void Listings::add(ListGroupsRequest::Subscription subscription, Walk& walk) {
  ListGroupsRequest::Group& told = walk.groups->groups.back();
  told.lag += subscription.lag;
  told.in_flight += subscription.in_flight;
  told.lag_at_most = told.lag_at_most || subscription.lag_at_most;
  if (walk.groups->detail == Detail::kFull) {
    told.subscriptions.push_back(std::move(subscription));
  }
}

void Listings::list_topics(std::unique_ptr<ListTopicsRequest> request) {
  begin(std::move(request), &Walk::topics);
}

void Listings::list_groups(std::unique_ptr<ListGroupsRequest> request) {
  begin(std::move(request), &Walk::groups);
}

template <typename RequestT>
void Listings::begin(std::unique_ptr<RequestT> request, std::unique_ptr<RequestT> Walk::*list) {
  request->config_version = parts_.state.config_version();
  Walk walk;
  walk.place.after = request->range.after;
  walk.*list = std::move(request);
  if (walks_.empty() && go_on(walk)) {
    return answer(std::move(walk));
  }
  walks_.push_back(std::move(walk));
}

bool Listings::go_on(Walk& walk) {
  return walk.topics != nullptr ? go_on_with_topics(walk) : go_on_with_groups(walk);
}

std::unique_ptr<Request> Listings::request_of(Walk walk) {
  if (walk.topics != nullptr) {
    return std::move(walk.topics);
  }
  return std::move(walk.groups);
}

// I-6: what is listed is never taken back.
void Listings::answer(Walk walk) {
  std::unique_ptr<Request> request = request_of(std::move(walk));
  if (parts_.publications.pending()) {
    parts_.outbox.after_commit(std::move(request));
  } else {
    parts_.outbox.now(std::move(request));
  }
}

void Listings::finish_turn() {
  while (!walks_.empty() && go_on(walks_.front())) {
    answer(std::move(walks_.front()));
    walks_.pop_front();
  }
  looked_at_ = 0;
}

std::optional<int64_t> Listings::next_deadline_us() const {
  return walks_.empty() ? std::nullopt : std::optional(parts_.time.mono_us);
}

void Listings::end_work(const Outcome& outcome) {
  for (Walk& walk : std::exchange(walks_, {})) {
    parts_.outbox.refuse(outcome, request_of(std::move(walk)));
  }
}

}  // namespace petrel::core
