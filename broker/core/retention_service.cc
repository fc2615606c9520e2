// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/retention_service.h"

#include <algorithm>
#include <vector>

#include "common/concat.h"
#include "common/log.h"

namespace petrel::core {
namespace {

using store::QueueOffset;

constexpr log::Logger kLog("broker");
constexpr size_t kLossesToldMax = 20;  // of one deletion
// Of topics with a retention of their own, in one check: looked at here, and given to the store.
constexpr size_t kQueuesLookedAtMax = 16'384;
constexpr size_t kQueuesExpiredMax = 1'024;

}  // namespace

RetentionService::RetentionService(const Parts& parts, PostResult post_result,
                                   std::function<void()> make_room, RetentionObserver* observer)
    : parts_(parts),
      post_result_(std::move(post_result)),
      make_room_(std::move(make_room)),
      observer_(observer) {}

void RetentionService::check(const std::optional<store::DiskSpace>& disk, int64_t now_ms) {
  parts_.store.begin_retention(
      disk, [this](const store::ConsumeQueue& queue) { return first_unread(queue); },
      expiring_queues(now_ms), [post = post_result_](auto result) { post(std::move(result)); });
}

std::vector<store::ExpiringQueue> RetentionService::expiring_queues(int64_t now_ms) {
  const auto& topics = parts_.state.expiring_topics();
  std::vector<store::ExpiringQueue> expiring;
  size_t looked_at = 0;
  auto topic = topics.upper_bound(last_expiring_topic_);
  for (size_t i = 0; i < topics.size(); ++i, ++topic) {
    if (topic == topics.end()) topic = topics.begin();
    if (looked_at >= kQueuesLookedAtMax || expiring.size() >= kQueuesExpiredMax) break;
    add_expiring(*topic->second, now_ms, expiring);
    looked_at += topic->second->totals->queues.size() + 1;
    last_expiring_topic_ = topic->first;
  }
  return expiring;
}

void RetentionService::add_expiring(const TopicState& topic, int64_t now_ms,
                                    std::vector<store::ExpiringQueue>& into) const {
  const TopicConfig& config = topic.config;
  const int64_t before_ms = now_ms - config.retention_ms;
  // There may have been more queues, which have messages yet.
  const size_t queues =
      std::max(topic.totals->queues.size(),
               static_cast<size_t>(std::max(config.read_queues, config.write_queues)));
  for (size_t id = 0; id < queues; ++id) {
    const auto queue_id = static_cast<int32_t>(id);
    if (topic.totals->of(queue_id).oldest_ms >= before_ms) continue;
    const store::ConsumeQueue* queue = parts_.store.find_queue(config.name, queue_id);
    if (queue != nullptr && queue->min() < queue->max()) into.push_back({queue, before_ms});
  }
}

std::optional<QueueOffset> RetentionService::first_unread(const store::ConsumeQueue& queue) const {
  const TopicState* topic = parts_.state.find_topic(queue.topic());
  if (topic == nullptr) return std::nullopt;
  std::optional<QueueOffset> first;
  for (const auto& [group, subscription] : topic->subscriptions) {
    const GroupQueue* position = subscription->find(queue.queue_id());
    const QueueOffset unread = position == nullptr ? queue.min() : position->commit_offset();
    if (unread < queue.max()) first = std::min(first.value_or(unread), unread);
  }
  return first;
}

void RetentionService::finished(std::shared_ptr<store::MessageStore::RetentionResult> result) {
  const store::MessageStore::Deleted deleted = parts_.store.finish_retention(std::move(result));
  if (!deleted.status.ok()) {
    kLog.error("old log files cannot be deleted; it is tried again",
               {{"error", deleted.status.ToString()}});
    if (observer_ != nullptr) observer_->deletion_failed();
  }
  int64_t log_bytes = 0;
  for (size_t reason = 0; reason < deleted.log_bytes.size(); ++reason) {
    const int64_t bytes = deleted.log_bytes[reason];
    log_bytes += bytes;
    if (bytes > 0 && observer_ != nullptr) {
      observer_->log_deleted(static_cast<store::RetentionReason>(reason), bytes);
    }
  }
  if (deleted.queues.empty() && log_bytes == 0) return;
  const std::vector<store::LogSegment> left = parts_.store.log().segments();
  const int64_t oldest_ms = left.empty() ? 0 : left.front().first_ms;
  Losses losses;
  for (const auto& shortened : deleted.queues) {
    follow(shortened, oldest_ms, losses);
    make_room_();
  }
  if (log_bytes > 0) {
    kLog.info("old messages are deleted", {{"log_begin", deleted.begin.value()},
                                           {"bytes", log_bytes},
                                           {"queues", deleted.queues.size()}});
  }
  tell(losses);
}

void RetentionService::follow(const store::MessageStore::ShortenedQueue& shortened,
                              int64_t oldest_ms, Losses& losses) {
  const store::ConsumeQueue& queue = *shortened.queue;
  parts_.state.totals(queue.topic())
      .forget(queue.queue_id(), shortened.deleted_bytes, std::max(oldest_ms, shortened.oldest_ms));
  if (queue.min() == shortened.old_min) return;
  const TopicState* topic = parts_.state.find_topic(queue.topic());
  if (topic == nullptr) return;
  for (const auto& [group, subscription] : topic->subscriptions) {
    const int64_t unread = move_up(*subscription, shortened);
    if (unread > 0) losses[{queue.topic(), subscription->group}] += unread;
  }
  // Receives that wait because too many messages are open may go on.
  parts_.pop.arrived(queue.topic());
}

int64_t RetentionService::move_up(const Subscription& subscription,
                                  const store::MessageStore::ShortenedQueue& shortened) {
  const QueueOffset min = shortened.queue->min();
  GroupQueue* position = subscription.find(shortened.queue->queue_id());
  if (position == nullptr) return min - shortened.old_min;
  const Journal::Queue name{subscription.group, subscription.topic, shortened.queue->queue_id()};
  std::vector<QueueOffset> open;
  for (const auto& [offset, delivery] : position->in_flight()) {
    if (offset >= min) break;
    open.push_back(offset);
  }
  for (const QueueOffset offset : open) {
    position->acknowledge(offset);
    parts_.journal.acked(name, offset);
  }
  auto unread = static_cast<int64_t>(open.size());
  if (position->next() < min) {
    unread += min - std::max(position->next(), shortened.old_min);
    position->reposition(min);
    parts_.journal.positioned(name, min);
  }
  return unread;
}

void RetentionService::tell(const Losses& losses) {
  size_t told = 0;
  for (const auto& [names, messages] : losses) {
    const auto& [topic, group] = names;
    if (observer_ != nullptr) observer_->unread_deleted(topic, group, messages);
    if (told++ >= kLossesToldMax) continue;
    kLog.warn("messages were deleted that a group had not read",
              {{"topic", topic}, {"group", group}, {"messages", messages}});
  }
  if (told > kLossesToldMax) {
    kLog.warn("messages were deleted that further groups had not read",
              {{"topics_and_groups", told - kLossesToldMax}});
  }
}

}  // namespace petrel::core
