// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "broker/core/options.h"
#include "broker/core/outbox.h"
#include "broker/core/publications.h"
#include "broker/core/request.h"
#include "broker/core/service.h"
#include "broker/core/state.h"
#include "broker/core/turn_time.h"
#include "store/message_store.h"

namespace petrel::core {

// What administration and metrics are told of topics and groups. Core thread only; changes nothing.
//
// All lists together look at CoreOptions::listed_at_once_max queues a turn. A list that is not done
// by then goes on in the next turn, behind the name at which it stopped: it tells each topic or
// group that was there all the time once, as of one of these turns. Its config_version is that of
// the first one, so that whoever asks for changes since then misses none.
class Listings final : public Service {
 public:
  struct Parts {
    const CoreOptions& options;
    const store::MessageStore& store;
    const BrokerState& state;
    const Publications& publications;
    Outbox& outbox;
    const TurnTime& time;
  };
  explicit Listings(const Parts& parts) : parts_(parts) {}

  void list_topics(std::unique_ptr<ListTopicsRequest> request);
  void list_groups(std::unique_ptr<ListGroupsRequest> request);

  // --- Service ---
  void finish_turn() override;
  std::optional<int64_t> next_deadline_us() const override;
  void end_work(const Outcome& outcome) override;

 private:
  // How far a list has come.
  struct Place {
    size_t named = 0;   // of ListRange::names
    std::string after;  // else the last name
    int32_t told = 0;
  };
  struct Walk {
    std::unique_ptr<ListTopicsRequest> topics;  // one of these two
    std::unique_ptr<ListGroupsRequest> groups;
    Place place;
    bool in_group = false;  // the last group is not told to its end
    std::string after_topic;
    size_t interests_told = 0;  // of its interests
  };

  template <typename Map>
  static typename Map::mapped_type next_of(const Map& map, const ListRange& range, Place& place);
  template <typename Map>
  static bool has_more(const Map& map, const ListRange& range, const Place& place);

  static std::unique_ptr<Request> request_of(Walk walk);

  template <typename RequestT>
  void begin(std::unique_ptr<RequestT> request, std::unique_ptr<RequestT> Walk::*list);
  // As far as this turn may; true when the list is complete.
  bool go_on(Walk& walk);
  bool go_on_with_topics(Walk& walk);
  bool go_on_with_groups(Walk& walk);
  static void begin_group(Walk& walk, ListGroupsRequest::Group group);
  bool tell_absent(Walk& walk);
  void tell_subscriptions(Walk& walk);
  void tell_interests(Walk& walk, const GroupState* group);
  static void add(ListGroupsRequest::Subscription subscription, Walk& walk);
  bool may_look() const { return looked_at_ < parts_.options.listed_at_once_max; }
  ListTopicsRequest::Topic describe(const TopicConfig& config, Detail detail);
  // Null: the group has not received from the topic.
  ListGroupsRequest::Subscription describe(const GroupConfig& group, const TopicConfig& topic,
                                           const Subscription* subscription, Detail detail);
  void answer(Walk walk);

  const Parts parts_;
  std::deque<Walk> walks_;  // those that are not done
  int64_t looked_at_ = 0;   // in this turn
};

}  // namespace petrel::core
