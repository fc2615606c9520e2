// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue/queue_table.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "common/check.h"

namespace petrel::store {
namespace {

// Loaded pages of all queues together; about 24 KiB each.
constexpr size_t kLoadedPagesMax = 1024;

}  // namespace

QueueTable::QueueTable()
    : capture_([this](QueueView& queue, LogOffset front) { list_front(&queue, front); }) {}

QueueView* QueueTable::find(std::string_view topic, int32_t queue_id) const {
  if (last_topic_ == nullptr || last_topic_->first != topic) {
    const auto known = topics_.find(topic);
    if (known == topics_.end()) return nullptr;
    last_topic_ = &*known;
  }
  const Queues& queues = last_topic_->second;
  const auto found = queues.find(queue_id);
  return found == queues.end() ? nullptr : found->second.get();
}

QueueView* QueueTable::queue(std::string_view topic, int32_t queue_id) {
  if (QueueView* const found = find(topic, queue_id)) return found;
  return add(topic, queue_id, QueueOffset(0), QueueOffset(0));
}

QueueView* QueueTable::add(std::string_view topic, int32_t queue_id, QueueOffset min,
                           QueueOffset max, LogOffset front) {
  auto added = std::make_unique<QueueView>(std::string(topic), queue_id, next_generation_++, min,
                                           max, dirty_, capture_);
  QueueView* const queue = added.get();
  last_topic_ = nullptr;
  topics_[std::string(topic)][queue_id] = std::move(added);
  if (min < max) list_front(queue, front);
  return queue;
}

void QueueTable::forget(QueueView* queue) {
  const uint64_t generation = queue->generation();
  queue->before_change();
  unlist_front(queue);
  dirty_.erase(generation);
  warm_.erase(generation);
  if (durable_steps_.has_value()) durable_steps_->warm.erase(generation);
  const auto begin = loaded_pages_.lower_bound({generation, 0});
  const auto end = loaded_pages_.lower_bound({generation + 1, 0});
  for (auto page = begin; page != end; ++page) loaded_pages_by_age_.erase(page->second);
  loaded_pages_.erase(begin, end);
}

std::optional<uint64_t> QueueTable::hide_topic(std::string_view topic) {
  const auto queues = topics_.find(topic);
  if (queues == topics_.end()) return std::nullopt;
  for (const auto& [queue_id, queue] : queues->second) queue->before_change();
  hidden_.emplace(
      next_hidden_,
      Hidden{.topic = queues->first, .whole_topic = true, .queues = std::move(queues->second)});
  last_topic_ = nullptr;
  topics_.erase(queues);
  return next_hidden_++;
}

uint64_t QueueTable::hide_queue(std::string_view topic, int32_t queue_id) {
  Queues& queues = topics_.find(topic)->second;
  const auto queue = queues.find(queue_id);
  PETREL_CHECK(queue != queues.end());
  queue->second->before_change();
  Hidden hidden{.topic = std::string(topic), .whole_topic = false, .queues = {}};
  hidden.queues.emplace(queue_id, std::move(queue->second));
  queues.erase(queue);
  hidden_.emplace(next_hidden_, std::move(hidden));
  return next_hidden_++;
}

void QueueTable::forget_hidden(uint64_t number) {
  const auto hidden = hidden_.find(number);
  PETREL_CHECK(hidden != hidden_.end());
  for (const auto& [queue_id, queue] : hidden->second.queues) forget(queue.get());
  hidden_.erase(hidden);
}

// ---- snapshots

void QueueTable::begin_capture() {
  PETREL_CHECK(!durable_steps_.has_value()) << "the last snapshot is not finished";
  capture_.begin(topics_.size(), dirty_.size());
  // Nobody walks over these.
  for (const auto& [number, hidden] : hidden_) {
    for (const auto& [queue_id, queue] : hidden.queues) queue->before_change();
  }
  capture_at_ = {std::string(), std::numeric_limits<int32_t>::min()};
  capture_walked_ = false;
}

bool QueueTable::capture_some(size_t queues_max) {
  auto topic = capture_walked_ ? topics_.end() : topics_.lower_bound(capture_at_.first);
  while (topic != topics_.end()) {
    const Queues& queues = topic->second;
    auto queue =
        topic->first == capture_at_.first ? queues.lower_bound(capture_at_.second) : queues.begin();
    while (queue != queues.end()) {
      if (queues_max-- == 0) {
        capture_at_ = {topic->first, queue->first};
        return false;
      }
      if (capture_.walk(queue->second.get())) ++queue;
    }
    ++topic;
    capture_at_.first.clear();
  }
  // The names of topics that are deleted may come behind all others.
  capture_walked_ = true;
  // Of topics that were deleted, some may come behind all others.
  for (; queues_max > 0; --queues_max) {
    if (capture_.walk(nullptr)) return true;
  }
  return false;
}

bool QueueTable::set_durable(std::span<const UnwrittenQueue> written, size_t queues_max) {
  PETREL_CHECK(!capture_.is_running());
  if (!durable_steps_.has_value()) durable_steps_ = DurableSteps{};
  DurableSteps& steps = *durable_steps_;
  PETREL_CHECK_LE(steps.done, written.size());
  if (steps.step == DurableSteps::Step::kTell) tell_durable(written, queues_max);
  if (steps.step == DurableSteps::Step::kTrim) trim_to_share(queues_max);
  if (steps.step == DurableSteps::Step::kCoolDown) cool_down(queues_max);
  return !durable_steps_.has_value();
}

void QueueTable::tell_durable(std::span<const UnwrittenQueue> written, size_t& queues_max) {
  DurableSteps& steps = *durable_steps_;
  for (; queues_max > 0 && steps.done < written.size(); --queues_max) {
    const UnwrittenQueue& done = written[steps.done++];
    QueueView* const queue = find(done.topic, done.queue_id);
    if (queue == nullptr || queue->generation() != done.generation) continue;
    queue->set_durable(done.entries, kWarmEntries);
    steps.entries += std::min(kWarmEntries, queue->entries_in_memory());
    steps.warm.emplace(done.generation, queue);
    if (queue->has_unwritten()) continue;
    queue->clear_dirty();
    dirty_.erase(done.generation);
  }
  if (steps.done == written.size()) steps.step = DurableSteps::Step::kTrim;
}

void QueueTable::trim_to_share(size_t& queues_max) {
  DurableSteps& steps = *durable_steps_;
  auto queue = steps.warm.lower_bound(steps.trimmed_to);
  if (steps.entries <= kWarmEntriesOfAll) queue = steps.warm.end();
  for (; queue != steps.warm.end(); ++queue, --queues_max) {
    steps.trimmed_to = queue->first;
    if (queues_max == 0) return;
    queue->second->trim(kWarmEntriesOfAll / static_cast<int64_t>(steps.warm.size()));
  }
  steps.step = DurableSteps::Step::kCoolDown;
}

// What was warm and got nothing new leaves memory altogether.
void QueueTable::cool_down(size_t& queues_max) {
  QueueViews& warm = durable_steps_->warm;
  for (; !warm_.empty(); --queues_max) {
    if (queues_max == 0) return;
    const auto queue = std::prev(warm_.end());
    if (!warm.contains(queue->first)) queue->second->trim(/*keep=*/0);
    warm_.erase(queue);
  }
  warm_ = std::move(warm);
  durable_steps_.reset();
}

void QueueTable::list_front(QueueView* queue, LogOffset front) {
  queue->set_listed_front(front);
  fronts_.emplace(std::pair(front, queue->generation()), queue);
}

void QueueTable::unlist_front(QueueView* queue) {
  if (!queue->listed_front().has_value()) return;
  fronts_.erase({*queue->listed_front(), queue->generation()});
  queue->set_listed_front(std::nullopt);
}

std::vector<QueueView*> QueueTable::with_front_below(LogOffset begin, size_t queues_max) const {
  std::vector<QueueView*> queues;
  const auto end = fronts_.lower_bound({begin, 0});
  for (auto front = fronts_.begin(); front != end && queues.size() < queues_max; ++front) {
    queues.push_back(front->second);
  }
  return queues;
}

void QueueTable::move_min(QueueView* queue, const MinMove& move) {
  const bool moves = move.min > queue->min();
  queue->move_min(move);
  if (!moves) return;
  unlist_front(queue);
  if (queue->min() < queue->max()) list_front(queue, move.front);
}

void QueueTable::rebuild(QueueView* queue, std::span<const QueueEntry> entries) {
  queue->rebuild(entries);
  QueueEntry first;
  unlist_front(queue);
  if (queue->read(queue->min(), std::span(&first, 1)) == 1) list_front(queue, first.log_offset);
}

void QueueTable::put_page(QueueView* queue, std::shared_ptr<const QueuePage> page) {
  const int64_t number = page->first.value() / kQueuePageEntries;
  const auto [known, added] =
      loaded_pages_.emplace(LoadedPage(queue->generation(), number), pages_put_);
  if (!added) {
    loaded_pages_by_age_.erase(known->second);
    known->second = pages_put_;
  }
  loaded_pages_by_age_.emplace(pages_put_++, std::pair(queue, number));
  if (loaded_pages_.size() > kLoadedPagesMax) {
    const auto oldest = loaded_pages_by_age_.begin();
    const auto& [owner, oldest_number] = oldest->second;
    owner->drop_page(oldest_number);
    loaded_pages_.erase({owner->generation(), oldest_number});
    loaded_pages_by_age_.erase(oldest);
  }
  queue->put_page(std::move(page));
}

}  // namespace petrel::store
