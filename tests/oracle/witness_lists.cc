// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// What is listed, what was deleted, and whether the core knows what the model knows.
#include <algorithm>
#include <set>
#include <utility>

#include "broker/core/changes.h"
#include "broker/core/move_origin.h"
#include "common/concat.h"
#include "tests/oracle/witness.h"

namespace petrel::oracle {
namespace {

core::ListTopicsRequest::Queue describe(int32_t id, const Model::Topic& topic) {
  core::ListTopicsRequest::Queue described{.queue_id = id};
  const auto known = topic.queues.find(id);
  if (known == topic.queues.end()) {
    return described;
  }
  const Model::Queue& queue = known->second;
  described.min = store::QueueOffset(queue.min);
  described.max = store::QueueOffset(queue.shown);
  for (int64_t offset = queue.min; offset < queue.shown; ++offset) {
    described.size_bytes += queue.at(offset).size;
    described.newest_ms = std::max(described.newest_ms, queue.at(offset).store_ms);
  }
  described.oldest_ms = queue.min < queue.shown ? queue.at(queue.min).store_ms : 0;
  return described;
}

}  // namespace

// --- lists ---------------------------------------------------------------------------------------

// Where messages are gone, the oldest time is a lower bound.
void Witness::decided(const core::ListTopicsRequest& request) {
  ++totals_.answers_checked;
  if (is_blind()) {
    return;
  }
  size_t listed = 0;
  for (const auto& topic : request.topics) {
    if (topic.system) {
      continue;
    }
    ++listed;
    const auto known = live_.topics.find(topic.config.name);
    if (known == live_.topics.end() || !topic.config.same_settings(known->second.config)) {
      return wrong(concat("topic ", topic.config.name, " is listed with other settings"));
    }
    for (const auto& queue : topic.queues) {
      const auto expected = describe(queue.queue_id, known->second);
      if (queue.min != expected.min || queue.max != expected.max ||
          queue.size_bytes != expected.size_bytes || queue.newest_ms != expected.newest_ms ||
          queue.oldest_ms > expected.oldest_ms) {
        return wrong(concat("queue ", topic.config.name, "/", queue.queue_id, " is listed from ",
                            queue.min.value(), " to ", queue.max.value(), " with ",
                            queue.size_bytes, " bytes, newest ", queue.newest_ms, ", oldest ",
                            queue.oldest_ms, " instead of from ", expected.min.value(), " to ",
                            expected.max.value(), " with ", expected.size_bytes, ", ",
                            expected.newest_ms, ", ", expected.oldest_ms));
      }
    }
  }
  if (listed != live_.topics.size() || request.config_version != live_.version) {
    wrong("the list of topics lacks some, or has too many");
  }
}

void Witness::decided(const core::ListGroupsRequest& request) {
  ++totals_.answers_checked;
  if (is_blind()) {
    return;
  }
  for (const auto& group : request.groups) {
    const auto known = live_.groups.find(group.config.name);
    if (known == live_.groups.end() || !group.config.same_settings(known->second.config)) {
      return wrong(concat("group ", group.config.name, " is listed with other settings"));
    }
    for (const auto& subscription : group.subscriptions) {
      const Model::Topic& topic = live_.topics.at(subscription.topic);
      const auto positions = known->second.topics.find(subscription.topic);
      int64_t lag = 0;
      int64_t lag_max = 0;  // where a group begins may take a search, and a list makes none
      int64_t in_flight = 0;
      for (const auto& [id, queue] : topic.queues) {
        if (id >= topic.config.read_queues) {
          continue;
        }
        int64_t next = live_.start_of(group.config.name, subscription.topic, id);
        int64_t next_min =
            group.config.consume_from == core::ConsumeFrom::kUndeclared ? next : queue.min;
        if (positions != known->second.topics.end() && positions->second.contains(id)) {
          next = next_min = positions->second.at(id).next;
          in_flight += static_cast<int64_t>(positions->second.at(id).open.size());
        }
        lag += queue.shown - std::max(next, queue.min);
        lag_max += queue.shown - std::max(next_min, queue.min);
      }
      lag_max = subscription.lag_at_most ? lag_max : lag;
      if (subscription.lag < lag || subscription.lag > lag_max ||
          in_flight != subscription.in_flight) {
        return wrong(concat("group ", group.config.name, " on ", subscription.topic,
                            " is listed with lag ", subscription.lag, " and ",
                            subscription.in_flight, " in flight instead of ", lag, " and ",
                            in_flight));
      }
    }
  }
  const bool all = request.range.names.empty();
  if ((all && request.groups.size() != live_.groups.size()) ||
      request.config_version != live_.version) {
    wrong("the list of groups lacks some, or has too many");
  }
}

// --- deleted messages ----------------------------------------------------------------------------

void Witness::observe_mins() {
  for (const auto& [name, topic] : live_.topics) {
    for (const auto& [id, queue] : topic.queues) {
      const store::ConsumeQueue* const known = world_.store().find_queue(name, id);
      if (known == nullptr || known->min().value() == queue.min) {
        continue;
      }
      for (int64_t offset = queue.min; offset < std::min(known->min().value(), queue.next());
           ++offset) {
        ++totals_.messages_deleted;
        if (!may_be_deleted(name, queue.at(offset))) {
          wrong(concat("the message of ", name, "/", id, " at ", offset,
                       " is deleted, and is neither old nor too much"));
        }
      }
      record(Entry{.apply = [topic_name = name, queue_id = id, min = known->min().value()](
                                Model& model) { model.move_min(topic_name, queue_id, min); },
                   .is_observed = true});
    }
  }
}

bool Witness::may_be_deleted(const std::string& topic, const Model::Message& message) const {
  const store::MessageStore::Options& store = world_.options().assembly.store;
  const int64_t age_ms = now_ms() - message.store_ms;
  const auto own = shortest_retention_ms_.find(topic);
  if (disk_was_tight_ || age_ms > store.retention.age_ms ||
      (own != shortest_retention_ms_.end() && age_ms > own->second)) {
    return true;
  }
  // The log goes in whole files.
  const int64_t behind = world_.log_end() - message.log_offset + 2 * store.log.segment_bytes;
  return store.retention.log_bytes_max > 0 && behind > store.retention.log_bytes_max;
}

// What groups had open of messages that are deleted has ended. That these are deleted is shown
// later.
void Witness::observe_lost() {
  for (const auto& [group_name, group] : live_.groups) {
    for (const auto& [topic, positions] : group.topics) {
      const core::Subscription* const known =
          world_.core().state().find_subscription(group_name, topic);
      for (const auto& [id, position] : positions) {
        const core::GroupQueue* const queue = known == nullptr ? nullptr : known->find(id);
        if (queue == nullptr) {
          continue;
        }
        std::set<int64_t> open;
        queue->visit_in_flight(store::QueueOffset(0), [&](store::QueueOffset offset, const auto&) {
          open.insert(offset.value());
          return true;
        });
        int64_t lost_end = queue->next().value() > position.next ? queue->next().value() : 0;
        for (const auto& [offset, delivery] : position.open) {
          lost_end = open.contains(offset) ? lost_end : std::max(lost_end, offset + 1);
        }
        if (lost_end == 0) {
          continue;
        }
        int64_t& end = lost_[{topic, id}];
        end = std::max(end, lost_end);
        record(Entry{
            .apply = [group_name = group_name, topic = topic, id = id, next = queue->next().value(),
                      open](Model& model) { model.lose(group_name, topic, id, next, open); },
            .is_observed = true});
      }
    }
  }
}

// --- dead letters --------------------------------------------------------------------------------

Witness::Place Witness::origin_of(const core::DeadLetterRequest& request) {
  return {request.group, request.topic, request.handle.queue_id,
          request.handle.queue_offset.value()};
}

void Witness::asked_to_give_up(const core::DeadLetterRequest& request) {
  if (live_.valid(request.group, request.topic, request.handle, now_ms()) != nullptr) {
    given_up_.try_emplace(origin_of(request), -1);
    asked_in_time_.insert(&request);
  }
  state_records_ = world_.state_records();
}

void Witness::observe_dead_letters() {
  constexpr int64_t kRetentionMs = int64_t{72} * 3'600'000;
  for (const World::DeadLetter& letter : world_.take_dead_letters()) {
    if (is_blind()) {
      continue;
    }
    ++totals_.dead_letters;
    const std::string name = core::dead_letter_topic(letter.group);
    if (!live_.topics.contains(name)) {
      shortest_retention_ms_.try_emplace(name, kRetentionMs);
      keep_set_topic(complete(
          {.name = name, .read_queues = 1, .write_queues = 1, .retention_ms = kRetentionMs}));
    }
    const auto asked = given_up_.find({letter.group, letter.topic, letter.queue_id, letter.offset});
    if (asked != given_up_.end()) {
      asked->second = letter.log_offset;
    }
    const Model::Moved moved{.group = letter.group,
                             .topic = letter.topic,
                             .queue_id = letter.queue_id,
                             .offset = letter.offset,
                             .asked = asked != given_up_.end(),
                             .letters = name,
                             .copy_offset = letter.copy_offset,
                             .log_offset = letter.log_offset,
                             .size = letter.record_bytes,
                             .now_ms = now_ms()};
    record(Entry{.apply = [moved, &connections = connections_](
                              Model& model) { model.give_up(moved, connections); },
                 .log_offset = letter.log_offset});
  }
}

// Told that it moved, it has, durably; told that the delivery was over, it was.
void Witness::answered(const core::DeadLetterRequest& request) {
  note_failure(request.outcome);
  ++totals_.answers_checked;
  const auto known = given_up_.find(origin_of(request));
  const bool moved = known != given_up_.end() && known->second >= 0;
  if (request.outcome.ok()) {
    if (!moved) {
      wrong("a client is told that its message was moved, and it was not");
    } else if (world_.promised().value() <= known->second) {
      wrong("a client is told that its message was moved before that is safe");
    }
  } else if (request.outcome.code == core::OutcomeCode::kInvalidReceiptHandle) {
    if (asked_in_time_.contains(&request) &&
        live_.valid(request.group, request.topic, request.handle, now_ms()) != nullptr) {
      wrong(concat("a client cannot give up what it has of ", request.topic, "/",
                   request.handle.queue_id, " at ", request.handle.queue_offset.value()));
    }
  } else if (request.outcome.code != core::OutcomeCode::kOverloaded &&
             request.outcome.code != core::OutcomeCode::kFlushDiskTimeout && !is_blind() &&
             !world_.is_closing()) {
    wrong(concat("a client that gives up is answered '", request.outcome.text, "'"));
  }
  asked_in_time_.erase(&request);
}

// --- the core knows what the model knows ---------------------------------------------------------

namespace {

Model::Position position_of(const core::GroupQueue& queue, const core::BrokerState& state) {
  Model::Position position{.next = queue.next().value(), .last_id = queue.last_delivery_id()};
  queue.visit_in_flight(store::QueueOffset(0), [&](store::QueueOffset offset, const auto& open) {
    position.open[offset.value()] = {.id = open.delivery_id,
                                     .visible_at_ms = open.visible_at_ms,
                                     .attempt = open.attempt,
                                     .suspended = open.suspended,
                                     .client = std::string(state.client_name(open.client)),
                                     .renew_until_ms = open.renew_until_ms};
    return true;
  });
  return position;
}

}  // namespace

// A crash may leave some of the records of one request's decision, and nobody was told of it. Which
// part stands in them is the core's choice; messages are not concerned.
void Witness::take_over_state() {
  const core::BrokerState& state = world_.core().state();
  live_.version = state.config_version();
  std::erase_if(live_.topics, [&](const auto& t) { return state.find_topic(t.first) == nullptr; });
  for (const auto& [name, topic] : state.topics()) {
    live_.topics[name].config = topic->config;
  }
  live_.groups.clear();
  for (const auto& [name, group] : state.groups()) {
    live_.groups[name].config = group->config;
    take_over_group(name);
  }
}

// Where the group stands; its settings are not concerned.
void Witness::take_over_group(const std::string& name) {
  const core::BrokerState& state = world_.core().state();
  const auto group = live_.groups.find(name);
  if (group == live_.groups.end()) {
    return;
  }
  group->second.topics.clear();
  for (const auto& [topic, ignored] : state.topics()) {
    const core::Subscription* const known = state.find_subscription(name, topic);
    for (int32_t id = 0; known != nullptr && id < known->queue_id_end(); ++id) {
      if (const core::GroupQueue* const queue = known->find(id)) {
        group->second.topics[topic].emplace(id, position_of(*queue, state));
      }
    }
  }
}

// What could not be moved at once, as the log's next file was not there yet, is tried again after a
// second.
void Witness::observe_kept() {
  constexpr int64_t kEnoughMs = 2'000;
  const auto kept = live_.find_kept(now_ms(), connections_);
  if (!kept.has_value() || disk_full_ || disk_fails_ || kept_ != kept) {
    kept_ = kept;
    kept_since_ms_ = now_ms();
  } else if (now_ms() - kept_since_ms_ >= kEnoughMs) {
    wrong(concat("nobody may get, and nothing has moved ", *kept));
  }
}

void Witness::settled() {
  compare_with_core();
  observe_kept();
  for (const auto& [place, end] : std::exchange(lost_, {})) {
    const auto topic = live_.topics.find(place.first);
    if (topic != live_.topics.end() && topic->second.queues[place.second].min < end) {
      wrong(concat("a group lost what it had of ", place.first, "/", place.second, " below ", end,
                   ", and the messages are there"));
    }
  }
  for (const auto& [id, receiver] : receivers_) {
    const Model::Wish& wish = receiver.wish;
    const auto wanted = live_.find_wanted(
        wish, now_ms(), connections_,
        live_.count_invisible(wish.group, wish.topic, now_ms(), connections_), {});
    if (receiver.parked && wanted.has_value()) {
      wrong(concat("a receive waits, and there is ", *wanted));
    }
  }
}

void Witness::compare_with_core() {
  const core::BrokerState& state = world_.core().state();
  if (state.config_version() != live_.version || state.topics().size() != live_.topics.size() ||
      state.groups().size() != live_.groups.size()) {
    return wrong(
        concat("the core is at version ", state.config_version(), " instead of ", live_.version));
  }
  for (const auto& [name, topic] : live_.topics) {
    const core::TopicState* const there = state.find_topic(name);
    if (there == nullptr || !there->config.same_settings(topic.config)) {
      return wrong(concat("the core has topic ", name, " with other settings"));
    }
    for (const auto& [id, queue] : topic.queues) {
      const store::ConsumeQueue* const known = world_.store().find_queue(name, id);
      const int64_t next = known == nullptr ? 0 : known->next().value();
      const int64_t min = known == nullptr ? 0 : known->min().value();
      if (next != queue.next() || min != queue.min) {
        return wrong(concat("queue ", name, "/", id, " goes from ", min, " to ", next,
                            " instead of from ", queue.min, " to ", queue.next()));
      }
    }
  }
  for (const auto& [name, group] : live_.groups) {
    const core::GroupState* const there = state.find_group(name);
    if (there == nullptr || !there->config.same_settings(group.config)) {
      return wrong(concat("the core has group ", name, " with other settings"));
    }
    for (const auto& [topic, positions] : group.topics) {
      const core::Subscription* const known = state.find_subscription(name, topic);
      for (const auto& [id, position] : positions) {
        compare_position(concat(name, " on ", topic, "/", id),
                         known == nullptr ? nullptr : known->find(id), position);
      }
    }
  }
}

void Witness::compare_position(const std::string& name, const core::GroupQueue* there,
                               const Model::Position& here) {
  if (there == nullptr || there->next().value() != here.next) {
    return wrong(concat("group ", name, " stands at ",
                        there == nullptr ? -1 : there->next().value(), " instead of ", here.next));
  }
  if (there->in_flight_count() != here.open.size()) {
    return wrong(concat("group ", name, " has ", there->in_flight_count(), " open instead of ",
                        here.open.size()));
  }
  for (const auto& [offset, open] : here.open) {
    const auto* const delivery = there->find(store::QueueOffset(offset), open.id);
    if (delivery == nullptr) {
      return wrong(concat("group ", name, " has not open ", offset));
    }
    const std::string_view client = world_.core().state().client_name(delivery->client);
    const bool same_time = open.client.empty() ? delivery->visible_at_ms == open.visible_at_ms
                                               : delivery->visible_at_ms >= open.visible_at_ms;
    if (delivery->attempt != open.attempt || delivery->suspended != open.suspended ||
        client != open.client || delivery->renew_until_ms != open.renew_until_ms || !same_time) {
      return wrong(concat("group ", name, " has open ", offset, " with attempt ", delivery->attempt,
                          ", due at ", delivery->visible_at_ms, " for '", client, "' instead of ",
                          open.attempt, ", ", open.visible_at_ms, ", '", open.client, "'"));
    }
  }
}

}  // namespace petrel::oracle
