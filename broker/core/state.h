// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "broker/core/group_queue.h"
#include "broker/core/types.h"
#include "common/string_map.h"

namespace petrel::state::v1 {
class Event;
class Topic;
class Group;
}  // namespace petrel::state::v1

namespace petrel::core {

// One group's consumption of one topic: a position in each queue that it has begun to consume.
struct Subscription {
  std::string group;
  std::string topic;
  std::vector<std::unique_ptr<GroupQueue>> queues;  // by queue id; null: not begun

  GroupQueue* find(int32_t queue_id) const {
    const auto i = static_cast<size_t>(queue_id);
    return i < queues.size() ? queues[i].get() : nullptr;
  }
  // Begins at offset 0 where absent.
  GroupQueue& at(int32_t queue_id);
};

// What the records of one queue come to. Counted as they are appended; zeros without a record.
struct QueueTotals {
  int64_t bytes = 0;
  int64_t oldest_ms = 0;  // store time of the first and the last one
  int64_t newest_ms = 0;
};

struct TopicTotals {
  std::vector<QueueTotals> queues;  // by queue id; absent ones have no record

  void count(int32_t queue_id, size_t record_bytes, int64_t store_ms);
  // Records of so many bytes were deleted; what is left was stored at or after oldest_ms.
  void forget(int32_t queue_id, int64_t record_bytes, int64_t oldest_ms);
  QueueTotals of(int32_t queue_id) const {
    const auto i = static_cast<size_t>(queue_id);
    return i < queues.size() ? queues[i] : QueueTotals{};
  }
};

struct TopicState {
  TopicConfig config;
  TopicTotals* totals = nullptr;
  OrderedStringMap<Subscription*> subscriptions;  // by group; owned by the groups
};

struct GroupState {
  GroupConfig config;
  OrderedStringMap<std::unique_ptr<Subscription>> subscriptions;  // by topic
};

// The part of the broker's state that survives: topics, groups, and what each group has consumed. A
// view of the log: the same events in the same order give the same state. Core thread only.
//
// The leader changes it directly and journals each change as an event; a restart or a replica
// applies the events.
class BrokerState {
 public:
  TopicState* find_topic(std::string_view name) const;
  GroupState* find_group(std::string_view name) const;
  Subscription* find_subscription(std::string_view group, std::string_view topic) const;
  // Also of topics that are not configured here: the system's, and those of a store that another
  // program wrote. Valid until the topic is deleted.
  TopicTotals& totals(std::string_view topic);
  const StringMap<std::unique_ptr<TopicState>>& topics() const { return topics_; }
  const StringMap<std::unique_ptr<GroupState>>& groups() const { return groups_; }
  // Those that have a retention of their own, by name.
  const OrderedStringMap<const TopicState*>& expiring_topics() const { return expiring_topics_; }
  int64_t config_version() const { return config_version_; }
  // Fingerprint of what was taken over from another broker; empty if nothing was.
  const std::string& adopted() const { return adopted_; }

  // --- changes; config.version of a topic or group is the new config_version ---
  TopicState& set_topic(TopicConfig config);
  void delete_topic(std::string_view name, int64_t version);
  GroupState& set_group(GroupConfig config);
  void delete_group(std::string_view name, int64_t version);
  Subscription& subscription(GroupState& group, TopicState& topic);
  void set_adopted(std::string fingerprint) { adopted_ = std::move(fingerprint); }

  // Replays one event. Events that name a topic or group which a later event deleted cannot occur
  // (the log is in order); one that does is DataLoss.
  absl::Status apply(const state::v1::Event& event);

  // Everything, as a petrel.state.v1.Snapshot; equal states give equal bytes.
  std::string snapshot() const;
  // Into an empty state. DataLoss if the bytes are not a snapshot.
  absl::Status restore(std::string_view snapshot);

 private:
  std::vector<std::string_view> sorted_totals(const std::vector<std::string_view>& topics) const;
  absl::Status apply_consumption(const state::v1::Event& event);

  StringMap<std::unique_ptr<TopicState>> topics_;
  StringMap<std::unique_ptr<GroupState>> groups_;
  OrderedStringMap<const TopicState*> expiring_topics_;
  StringMap<std::unique_ptr<TopicTotals>> totals_;
  int64_t config_version_ = 0;
  std::string adopted_;
};

}  // namespace petrel::core
