// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/core/client_table.h"
#include "broker/core/group_queue.h"
#include "broker/core/types.h"
#include "common/string_map.h"

namespace petrel::state::v1 {
class Acknowledged;
class Delivery;
class Event;
class Extension;
class Group;
class LogBegin;
class Position;
class QueueShortened;
class QueueSkipped;
class Topic;
}  // namespace petrel::state::v1

namespace petrel::core {

class StateCapture;
class StateListener;
class StateRestore;

// One group's consumption of one topic: a position in each queue that it has begun to consume. Made
// by the first event that positions the group in a queue of the topic, and there until the topic or
// the group is deleted.
class Subscription {
 public:
  Subscription(GroupId group_id, std::string group, TopicId topic_id, std::string topic);

  GroupId group_id() const { return group_id_; }
  TopicId topic_id() const { return topic_id_; }
  const std::string& group() const { return group_; }
  const std::string& topic() const { return topic_; }
  // Above the highest queue id that was begun.
  int32_t queue_id_end() const { return static_cast<int32_t>(queues_.size()); }
  // Null: not begun.
  const GroupQueue* find(int32_t queue_id) const {
    const auto i = static_cast<size_t>(queue_id);
    return i < queues_.size() ? queues_[i].get() : nullptr;
  }

 private:
  friend class BrokerState;
  friend class StateCapture;
  friend class StateRestore;

  const GroupId group_id_;
  const TopicId topic_id_;
  const std::string group_;
  const std::string topic_;
  std::vector<std::unique_ptr<GroupQueue>> queues_;  // by queue id
};

struct TopicState {
  TopicConfig config;
  OrderedStringMap<const Subscription*> subscriptions;  // by group
  mutable uint32_t capture = 0;                         // the last capture that has saved it
  TopicId id() const { return TopicId(config.incarnation); }
};

struct GroupState {
  GroupConfig config;
  OrderedStringMap<const Subscription*> subscriptions;  // by topic
  mutable uint32_t capture = 0;
  GroupId id() const { return GroupId(config.incarnation); }
};

// The part of the broker's state that survives: topics, groups, and what each group has consumed. A
// view of the log: the same events in the same order give the same state. Core thread only.
//
// A decision is an event, and apply() is the only function that changes the state: live when the
// core has decided, at a restart and on a replica for each event of a state record. All that is
// handed out is const.
//
// A capture writes the state down as it was at one instant, in slices between which events are
// applied: whatever is about to change and is not written yet is written first. What it makes are
// pieces (state_pieces.h), which restore() reads.
class BrokerState {
 public:
  // The listener may be null; it outlives the state.
  explicit BrokerState(StateListener* listener = nullptr);
  ~BrokerState();
  BrokerState(const BrokerState&) = delete;
  BrokerState& operator=(const BrokerState&) = delete;

  // --- reading; null: there is none. A pointer is valid until an event removes what it points at
  // ---
  const TopicState* find_topic(std::string_view name) const;
  const TopicState* find_topic(TopicId id) const;
  const GroupState* find_group(std::string_view name) const;
  const GroupState* find_group(GroupId id) const;
  const Subscription* find_subscription(std::string_view group, std::string_view topic) const;
  const Subscription* find_subscription(GroupId group, TopicId topic) const;
  // By name.
  const OrderedStringMap<const TopicState*>& topics() const { return topics_by_name_; }
  const OrderedStringMap<const GroupState*>& groups() const { return groups_by_name_; }
  // Topics that have a retention of their own, by name.
  const OrderedStringMap<const TopicState*>& expiring_topics() const { return expiring_topics_; }
  // Version of the last change of a topic or group. The next one is higher; an event that makes a
  // topic or a group gives it the event's version as id (incarnation).
  int64_t config_version() const { return config_version_; }
  // Fingerprint of what was taken over from another broker; empty if nothing was.
  const std::string& adopted() const { return adopted_; }

  std::optional<ClientId> find_client(std::string_view name) const { return clients_.find(name); }
  // Empty if there is none.
  std::string_view client_name(ClientId id) const;
  // For the ClientSet that makes the next one.
  ClientId next_client_id() const { return ClientId(clients_.last_id().value() + 1); }
  // How many there are, which have no open delivery: so that the leader can remove some.
  const ClientTable& clients() const { return clients_; }

  // --- the one change ---
  // DataLoss names what does not fit; the state is unchanged then.
  absl::Status apply(const state::v1::Event& event);

  // --- captures ---
  // The state as of now. None runs.
  void begin_capture();
  bool capturing() const;
  // A slice of about so many bytes: well under a millisecond for 64 KiB. True when all is captured.
  bool capture_some(size_t bytes_max);
  // After capture_some() has returned true: the pieces, each of at most about 256 KiB. The capture
  // ends.
  std::vector<std::string> take_captured();
  // Nothing if none runs.
  void abandon_capture();
  // The whole state at once. Equal states give equal bytes, however they came about.
  std::vector<std::string> capture_all() const;

  // Into an empty state; the pieces in any order. Or one piece of the first format. No piece: the
  // state stays empty. DataLoss names what does not fit; the state is of no use then. The listener
  // hears nothing.
  absl::Status restore(std::span<const std::string> pieces);

  // Fails a check if counts and cross references do not agree. Looks at everything: for tests, and
  // after a restore.
  void check_invariants() const;

 private:
  friend class StateCapture;
  friend class StateRestore;
  class Changes;
  struct Place;
  using SubscriptionKey = std::pair<GroupId, TopicId>;

  absl::Status apply_topic_set(const state::v1::Topic& topic);
  absl::Status apply_group_set(const state::v1::Group& group);
  absl::Status apply_topic_removed(TopicId id, int64_t version);
  absl::Status apply_group_removed(GroupId id, int64_t version);
  absl::Status apply_client_set(ClientId id, std::string_view name);
  absl::Status apply_client_removed(ClientId id);
  absl::Status apply_delivery(const state::v1::Delivery& delivery);
  absl::Status apply_acknowledged(const state::v1::Acknowledged& acknowledged);
  absl::Status apply_extension(const state::v1::Extension& extension);
  absl::Status apply_position(const state::v1::Position& position);
  absl::Status apply_queue_shortened(const state::v1::QueueShortened& shortened);
  absl::Status apply_queue_skipped(const state::v1::QueueSkipped& skipped);
  absl::Status apply_log_begin(const state::v1::LogBegin& begin);
  absl::Status apply_first_format(const state::v1::Event& event);

  absl::Status check_version(int64_t version) const;
  // All of a delivery but whether its client is there.
  absl::Status check_delivery(const state::v1::Delivery& delivery) const;
  absl::Status check_delivery(const state::v1::Delivery& delivery, const Place& place) const;
  // Where an event belongs that names group, topic and queue.
  template <typename PlacedEvent>
  absl::StatusOr<Place> find_place(const PlacedEvent& event) const;
  // The queue of the place, begun if it is not.
  GroupQueue& begin_queue(Place& place);
  Subscription& make_subscription(const GroupState& group, const TopicState& topic);
  void remove_subscription(const Subscription& subscription);
  TopicState& put_topic(TopicConfig config);
  GroupState& put_group(GroupConfig config);
  uint32_t running_capture() const;

  StateListener* const listener_;
  absl::btree_map<TopicId, std::unique_ptr<TopicState>> topics_;
  absl::btree_map<GroupId, std::unique_ptr<GroupState>> groups_;
  OrderedStringMap<const TopicState*> topics_by_name_;
  OrderedStringMap<const GroupState*> groups_by_name_;
  StringMap<TopicState*> topic_names_;  // the same, faster to search
  StringMap<GroupState*> group_names_;
  OrderedStringMap<const TopicState*> expiring_topics_;
  absl::btree_map<SubscriptionKey, std::unique_ptr<Subscription>> subscriptions_;
  absl::flat_hash_map<SubscriptionKey, Subscription*> subscription_ids_;  // likewise
  ClientTable clients_;
  int64_t config_version_ = 0;
  std::string adopted_;
  std::unique_ptr<StateCapture> capture_;  // null: none runs
  uint32_t captures_begun_ = 0;
};

}  // namespace petrel::core
