// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// What receives are given, and where groups stand.
#include <algorithm>
#include <utility>

#include "common/concat.h"
#include "store/log/record.h"
#include "tests/oracle/witness.h"

namespace petrel::oracle {

using core::OutcomeCode;

namespace {

// Of a look that is limited to fewer, nobody knows what it has not come to.
constexpr int32_t kScanEntriesEnough = 1'000;
// A look that is not finished goes on so long, though the receive does not wait.
constexpr int64_t kLookUs = 2'000'000;

}  // namespace

void Witness::asked(const core::ReceiveRequest& request, Model::Tags tags) {
  Receiver receiver{.wish = {.group = request.group,
                             .topic = request.topic,
                             .queue_id = request.queue_id,
                             .tags = std::move(tags),
                             .batch = request.batch_size,
                             .invisible_ms = request.invisible_ms,
                             .client = request.auto_renew ? request.client_id : "",
                             .renew_total_ms = options_.renew_total_ms},
                    .deadline_us = request.wait_until_us,
                    .excused = options_.scan_entries_max < kScanEntriesEnough};
  receivers_.emplace(request.cancel_id, std::move(receiver));
}

OutcomeCode Witness::refusal(const Model::Wish& wish) const {
  const auto topic = live_.topics.find(wish.topic);
  if (topic == live_.topics.end()) {
    return OutcomeCode::kTopicNotFound;
  }
  const auto group = live_.groups.find(wish.group);
  if (group == live_.groups.end()) {
    return OutcomeCode::kGroupNotFound;
  }
  const core::TopicConfig& config = topic->second.config;
  if ((config.permission & core::permission::kRead) == 0 || !group->second.config.consume_enabled) {
    return OutcomeCode::kNoReadableQueue;
  }
  return wish.queue_id >= config.read_queues ? OutcomeCode::kInvalidArgument : OutcomeCode::kOk;
}

void Witness::decided(const core::ReceiveRequest& request) {
  note_failure(request.outcome);
  Receiver& receiver = receivers_.at(request.cancel_id);
  const Model::Wish& wish = receiver.wish;
  if (may_be_refused(request.outcome)) {
    state_records_ = world_.state_records();
    return;
  }
  if (ensure_topic(wish.topic)) {
    ensure_group(wish.group);
  }
  const OutcomeCode refused = refusal(wish);
  if (refused != OutcomeCode::kOk) {
    expect(refused, request.outcome, "a receive");
    state_records_ = world_.state_records();
    return;
  }
  receiver.excused |= world_.is_loading();
  filters_[{wish.group, wish.topic}].push_back(wish.tags);
  if (!request.deliveries.empty()) {
    deliver(request, receiver);
    observe(wish.group, wish.topic, {wish.tags});
  } else if (request.outcome.ok()) {
    receiver.parked = true;
    receiver.look_until_us = world_.clock.mono_us() + kLookUs;
    observe(wish.group, wish.topic, {wish.tags});
  } else {
    observe(wish.group, wish.topic, {wish.tags});
    check_no_message(request, receiver);
  }
  state_records_ = world_.state_records();
}

void Witness::deliver(const core::ReceiveRequest& request, const Receiver& receiver) {
  totals_.deliveries_checked += static_cast<int64_t>(request.deliveries.size());
  const Model::Wish& wish = receiver.wish;
  expect(OutcomeCode::kOk, request.outcome, "a receive that has messages");
  observe_begun(wish.group, wish.topic);
  observe_gone(wish.group, wish.topic);
  Model::Given given{.now_ms = now_ms(),
                     .filters = receiver.parked ? filters_of_turn(wish) : std::vector{wish.tags},
                     .complete = !receiver.excused};
  for (const auto& delivery : request.deliveries) {
    given.deliveries.push_back({delivery.handle, delivery.attempt});
  }
  record_of(wish.group, [wish, given = std::move(given), &connections = connections_](
                            Model& model) { model.deliver(wish, given, connections); });
  check_bodies(request);
}

void Witness::check_bodies(const core::ReceiveRequest& request) {
  for (const auto& delivery : request.deliveries) {
    const auto* const message =
        live_.find(request.topic, delivery.handle.queue_id, delivery.handle.queue_offset.value());
    if (message == nullptr || !delivery.record.has_value()) {
      continue;
    }
    const auto record = store::decode_record(delivery.record->bytes(), store::Verify::kStructure);
    if (!record.ok() || record->body != message->body) {
      wrong(concat("a delivery has another body than '", message->body, "'"));
    }
  }
}

void Witness::check_no_message(const core::ReceiveRequest& request, const Receiver& receiver) {
  if (!expect(OutcomeCode::kNoMessage, request.outcome, "a receive without messages") &&
      !receiver.excused && !is_blind()) {
    const Model::Wish& wish = receiver.wish;
    const auto wanted =
        live_.find_wanted(wish, now_ms(), connections_,
                          live_.count_invisible(wish.group, wish.topic, now_ms(), connections_),
                          receiver.parked ? filters_of_turn(wish) : std::vector{wish.tags});
    if (wanted.has_value()) {
      wrong(concat("a receive is told that there is no message, and there is ", *wanted));
    }
  }
}

// Those that were decided in the batch are known; the others waited, and are served behind it.
void Witness::answered(const core::ReceiveRequest& request) {
  in_batch_ = false;
  note_failure(request.outcome);
  const auto known = receivers_.find(request.cancel_id);
  if (known == receivers_.end()) {
    return wrong("a receive is answered that nobody asked");
  }
  Receiver receiver = std::move(known->second);
  receivers_.erase(known);
  if (!receiver.parked) {
    return;
  }
  receiver.excused |= world_.is_loading();
  filters_[{receiver.wish.group, receiver.wish.topic}].push_back(receiver.wish.tags);
  if (!request.deliveries.empty()) {
    return deliver(request, receiver);
  }
  const OutcomeCode code = request.outcome.code;
  if (code == OutcomeCode::kCancelled || is_blind() || world_.is_closing()) {
    return;
  }
  if (code == OutcomeCode::kNoMessage) {
    if (receiver.deadline_us > world_.clock.mono_us()) {
      wrong("a receive is answered before its time");
    }
    return check_no_message(request, receiver);
  }
  ++totals_.answers_checked;
  const bool deleted = code == OutcomeCode::kTopicNotFound || code == OutcomeCode::kGroupNotFound;
  const bool unreadable = disk_fails_ && code == OutcomeCode::kOverloaded;
  if (!deleted && !unreadable && code != refusal(receiver.wish)) {
    wrong(concat("a receive that waited is answered ", static_cast<int>(code), " '",
                 request.outcome.text, "'"));
  }
}

void Witness::answer_sent(const core::ReceiveRequest& request) {
  for (const auto& delivery : request.deliveries) {
    Model::Open* const open = live_.find_open(request.group, request.topic, delivery.handle);
    if (open != nullptr && !open->client.empty()) {
      open->sent = std::max(open->sent, Model::Open::Sent::kMaybe);
    }
  }
}

void Witness::observe_marks(bool anew) {
  using Sent = Model::Open::Sent;
  for (auto& [group_name, group] : live_.groups) {
    for (auto& [topic, positions] : group.topics) {
      const core::Subscription* const known =
          world_.core().state().find_subscription(group_name, topic);
      for (auto& [id, position] : positions) {
        const core::GroupQueue* const queue = known == nullptr ? nullptr : known->find(id);
        for (auto& [offset, open] : position.open) {
          const auto* const delivery =
              queue == nullptr ? nullptr : queue->find(store::QueueOffset(offset), open.id);
          const bool marked = delivery != nullptr && delivery->answer_sent;
          if (anew) {
            open.sent = marked ? Sent::kYes : Sent::kNo;
          } else if (marked && open.sent == Sent::kNo) {
            wrong(concat("a delivery of ", topic, "/", id, " at ", offset,
                         " is marked as one that was sent, and its answer was lost"));
          } else if (marked) {
            open.sent = Sent::kYes;
          }
        }
      }
    }
  }
}

// --- where groups stand --------------------------------------------------------------------------

Model::Next Witness::where(const std::string& group, const std::string& topic) {
  Model::Next next;
  const core::Subscription* const known = world_.core().state().find_subscription(group, topic);
  for (int32_t id = 0; known != nullptr && id < known->queue_id_end(); ++id) {
    if (const core::GroupQueue* const queue = known->find(id)) {
      next[id] = queue->next().value();
    }
  }
  return next;
}

void Witness::observe(const std::string& group, const std::string& topic,
                      const std::vector<Model::Tags>& filters) {
  observe_begun(group, topic);
  Model::Next next = where(group, topic);
  const auto known = live_.groups[group].topics.find(topic);
  if (known != live_.groups[group].topics.end()) {
    std::erase_if(next, [&](const auto& queue) {
      const auto position = known->second.find(queue.first);
      return position != known->second.end() && position->second.next == queue.second;
    });
  }
  if (!next.empty()) {
    record_of(group, [=](Model& model) { model.pass(group, topic, next, filters); });
  }
  observe_gone(group, topic);
}

// Messages that were deleted after they were delivered: the core ends such a delivery when it comes
// upon it.
void Witness::observe_gone(const std::string& group, const std::string& topic) {
  const core::Subscription* const known = world_.core().state().find_subscription(group, topic);
  if (known == nullptr) {
    return;
  }
  std::vector<core::ReceiptHandle> gone;
  for (const auto& [id, position] : live_.groups.at(group).topics[topic]) {
    const core::GroupQueue* const queue = known->find(id);
    const int64_t min = live_.topics.at(topic).queues[id].min;
    for (const auto& [offset, open] : position.open) {
      if (offset >= min) {
        break;
      }
      if (queue != nullptr && queue->find(store::QueueOffset(offset)) == nullptr) {
        gone.push_back({.queue_id = id, .queue_offset = store::QueueOffset(offset)});
      }
    }
  }
  for (const core::ReceiptHandle& handle : gone) {
    record_of(group, [=](Model& model) { model.acknowledge(group, topic, handle); });
  }
}

// Which queues a receive begins is the core's choice.
void Witness::observe_begun(const std::string& group, const std::string& topic) {
  Model::Next starts;
  const auto known = live_.groups[group].topics.find(topic);
  for (const auto& [id, next] : where(group, topic)) {
    if (known == live_.groups[group].topics.end() || !known->second.contains(id)) {
      starts[id] = live_.start_of(group, topic, id);
    }
  }
  if (!starts.empty()) {
    record_of(group, [=](Model& model) { model.begin(group, topic, starts); });
  }
}

// What a search has begun, before anything else moves the group there.
void Witness::observe_begun() {
  for (const auto& [group, known] : live_.groups) {
    for (const auto& [topic, state] : live_.topics) {
      observe_begun(group, topic);
    }
  }
}

std::vector<Model::Tags> Witness::filters_of_turn(const Model::Wish& wish) const {
  std::vector<Model::Tags> filters;
  if (const auto known = filters_.find({wish.group, wish.topic}); known != filters_.end()) {
    filters = known->second;
  }
  for (const auto& [id, receiver] : receivers_) {
    if (receiver.parked && receiver.wish.group == wish.group && receiver.wish.topic == wish.topic) {
      filters.push_back(receiver.wish.tags);
    }
  }
  return filters;
}

// Those that wait pass over what they refuse.
void Witness::observe_waiting() {
  for (const auto& [id, receiver] : receivers_) {
    if (receiver.parked) {
      filters_[{receiver.wish.group, receiver.wish.topic}].push_back(receiver.wish.tags);
    }
  }
  for (const auto& [names, filters] : std::exchange(filters_, {})) {
    const auto& [group, topic] = names;
    if (live_.topics.contains(topic) && live_.groups.contains(group)) {
      observe(group, topic, filters);
    }
  }
}

}  // namespace petrel::oracle
