// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue_table.h"

#include <algorithm>

namespace petrel::store {
namespace {

// Loaded pages of all queues together; about 24 KiB each.
constexpr size_t kLoadedPagesMax = 1024;
// Newest entries of a queue that stay in memory after they are on disk, for consumers that keep up.
constexpr int64_t kWarmEntries = 256;

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

QueueView* QueueTable::make_anew(std::string_view topic, int32_t queue_id) {
  QueueView* const old = find(topic, queue_id);
  unlist_front(old);
  forget([&](const QueueView* queue) { return queue == old; });
  return add(topic, queue_id, QueueOffset(0), QueueOffset(0));
}

void QueueTable::forget(absl::FunctionRef<bool(const QueueView*)> gone) {
  std::erase_if(dirty_, gone);
  std::erase_if(warm_, gone);
  std::erase_if(loaded_pages_, [&](const auto& loaded) { return gone(loaded.first); });
}

bool QueueTable::delete_topic(std::string_view topic) {
  const auto queues = topics_.find(topic);
  if (queues == topics_.end()) return false;
  forget([&](const QueueView* queue) { return queue->topic() == topic; });
  for (const auto& [queue_id, queue] : queues->second) unlist_front(queue.get());
  topics_.erase(queues);
  return true;
}

std::vector<UnwrittenQueue> QueueTable::unwritten() {
  std::vector<UnwrittenQueue> all;
  all.reserve(dirty_.size());
  for (QueueView* queue : dirty_) {
    const UnwrittenQueue& added = all.emplace_back(UnwrittenQueue{.topic = queue->topic(),
                                                                  .queue_id = queue->queue_id(),
                                                                  .generation = queue->generation(),
                                                                  .entries = queue->unwritten()});
    if (queue->listed_front().has_value() || added.entries.pieces.empty()) continue;
    const auto& [piece, index] = added.entries.pieces.front();
    list_front(queue, (*piece)[index].log_offset);
  }
  return all;
}

void QueueTable::set_durable(const std::vector<UnwrittenQueue>& written) {
  std::vector<QueueView*> warm;
  for (const UnwrittenQueue& done : written) {
    QueueView* const queue = find(done.topic, done.queue_id);
    if (queue == nullptr || queue->generation() != done.generation) continue;
    queue->set_durable(done.entries, kWarmEntries);
    warm.push_back(queue);
  }
  // What was warm and got nothing new leaves memory altogether.
  std::sort(warm.begin(), warm.end());
  for (QueueView* queue : warm_) {
    if (!std::binary_search(warm.begin(), warm.end(), queue)) queue->trim(/*keep=*/0);
  }
  warm_ = std::move(warm);
  std::erase_if(dirty_, [](QueueView* queue) {
    if (queue->has_unwritten()) return false;
    queue->clear_dirty();
    return true;
  });
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

void QueueTable::move_min(QueueView* queue, QueueOffset min, std::optional<LogOffset> front) {
  queue->move_min(min);
  unlist_front(queue);
  // Entries that came meanwhile are listed with the next snapshot, unless they are on disk already.
  if (!front.has_value() && queue->min() < queue->durable()) front = LogOffset(0);
  if (front.has_value()) list_front(queue, *front);
}

void QueueTable::put_page(QueueView* queue, std::shared_ptr<const QueuePage> page) {
  const std::pair loaded(queue, page->first.value() / kQueuePageEntries);
  std::erase(loaded_pages_, loaded);
  loaded_pages_.push_back(loaded);
  if (loaded_pages_.size() > kLoadedPagesMax) {
    const auto [oldest, number] = loaded_pages_.front();
    oldest->drop_page(number);
    loaded_pages_.pop_front();
  }
  queue->put_page(std::move(page));
}

}  // namespace petrel::store
