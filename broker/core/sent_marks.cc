// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/sent_marks.h"

#include <iterator>
#include <limits>
#include <utility>

namespace petrel::core {
namespace {

constexpr size_t kAnswersPerTurnMax = 4'096;

}  // namespace

void SentMarks::mark_due() {
  if (parts_.writer.scarce()) {
    return;
  }
  if (ending_) {
    append_to_due(std::exchange(young_, {}));
    append_to_due(parts_.liveness.take_sent());
    mark_some(std::numeric_limits<size_t>::max());
    return;
  }
  if (mark_some(kAnswersPerTurnMax) && next_tick_us_ <= parts_.time.mono_us) {
    // After a pause of the process what is taken now is old already, and perhaps due.
    const bool late = parts_.time.mono_us - next_tick_us_ >= kTickUs;
    next_tick_us_ = parts_.time.mono_us + kTickUs;
    due_ = std::exchange(young_, parts_.liveness.take_sent());
    if (late) {
      append_to_due(std::exchange(young_, {}));
    }
    mark_some(kAnswersPerTurnMax);
  }
}

std::optional<int64_t> SentMarks::next_deadline_us() const {
  if (parts_.writer.scarce()) {
    return std::nullopt;  // news of the log or the disk bring the next turn
  }
  if (!due_.empty()) {
    return parts_.time.mono_us;
  }
  return has_to_look() ? std::optional(next_tick_us_) : std::nullopt;
}

bool SentMarks::has_to_look() const {
  const ClientTable& clients = parts_.state.clients();
  return !ending_ && (!young_.empty() || clients.all().size() > clients.idle_count());
}

void SentMarks::append_to_due(std::vector<SentAnswer> answers) {
  due_.insert(due_.end(), std::move_iterator(answers.begin()), std::move_iterator(answers.end()));
}

bool SentMarks::mark_some(size_t answers_max) {
  for (size_t i = 0; i < answers_max && marked_ < due_.size(); ++i) {
    mark(due_[marked_++]);
  }
  if (marked_ < due_.size()) {
    return false;
  }
  due_.clear();
  marked_ = 0;
  return true;
}

void SentMarks::mark(const SentAnswer& answer) {
  const Subscription* const subscription =
      parts_.state.find_subscription(answer.group, answer.topic);
  if (subscription == nullptr) {
    return;
  }
  for (const SentAnswer::Run& run : answer.runs) {
    if (const GroupQueue* const queue = subscription->find(run.queue_id)) {
      mark({subscription->group_id(), subscription->topic_id(), run.queue_id}, *queue, run);
    }
  }
}

// What was given back or delivered anew has another delivery id; what a client took over has none
// to renew it.
void SentMarks::mark(const Changes::Queue& where, const GroupQueue& queue,
                     const SentAnswer::Run& run) {
  scratch_.clear();
  queue.visit_in_flight(run.first, [&](store::QueueOffset offset, const InFlight& delivery) {
    if (offset >= run.end) {
      return false;
    }
    if (delivery.delivery_id == run.delivery_id && delivery.client != ClientId(0) &&
        !delivery.answer_sent) {
      scratch_.push_back({.offset = offset,
                          .delivery_id = delivery.delivery_id,
                          .visible_at_ms = delivery.visible_at_ms,
                          .suspend = delivery.suspended,
                          .keep_renewing = true});
    }
    return true;
  });
  for (const GroupQueue::Extension& extension : scratch_) {
    parts_.changes.extended(where, extension);
    parts_.writer.append_if_full();
  }
}

}  // namespace petrel::core
