// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue/queue_capture.h"

#include "common/check.h"

namespace petrel::store {
namespace {

bool is_before(const QueueView& queue, const std::pair<std::string, int32_t>& other) {
  const int order = queue.topic().compare(other.first);
  return order < 0 || (order == 0 && queue.queue_id() < other.second);
}

// It may have the name of one that is hidden and was.
bool never_shown(const QueueView& queue) { return queue.max() == QueueOffset(0); }

}  // namespace

void QueueCapture::begin(size_t topics, size_t unwritten) {
  PETREL_CHECK(!running_);
  PETREL_CHECK(early_.empty() && captured_.topics.empty() && captured_.unwritten.empty());
  running_ = true;
  ++number_;
  captured_.topics.reserve(topics);
  captured_.unwritten.reserve(unwritten);
}

void QueueCapture::before_change(QueueView& queue) {
  if (!running_ || never_shown(queue)) {
    queue.set_captured(number_);
    return;
  }
  const bool added = early_.emplace(Key(queue.topic(), queue.queue_id()), take(queue)).second;
  PETREL_CHECK(added) << queue.topic() << "/" << queue.queue_id() << " is captured twice";
}

QueueBounds QueueCapture::take(QueueView& queue) {
  PETREL_CHECK_LT(queue.captured(), number_);
  queue.set_captured(number_);
  if (queue.is_dirty()) {
    const UnwrittenQueue& added =
        captured_.unwritten.emplace_back(UnwrittenQueue{.topic = queue.topic(),
                                                        .queue_id = queue.queue_id(),
                                                        .generation = queue.generation(),
                                                        .entries = queue.unwritten()});
    if (!queue.listed_front().has_value() && !added.entries.pieces.empty()) {
      list_front_(queue, added.entries.pieces.front().entries.front().log_offset);
    }
  }
  return {.queue_id = queue.queue_id(),
          .min = queue.min(),
          .max = queue.max(),
          .front = queue.listed_front().value_or(LogOffset(0)),
          .totals = queue.totals()};
}

bool QueueCapture::walk(QueueView* queue) {
  PETREL_CHECK(running_);
  const auto early = early_.begin();
  if (early != early_.end() && (queue == nullptr || !is_before(*queue, early->first))) {
    add(early->first.first, early->second);
    early_.erase(early);
    return false;
  }
  if (queue == nullptr || queue->captured() == number_) return true;
  if (never_shown(*queue)) {
    queue->set_captured(number_);
  } else {
    add(queue->topic(), take(*queue));
  }
  return true;
}

void QueueCapture::add(const std::string& topic, const QueueBounds& bounds) {
  std::vector<TopicBounds>& topics = captured_.topics;
  if (topics.empty() || topics.back().topic != topic) {
    PETREL_CHECK(topics.empty() || topics.back().topic < topic) << topic << " is out of order";
    topics.push_back({.topic = topic, .queues = {}});
  }
  std::vector<QueueBounds>& queues = topics.back().queues;
  PETREL_CHECK(queues.empty() || queues.back().queue_id < bounds.queue_id);
  queues.push_back(bounds);
  ++captured_.queues;
}

CapturedQueues QueueCapture::end() {
  PETREL_CHECK(running_);
  running_ = false;
  early_.clear();
  return std::exchange(captured_, {});
}

}  // namespace petrel::store
