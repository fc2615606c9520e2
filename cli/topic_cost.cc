// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/topic_cost.h"

#include <algorithm>

#include "cli/output.h"
#include "common/concat.h"
#include "common/units.h"

namespace petrel::cli {

namespace {

namespace admin = petrel::admin::v1;

constexpr int32_t kRead = 4;
constexpr int32_t kWrite = 2;

std::string messages_text(int64_t count) {
  return count == 1 ? std::string("1 message") : concat(count, " messages");
}

int64_t messages_from(const admin::TopicStatus& topic, int32_t first_queue) {
  int64_t messages = 0;
  for (const admin::TopicStatus::Queue& queue : topic.queues()) {
    messages += queue.queue_id() >= first_queue ? queue.max_offset() - queue.min_offset() : 0;
  }
  return messages;
}

// A broker of an older version tells the sum alone, which is the most that can be unread.
int64_t unread_from(const admin::TopicStatus& topic, int32_t first_queue,
                    const admin::GroupStatus::Subscription& subscription) {
  if (subscription.queues().empty()) {
    return std::min(messages_from(topic, first_queue),
                    subscription.lag() + subscription.in_flight());
  }
  int64_t unread = 0;
  for (const admin::GroupStatus::Subscription::Queue& queue : subscription.queues()) {
    unread += queue.queue_id() >= first_queue ? queue.lag() + queue.in_flight() : 0;
  }
  return unread;
}

// ", of which group billing has not acknowledged 120, audit 7"; "" when all groups of the topic
// have acknowledged all, and ", which no group has received" without a group.
std::string unread_text(const admin::TopicStatus& topic, int32_t first_queue,
                        const GroupStatuses& groups) {
  std::string text;
  bool any_group = false;
  for (const admin::GroupStatus& group : groups) {
    for (const admin::GroupStatus::Subscription& subscription : group.subscriptions()) {
      if (subscription.topic() != topic.spec().name()) {
        continue;
      }
      any_group = true;
      const int64_t unread = unread_from(topic, first_queue, subscription);
      if (unread > 0) {
        text += concat(text.empty() ? ", of which group " : ", ", group.spec().name(),
                       text.empty() ? " has not acknowledged " : " ", unread);
      }
    }
  }
  return any_group ? text : ", which no group has received";
}

void add_queue_costs(const std::string& where, const admin::TopicStatus& before,
                     const ops::TopicSettings& after, const GroupStatuses& groups, Costs& costs) {
  const int64_t hidden = messages_from(before, after.read_queues);
  if (after.read_queues >= before.spec().read_queues() || hidden == 0) {
    return;
  }
  const std::string unread = unread_text(before, after.read_queues, groups);
  if (!unread.empty()) {
    costs.losses.push_back(concat(where, ": with ", after.read_queues, " queues instead of ",
                                  before.spec().read_queues(), ", ", messages_text(hidden),
                                  " in the queues behind can no longer be received", unread,
                                  "; --write-queues alone lets consumers empty them first"));
  }
}

void add_retention_cost(const std::string& where, const admin::TopicStatus& before,
                        const ops::TopicSettings& after, int64_t now_ms, Costs& costs) {
  const int64_t was_ms = before.spec().retention_ms();
  const bool shorter = after.retention_ms != 0 && (was_ms == 0 || after.retention_ms < was_ms);
  const int64_t oldest_ms = before.totals().oldest_message_ms();
  if (shorter && oldest_ms != 0 && oldest_ms < now_ms - after.retention_ms) {
    costs.losses.push_back(
        concat(where, ": messages that are older than ", format_duration_ms(after.retention_ms),
               " will be deleted; the oldest is ", format_age(now_ms - oldest_ms), " old"));
  }
}

}  // namespace

Costs cost_of_change(const std::string& broker, const admin::TopicStatus& before,
                     const ops::TopicSettings& after, const GroupStatuses& groups, int64_t now_ms) {
  const std::string where = concat("topic ", before.spec().name(), " on ", broker);
  Costs costs;
  add_queue_costs(where, before, after, groups, costs);
  add_retention_cost(where, before, after, now_ms, costs);
  const int32_t taken = before.spec().permission() & ~after.permission;
  if ((taken & kWrite) != 0) {
    costs.notes.push_back(concat(where, ": sends are refused from now on"));
  }
  if ((taken & kRead) != 0) {
    costs.notes.push_back(concat(where, ": receives are refused from now on; it has ",
                                 messages_text(messages_from(before, 0))));
  }
  return costs;
}

std::string cost_of_deletion(const std::string& broker, const admin::TopicStatus& topic,
                             const GroupStatuses& groups) {
  const int64_t messages = messages_from(topic, 0);
  const std::string unread = unread_text(topic, 0, groups);
  if (messages == 0 || unread.empty()) {
    return "";
  }
  return concat("topic ", topic.spec().name(), " on ", broker, " has ", messages_text(messages),
                unread);
}

}  // namespace petrel::cli
