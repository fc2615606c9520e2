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
                           QueueOffset max) {
  auto added = std::make_unique<QueueView>(std::string(topic), queue_id, next_generation_++, min,
                                           max, dirty_);
  QueueView* const queue = added.get();
  topics_[std::string(topic)][queue_id] = std::move(added);
  return queue;
}

QueueView* QueueTable::make_anew(std::string_view topic, int32_t queue_id) {
  const QueueView* const old = find(topic, queue_id);
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
  topics_.erase(queues);
  return true;
}

std::vector<UnwrittenQueue> QueueTable::unwritten() const {
  std::vector<UnwrittenQueue> all;
  all.reserve(dirty_.size());
  for (const QueueView* queue : dirty_) {
    all.push_back({.topic = queue->topic(),
                   .queue_id = queue->queue_id(),
                   .generation = queue->generation(),
                   .entries = queue->unwritten()});
  }
  return all;
}

void QueueTable::set_durable(const std::vector<UnwrittenQueue>& written) {
  std::vector<QueueView*> warm;
  for (const UnwrittenQueue& done : written) {
    QueueView* const queue = find(done.topic, done.queue_id);
    if (queue == nullptr || queue->generation() != done.generation) continue;
    queue->set_durable(done.entries.end, kWarmEntries);
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
