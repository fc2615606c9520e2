// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/retention_service.h"

#include <algorithm>
#include <vector>

#include "broker/core/events.h"
#include "broker/core/queue_begins.h"
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

// Where a group begins a queue that it has not begun: what lies before is not unread. The first
// message where only a search could tell, so that what is unread is that at most.
QueueOffset begin_of(const BrokerState& state, const Subscription& subscription,
                     const store::ConsumeQueue& queue) {
  const GroupConfig& group = state.find_group(subscription.group_id())->config;
  return QueueBegins::known(group, queue).value_or(queue.min());
}

}  // namespace

// --- what is due -------------------------------------------------------------------------------

void RetentionService::check(const std::optional<store::DiskSpace>& disk) {
  const TurnTime& time = parts_.time;
  parts_.store.begin_retention(
      {.disk = disk, .now_ms = time.agrees ? std::optional(time.log_ms) : std::nullopt},
      [this](const store::ConsumeQueue& queue) { return first_unread(queue); }, expiring_queues(),
      [&self = parts_.self](auto result) {
        self.post_internal(std::make_unique<RetentionDue>(std::move(result)));
      });
  if (parts_.store.deletion_waits_for_record()) {
    parts_.changes.log_begins(parts_.store.begin());  // says nothing new
  }
  const int64_t failed = parts_.store.failed_deletions();
  for (; failed_deletions_ < failed; ++failed_deletions_) {
    if (parts_.observer != nullptr) {
      parts_.observer->deletion_failed();
    }
  }
}

std::vector<store::ExpiringQueue> RetentionService::expiring_queues() {
  if (!parts_.time.agrees) {
    return {};
  }
  const auto& topics = parts_.state.expiring_topics();
  std::vector<store::ExpiringQueue> expiring;
  size_t looked_at = 0;
  auto topic = topics.upper_bound(last_expiring_topic_);
  for (size_t i = 0; i < topics.size(); ++i, ++topic) {
    if (topic == topics.end()) {
      topic = topics.begin();
    }
    if (looked_at >= kQueuesLookedAtMax || expiring.size() >= kQueuesExpiredMax) {
      break;
    }
    add_expiring(*topic->second, expiring);
    looked_at += static_cast<size_t>(parts_.store.queue_id_end(topic->first)) + 1;
    last_expiring_topic_ = topic->first;
  }
  return expiring;
}

// There may have been more queues, which have messages yet.
void RetentionService::add_expiring(const TopicState& topic,
                                    std::vector<store::ExpiringQueue>& into) const {
  const int64_t before_ms = parts_.time.log_ms - topic.config.retention_ms;
  const int32_t queues = parts_.store.queue_id_end(topic.config.name);
  for (int32_t id = 0; id < queues; ++id) {
    const store::ConsumeQueue* queue = parts_.store.find_queue(topic.config.name, id);
    if (queue != nullptr && queue->min() < queue->max() && queue->totals().oldest_ms < before_ms) {
      into.push_back({queue, before_ms});
    }
  }
}

std::optional<QueueOffset> RetentionService::first_unread(const store::ConsumeQueue& queue) const {
  const TopicState* topic = parts_.state.find_topic(queue.topic());
  if (topic == nullptr) {
    return std::nullopt;
  }
  std::optional<QueueOffset> first;
  for (const auto& [group, subscription] : topic->subscriptions) {
    const GroupQueue* position = subscription->find(queue.queue_id());
    const QueueOffset unread = position == nullptr ? begin_of(parts_.state, *subscription, queue)
                                                   : position->commit_offset();
    if (unread < queue.max()) {
      first = std::min(first.value_or(unread), unread);
    }
  }
  return first;
}

// --- decided -----------------------------------------------------------------------------------

// The begin of the log comes last: a queue must not lead to records that are gone.
void RetentionService::found(std::shared_ptr<store::MessageStore::RetentionResult> result) {
  const store::MessageStore::RetentionFound found =
      parts_.store.finish_retention(std::move(result));
  Losses losses;
  for (const auto& shortened : found.queues) {
    shorten(shortened, losses);
    parts_.writer.append_if_full();
  }
  if (found.begin > parts_.store.begin()) {
    parts_.changes.log_begins(found.begin);
    tell_deleted(found);
  }
  tell(losses);
}

void RetentionService::shorten(const store::MessageStore::ShortenedQueue& shortened,
                               Losses& losses) {
  const store::ConsumeQueue* queue = parts_.store.find_queue(shortened.topic, shortened.queue_id);
  if (queue == nullptr || queue->next() < shortened.move.min) {
    return;  // its topic was deleted meanwhile, or made again
  }
  const QueueOffset min = shortened.move.min;
  const TopicState* topic = parts_.state.find_topic(shortened.topic);
  if (topic != nullptr && min > shortened.old_min) {
    for (const auto& [group, subscription] : topic->subscriptions) {
      const GroupQueue* position = subscription->find(shortened.queue_id);
      // At a start the queue has moved already, and tells no more where the group had begun.
      const bool tells = queue->min() == shortened.old_min;
      const QueueOffset begin =
          tells ? begin_of(parts_.state, *subscription, *queue) : shortened.old_min;
      const QueueOffset next = position == nullptr ? begin : position->next();
      const QueueOffset unread_from = std::max(next, shortened.old_min);
      const int64_t open =
          position == nullptr ? 0 : static_cast<int64_t>(position->count_in_flight_below(min));
      const int64_t unread = open + std::max<int64_t>(min - unread_from, 0);
      if (unread > 0) {
        losses[{shortened.topic, group}] += unread;
      }
    }
  }
  parts_.changes.queue_shortened(shortened.topic, shortened.queue_id, shortened.move);
  // Receives that wait because too many messages are open may go on.
  parts_.pop.arrived(shortened.topic);
}

// --- at the start of leading -------------------------------------------------------------------

void RetentionService::lead() {
  Losses losses;
  for (const auto& shortened : parts_.store.moved_at_open()) {
    shorten(shortened, losses);
    parts_.writer.append_if_full();
  }
  if (parts_.store.begin() < parts_.store.log().begin()) {
    parts_.changes.log_begins(parts_.store.log().begin());
  }
  tell(losses);
  if (parts_.store.log().damage().count() > 0) {
    keep_seen_offsets();
  }
}

// Damage may have taken the last messages of a queue. Groups know that they were there, and would
// never look at other messages in their places.
void RetentionService::keep_seen_offsets() {
  for (const auto& [name, group] : parts_.state.groups()) {
    for (const auto& [topic, subscription] : group->subscriptions) {
      for (int32_t id = 0; id < subscription->queue_id_end(); ++id) {
        const GroupQueue* const seen = subscription->find(id);
        if (seen == nullptr || seen->next() == QueueOffset(0)) {
          continue;
        }
        const store::ConsumeQueue* const queue = parts_.store.find_queue(topic, id);
        if (queue == nullptr || queue->next() < seen->next()) {
          parts_.changes.queue_skipped(topic, id, seen->next());
          parts_.writer.append_if_full();
        }
      }
    }
  }
}

// --- told --------------------------------------------------------------------------------------

void RetentionService::tell_deleted(const store::MessageStore::RetentionFound& found) const {
  int64_t log_bytes = 0;
  for (size_t reason = 0; reason < found.log_bytes.size(); ++reason) {
    const int64_t bytes = found.log_bytes[reason];
    log_bytes += bytes;
    if (bytes > 0 && parts_.observer != nullptr) {
      parts_.observer->log_deleted(static_cast<store::RetentionReason>(reason), bytes);
    }
  }
  kLog.info(
      "old messages are deleted",
      {{"log_begin", found.begin.value()}, {"bytes", log_bytes}, {"queues", found.queues.size()}});
}

void RetentionService::tell(const Losses& losses) const {
  size_t told = 0;
  for (const auto& [names, messages] : losses) {
    const auto& [topic, group] = names;
    if (parts_.observer != nullptr) {
      parts_.observer->unread_deleted(topic, group, messages);
    }
    if (told++ >= kLossesToldMax) {
      continue;
    }
    kLog.warn("messages were deleted that a group had not read",
              {{"topic", topic}, {"group", group}, {"messages", messages}});
  }
  if (told > kLossesToldMax) {
    kLog.warn("messages were deleted that further groups had not read",
              {{"topics_and_groups", told - kLossesToldMax}});
  }
}

}  // namespace petrel::core
