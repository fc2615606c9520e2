// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue/queue_table.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace petrel::store {
namespace {

// Loaded pages of all queues together; about 24 KiB each.
constexpr size_t kLoadedPagesMax = 1024;

}  // namespace

QueueView* QueueTable::find(std::string_view topic, int32_t queue_id) const {
  const auto queues = topics_.find(topic);
  if (queues == topics_.end()) return nullptr;
  const auto found = queues->second.find(queue_id);
  return found == queues->second.end() ? nullptr : found->second.get();
}

QueueView* QueueTable::queue(std::string_view topic, int32_t queue_id) {
  if (QueueView* const found = find(topic, queue_id)) return found;
  return add(topic, queue_id, QueueOffset(0), QueueOffset(0));
}

QueueView* QueueTable::add(std::string_view topic, int32_t queue_id, QueueOffset min,
                           QueueOffset max, LogOffset front) {
  auto added = std::make_unique<QueueView>(std::string(topic), queue_id, next_generation_++, min,
                                           max, dirty_);
  QueueView* const queue = added.get();
  topics_[std::string(topic)][queue_id] = std::move(added);
  if (min < max) list_front(queue, front);
  return queue;
}

void QueueTable::forget(QueueView* queue) {
  const uint64_t generation = queue->generation();
  unlist_front(queue);
  dirty_.erase(generation);
  warm_.erase(generation);
  const auto begin = loaded_pages_.lower_bound({generation, 0});
  const auto end = loaded_pages_.lower_bound({generation + 1, 0});
  for (auto page = begin; page != end; ++page) loaded_pages_by_age_.erase(page->second);
  loaded_pages_.erase(begin, end);
}

std::optional<uint64_t> QueueTable::hide_topic(std::string_view topic) {
  const auto queues = topics_.find(topic);
  if (queues == topics_.end()) return std::nullopt;
  hidden_.emplace(next_hidden_, Hidden{.topic = queues->first,
                                       .whole_topic = true,
                                       .queues = std::move(queues->second)});
  topics_.erase(queues);
  return next_hidden_++;
}

uint64_t QueueTable::hide_queue(std::string_view topic, int32_t queue_id) {
  Queues& queues = topics_.find(topic)->second;
  const auto queue = queues.find(queue_id);
  PETREL_CHECK(queue != queues.end());
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

std::vector<UnwrittenQueue> QueueTable::unwritten() {
  std::vector<UnwrittenQueue> all;
  all.reserve(dirty_.size());
  for (const auto& [generation, queue] : dirty_) {
    all.push_back({.topic = queue->topic(),
                   .queue_id = queue->queue_id(),
                   .generation = generation,
                   .entries = queue->unwritten()});
  }
  return all;
}

void QueueTable::set_durable(const std::vector<UnwrittenQueue>& written) {
  std::vector<QueueView*> queues;
  QueueViews warm;
  for (const UnwrittenQueue& done : written) {
    QueueView* const queue = find(done.topic, done.queue_id);
    if (queue == nullptr || queue->generation() != done.generation) continue;
    queue->set_durable(done.entries, kWarmEntries);
    queues.push_back(queue);
    warm.emplace(done.generation, queue);
    if (queue->has_unwritten()) continue;
    queue->clear_dirty();
    dirty_.erase(done.generation);
  }
  if (const int64_t share = warm_share(queues); share < kWarmEntries) {
    for (QueueView* queue : queues) queue->trim(share);
  }
  // What was warm and got nothing new leaves memory altogether.
  for (const auto& [generation, queue] : warm_) {
    if (!warm.contains(generation)) queue->trim(/*keep=*/0);
  }
  warm_ = std::move(warm);
}

int64_t QueueTable::warm_share(const std::vector<QueueView*>& queues) {
  int64_t entries = 0;
  for (const QueueView* queue : queues) {
    entries += std::min(kWarmEntries, queue->entries_in_memory());
  }
  if (entries <= kWarmEntriesOfAll) return kWarmEntries;
  return kWarmEntriesOfAll / static_cast<int64_t>(queues.size());
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

std::vector<QueueView*> QueueTable::with_front_below(LogOffset begin) const {
  std::vector<QueueView*> queues;
  const auto end = fronts_.lower_bound({begin, 0});
  for (auto front = fronts_.begin(); front != end; ++front) queues.push_back(front->second);
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
