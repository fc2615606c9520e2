// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/queue_begins.h"

#include <algorithm>
#include <iterator>

#include "broker/core/events.h"
#include "common/check.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

using store::QueueOffset;

bool takes_a_point(ConsumeFrom from) {
  return from == ConsumeFrom::kLast || from == ConsumeFrom::kTime;
}

// With a time to come the declaration counts: its place is reached first.
store::QueuePoint point_of(const GroupConfig& group) {
  store::QueuePoint point{.log_offset = group.declared_at};
  if (group.consume_from == ConsumeFrom::kTime) {
    point.stored_ms = group.consume_from_ms;
  }
  return point;
}

// Whether all that is shown of the queue came before the declaration. The last entry is in memory,
// but for a queue that was read from disk and got nothing since.
bool ends_before(store::LogOffset declared_at, const store::ConsumeQueue& queue) {
  store::QueueEntry last;
  return queue.read(queue.max() - 1, {&last, 1}) == 1 && last.log_offset < declared_at;
}

// The first message from the declaration on, if it and the one before it are in memory.
std::optional<QueueOffset> first_from(store::LogOffset declared_at,
                                      const store::ConsumeQueue& queue) {
  const auto is_before = [&](QueueOffset at) -> std::optional<bool> {
    store::QueueEntry entry;
    if (queue.read(at, {&entry, 1}) != 1) {
      return std::nullopt;
    }
    return entry.log_offset < declared_at;
  };
  // What is at `low` is before the declaration, what is at `high` is not.
  QueueOffset high = queue.max();
  QueueOffset low = queue.min();
  for (int64_t back = 1;; back *= 2) {
    const QueueOffset at = std::max(queue.min(), queue.max() - back);
    const std::optional<bool> before = is_before(at);
    if (!before) {
      return std::nullopt;
    }
    if (*before) {
      low = at;
      break;
    }
    high = at;
    if (at == queue.min()) {
      return at;
    }
  }
  while (high - low > 1) {
    const QueueOffset middle = low + (high - low) / 2;
    const std::optional<bool> before = is_before(middle);
    if (!before) {
      return std::nullopt;
    }
    (*before ? low : high) = middle;
  }
  return high;
}

}  // namespace

std::optional<QueueOffset> QueueBegins::seen(const GroupConfig& group,
                                             const store::ConsumeQueue& queue) {
  if (const auto begin = known(group, queue)) {
    return begin;
  }
  const store::QueueTotals totals = queue.totals();
  if (group.consume_from == ConsumeFrom::kTime && totals.oldest_ms >= group.consume_from_ms) {
    return queue.min();
  }
  const bool none_is_as_late =
      group.consume_from == ConsumeFrom::kTime && totals.newest_ms < group.consume_from_ms;
  return group.consume_from == ConsumeFrom::kLast || none_is_as_late
             ? first_from(group.declared_at, queue)
             : std::nullopt;
}

std::optional<QueueOffset> QueueBegins::known(const GroupConfig& group,
                                              const store::ConsumeQueue& queue) {
  switch (group.consume_from) {
    case ConsumeFrom::kUndeclared:
      return queue.min() == QueueOffset(0) ? queue.min() : queue.max();
    case ConsumeFrom::kFirst:
      return queue.min();
    case ConsumeFrom::kLast:
    case ConsumeFrom::kTime:
      break;
  }
  if (queue.min() == queue.max() || queue.front() >= group.declared_at) {
    return queue.min();
  }
  if (group.consume_from == ConsumeFrom::kLast && ends_before(group.declared_at, queue)) {
    return queue.max();
  }
  return std::nullopt;
}

std::optional<QueueOffset> QueueBegins::find(const GroupConfig& group, const Changes::Queue& where,
                                             const store::ConsumeQueue& queue) {
  if (const auto begin = known(group, queue)) {
    return begin;
  }
  const store::QueuePoint point = point_of(group);
  const Place place{where.group, where.topic, where.queue_id};
  if (!searched_.try_emplace(place, Search{.point = point, .end = queue.max()}).second) {
    return std::nullopt;
  }
  parts_.store.search_queue(
      &queue, point, [&self = parts_.self, where](absl::StatusOr<QueueOffset> found) {
        self.post_internal(std::make_unique<QueueBeginFound>(where, std::move(found)));
      });
  return std::nullopt;
}

bool QueueBegins::begin(const GroupConfig& group, const Changes::Queue& where,
                        const store::ConsumeQueue& queue) {
  const std::optional<QueueOffset> first = find(group, where, queue);
  if (first) {
    parts_.changes.positioned(where, *first);
    const Subscription* const begun = parts_.state.find_subscription(where.group, where.topic);
    PETREL_CHECK(begun != nullptr && begun->find(where.queue_id) != nullptr)
        << "queue " << where.queue_id << " was begun and has no position";
  }
  return first.has_value();
}

const Subscription* QueueBegins::begin(const TopicState& topic, const GroupState& group) {
  const Subscription* const known = parts_.state.find_subscription(group.id(), topic.id());
  if (known != nullptr) {
    return known;
  }
  for (int32_t id = 0; id < topic.config.read_queues; ++id) {
    begin(group.config, {group.id(), topic.id(), id}, *parts_.store.queue(topic.config.name, id));
    parts_.writer.append_if_full();
  }
  return parts_.state.find_subscription(group.id(), topic.id());
}

WaitingReceives::Line& QueueBegins::line(const Key& key) {
  auto& line = lines_[key];
  if (line == nullptr) {
    line = std::make_unique<WaitingReceives::Line>();
  }
  return *line;
}

QueueBegins::Ended QueueBegins::ended(const Changes::Queue& where,
                                      const absl::StatusOr<QueueOffset>& found) {
  const TopicState* const topic = parts_.state.find_topic(where.topic);
  const bool current = is_current(
      parts_.state.find_group(where.group), where,
      topic == nullptr ? nullptr : parts_.store.find_queue(topic->config.name, where.queue_id),
      found);
  begun_.emplace_back(where.group, where.topic);
  const Subscription* const subscription = parts_.state.find_subscription(where.group, where.topic);
  const bool begun = subscription != nullptr && subscription->find(where.queue_id) != nullptr;
  if (topic == nullptr || begun) {
    return {};
  }
  if (!current) {
    return {.topic = topic, .outcome = {}};  // who looks searches again
  }
  if (found.ok()) {
    const store::ConsumeQueue& queue = *parts_.store.queue(topic->config.name, where.queue_id);
    parts_.changes.positioned(where, std::max(*found, queue.min()));
    return {.topic = topic, .outcome = {}};
  }
  return {.topic = topic,
          .outcome = {OutcomeCode::kOverloaded,
                      concat("queue ", where.queue_id, " of topic '", topic->config.name,
                             "' cannot be read: ", found.status().message())}};
}

WaitingReceives::Receives QueueBegins::take_begun() {
  WaitingReceives::Receives receives;
  for (const Key& key : std::exchange(begun_, {})) {
    if (const auto line = lines_.find(key); line != lines_.end()) {
      std::ranges::move(parts_.waiting.unpark_line(*line->second), std::back_inserter(receives));
      lines_.erase(line);
    }
  }
  return receives;
}

// Nothing else of a group or topic may be there yet that would tell them.
WaitingReceives::Receives QueueBegins::take_if(absl::FunctionRef<bool(const Key&)> concerned) {
  WaitingReceives::Receives receives;
  absl::erase_if(lines_, [&](auto& waiting) {
    if (!concerned(waiting.first)) {
      return false;
    }
    std::ranges::move(parts_.waiting.unpark_line(*waiting.second), std::back_inserter(receives));
    return true;
  });
  return receives;
}

bool QueueBegins::is_current(const GroupState* group, const Changes::Queue& where,
                             const store::ConsumeQueue* queue,
                             const absl::StatusOr<QueueOffset>& found) {
  const auto it = searched_.find({where.group, where.topic, where.queue_id});
  PETREL_CHECK(it != searched_.end()) << "a search that nobody has begun";
  const Search search = it->second;
  searched_.erase(it);
  if (group == nullptr || queue == nullptr || !takes_a_point(group->config.consume_from) ||
      !(point_of(group->config) == search.point)) {
    return false;
  }
  // Behind all that was shown is the answer unless messages of before the declaration, which were
  // on their way to the disk, have been shown since.
  store::QueueEntry next;
  return !found.ok() || *found < search.end || queue->max() == search.end ||
         (queue->read(search.end, {&next, 1}) == 1 && next.log_offset >= search.point.log_offset);
}

}  // namespace petrel::core
