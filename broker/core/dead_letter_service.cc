// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/dead_letter_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "broker/core/move_origin.h"
#include "broker/core/record_copy.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"

namespace petrel::core {
namespace {

constexpr log::Logger kLog("dead-letters");

// RocketMQ's names.
constexpr std::string_view kMessageIdProperty = "UNIQ_KEY";
constexpr std::string_view kOriginTopicProperty = "DLQ_ORIGIN_TOPIC";
constexpr std::string_view kOriginMessageIdProperty = "DLQ_ORIGIN_MESSAGE_ID";

constexpr size_t kMovesMax = 1'024;
// What found no place among these, or whose copy could not be stored, is looked for again then.
constexpr int64_t kAgainMs = 1'000;
// What waits for others to be moved goes on with news of the log or the disk, or then.
constexpr int64_t kLookAgainMs = 10;

absl::Status message_is_deleted() {
  return absl::OutOfRangeError("retention has deleted the message");
}

}  // namespace

void DeadLetterService::forward(std::unique_ptr<DeadLetterRequest> request) {
  const Subscription* const subscription =
      parts_.state.find_subscription(request->group, request->topic);
  const ReceiptHandle& handle = request->handle;
  if (parts_.acks.queue_of(subscription, handle) == nullptr) {
    return parts_.outbox.refuse(delivery_is_over(), std::move(request));
  }
  if (moves_.size() >= kMovesMax) {
    return parts_.outbox.refuse(
        {OutcomeCode::kOverloaded, "many messages are being moved; try again"}, std::move(request));
  }
  Move& move = moves_[{.group = subscription->group_id(),
                       .topic = subscription->topic_id(),
                       .queue_id = handle.queue_id,
                       .offset = handle.queue_offset}];
  move.delivery_id = handle.delivery_id;
  move.asked.push_back(std::move(request));
}

void DeadLetterService::take_exhausted() {
  for (const PopService::Exhausted& exhausted : parts_.pop.take_exhausted()) {
    const Subscription* const subscription =
        parts_.state.find_subscription(exhausted.where.group, exhausted.where.topic);
    if (subscription == nullptr) {
      continue;
    }
    if (moves_.size() >= kMovesMax) {
      parts_.pop.due_at(*subscription, parts_.time.log_ms + kAgainMs);
      continue;
    }
    const auto [move, added] = moves_.try_emplace({.group = exhausted.where.group,
                                                   .topic = exhausted.where.topic,
                                                   .queue_id = exhausted.where.queue_id,
                                                   .offset = exhausted.offset});
    if (added) {
      move->second.delivery_id = exhausted.delivery_id;
    }
  }
}

// What was past its last attempt may have been renewed meanwhile, or be allowed more attempts.
bool DeadLetterService::is_wanted(const Subscription& subscription, const GroupQueue& queue,
                                  const MoveOrigin& origin, const Move& move) const {
  const InFlight* const open = queue.find(origin.offset, move.delivery_id);
  if (open == nullptr || !move.asked.empty()) {
    return open != nullptr;
  }
  const GroupConfig& group = parts_.state.find_group(subscription.group_id())->config;
  return open->visible_at_ms <= parts_.time.log_ms && !parts_.pop.is_held(*open) &&
         is_exhausted(*open, group);
}

const Subscription* DeadLetterService::open(const MoveOrigin& origin, const Move& move) const {
  const Subscription* const subscription =
      parts_.state.find_subscription(origin.group, origin.topic);
  const GroupQueue* const queue =
      subscription == nullptr ? nullptr : subscription->find(origin.queue_id);
  const bool wanted = queue != nullptr && is_wanted(*subscription, *queue, origin, move);
  return wanted ? subscription : nullptr;
}

// Records are held until they are appended, so that they are bounded as those on their way are.
void DeadLetterService::load_some() {
  int64_t held_bytes = 0;
  for (const auto& [origin, move] : moves_) {
    held_bytes += move.held_bytes();
  }
  for (auto& [origin, move] : moves_) {
    if (held_bytes >= parts_.options.loading_bytes_max) {
      return;
    }
    if (!move.loading && !move.record.has_value()) {
      load(origin, move);
      held_bytes += move.held_bytes();
    }
  }
}

void DeadLetterService::load(const MoveOrigin& origin, Move& move) {
  const Subscription* const subscription = open(origin, move);
  if (subscription == nullptr || !find_entry(*subscription, origin, move)) {
    return;
  }
  move.loading = true;  // `loaded` may be called at once
  move.loading = parts_.records.load(move.entry->log_offset, move.entry->size,
                                     [this, origin](absl::StatusOr<store::LogSlice> record) {
                                       const auto it = moves_.find(origin);
                                       if (it != moves_.end() && it->second.loading) {
                                         it->second.record = std::move(record);
                                       }
                                     });
}

// False: it is being read, or is known not to be there.
bool DeadLetterService::find_entry(const Subscription& subscription, const MoveOrigin& origin,
                                   Move& move) {
  if (move.entry.has_value()) {
    return true;
  }
  store::ConsumeQueue* const queue = parts_.store.find_queue(subscription.topic(), origin.queue_id);
  if (queue == nullptr || origin.offset < queue->min()) {
    move.record = message_is_deleted();
    return false;
  }
  store::QueueEntry entry;
  if (queue->read(origin.offset, {&entry, 1}) == 0) {
    if (move.page_wanted_at_ms <= parts_.time.log_ms) {
      move.page_wanted_at_ms = parts_.time.log_ms + kAgainMs;
      parts_.pop.load(*queue, origin.offset);
    }
    return false;
  }
  if (entry.is_hole()) {
    move.record = absl::DataLossError("damage to the log took the message");
    return false;
  }
  move.entry = entry;
  return true;
}

void DeadLetterService::finish_turn() {
  take_exhausted();
  if (moves_.empty() || parts_.writer.scarce()) {
    return;
  }
  load_some();
  // In the log stands first what was decided about the origins before they are ended.
  if (!parts_.writer.append_changes().ok()) {
    return;
  }
  for (auto it = moves_.begin(); it != moves_.end();) {
    auto& [origin, move] = *it;
    const Subscription* const subscription = open(origin, move);
    if (subscription == nullptr) {
      drop(origin, move);
    } else if (!move.record.has_value() || !has_room()) {
      ++it;
      continue;
    } else {
      end(*subscription, origin, move);
    }
    it = moves_.erase(it);
  }
}

void DeadLetterService::drop(const MoveOrigin& origin, Move& move) {
  const Subscription* const subscription =
      parts_.state.find_subscription(origin.group, origin.topic);
  if (subscription != nullptr) {
    parts_.pop.due_at(*subscription, parts_.time.log_ms);  // it may have to be renewed instead
  }
  answer(move, delivery_is_over());
}

// Sends come first: what was given up can wait.
bool DeadLetterService::has_room() const {
  return parts_.writer.unwritten_bytes() < parts_.options.unwritten_bytes_max / 2;
}

void DeadLetterService::end(const Subscription& subscription, const MoveOrigin& origin,
                            Move& move) {
  absl::Status status = move.record->status();
  if (status.ok()) {
    status = append(subscription, origin, move);
  }
  if (status.ok()) {
    return answer(move, {});
  }
  // That the disk is full is told for all, and so is what retention takes.
  if (!absl::IsResourceExhausted(status) && !absl::IsOutOfRange(status)) {
    kLog.error("a message that was given up cannot be moved",
               {{"topic", subscription.topic()},
                {"group", subscription.group()},
                {"queue", origin.queue_id},
                {"queue_offset", origin.offset.value()},
                {"error", status.ToString()}});
  }
  if (absl::IsDataLoss(status) || absl::IsOutOfRange(status)) {
    tell_mismatch(subscription, origin, move);
  } else {
    parts_.pop.due_at(subscription, parts_.time.log_ms + kAgainMs);
  }
  answer(move,
         {OutcomeCode::kOverloaded, concat("the message cannot be moved: ", status.message())});
}

absl::Status DeadLetterService::append(const Subscription& subscription, const MoveOrigin& origin,
                                       const Move& move) {
  const GroupQueue& queue = *subscription.find(origin.queue_id);
  const store::ConsumeQueue* const stored =
      parts_.store.find_queue(subscription.topic(), origin.queue_id);
  if (stored == nullptr || origin.offset < stored->min()) {
    return message_is_deleted();  // since it was read
  }
  PETREL_ASSIGN_OR_RETURN(const std::string copied, copy(subscription, origin, move));
  parts_.catalog.ensure_dead_letter_topic(subscription.group());
  const bool was_full = !parts_.pop.may_take_new(queue);
  PETREL_ASSIGN_OR_RETURN(const auto placed, parts_.writer.append_message(copied, 0));
  PETREL_CHECK(queue.find(origin.offset) == nullptr)
      << "queue offset " << origin.offset.value() << " was moved, and is still open";
  if (was_full) {
    parts_.pop.freed(subscription);
  }
  if (parts_.observer != nullptr) {
    parts_.observer->dead_lettered({.topic = subscription.topic(),
                                    .group = subscription.group(),
                                    .origin = origin,
                                    .offset = placed.queue_offset,
                                    .log_offset = placed.log_offset,
                                    .record_bytes = static_cast<int64_t>(copied.size())});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> DeadLetterService::copy(const Subscription& subscription,
                                                    const MoveOrigin& origin,
                                                    const Move& move) const {
  PETREL_ASSIGN_OR_RETURN(const store::RecordView record,
                          record_of_entry((*move.record)->bytes(), subscription.topic(),
                                          origin.queue_id, origin.offset));
  const InFlight& open = *subscription.find(origin.queue_id)->find(origin.offset);
  const std::string_view client = move.asked.empty()
                                      ? parts_.state.client_name(open.client)
                                      : std::string_view(move.asked.back()->client_id);
  const std::string topic = dead_letter_topic(subscription.group());
  return copy_record(
      record,
      {.topic = topic,
       .sys_flag = {},
       .reconsume_times = open.attempt - 1,
       .properties = {{std::string(kOriginTopicProperty), subscription.topic()},
                      {std::string(kOriginMessageIdProperty),
                       std::string(store::find_property(record.properties, kMessageIdProperty))},
                      {std::string(kLastClientProperty), std::string(client)},
                      {std::string(kMoveOriginProperty), format_move_origin(origin)}}});
}

// The store looks where the message really is; it comes again if it is found, else it is lost.
void DeadLetterService::tell_mismatch(const Subscription& subscription, const MoveOrigin& origin,
                                      const Move& move) {
  EntryMismatchRequest mismatch;
  mismatch.group = subscription.group();
  mismatch.topic = subscription.topic();
  mismatch.handles = {{.queue_id = origin.queue_id,
                       .queue_offset = origin.offset,
                       .log_offset = move.entry.value_or(store::QueueEntry()).log_offset,
                       .delivery_id = move.delivery_id}};
  parts_.acks.entry_mismatch(mismatch);
}

void DeadLetterService::answer(Move& move, const Outcome& outcome) {
  for (auto& request : move.asked) {
    if (outcome.ok()) {
      parts_.outbox.after_commit(std::move(request));
    } else {
      parts_.outbox.refuse(outcome, std::move(request));
    }
  }
  move.asked.clear();
}

std::optional<int64_t> DeadLetterService::next_deadline_us() const {
  std::optional<int64_t> deadline;
  for (const auto& [origin, move] : moves_) {
    if (!move.loading && !move.record.has_value()) {
      const int64_t in_ms = std::max(move.page_wanted_at_ms - parts_.time.log_ms, kLookAgainMs);
      deadline = earlier(deadline, parts_.time.mono_us + in_ms * 1000);
    }
  }
  return parts_.writer.scarce() ? std::nullopt : deadline;
}

void DeadLetterService::end_work(const Outcome& /*outcome*/) {
  for (auto& [origin, move] : moves_) {
    answer(move, {OutcomeCode::kNotServing, "the broker stops; try again"});
  }
  moves_.clear();
}

}  // namespace petrel::core
