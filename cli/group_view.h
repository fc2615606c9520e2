// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/brokers.h"
#include "cli/settings_change.h"
#include "petrel/admin/v1/admin.pb.h"

namespace petrel::cli {

// What the brokers say of one consumer group.
struct GroupView {
  struct OnBroker {
    const Broker* broker = nullptr;
    petrel::admin::v1::GroupStatus status;
  };
  struct Totals {
    int64_t lag = 0;
    int64_t in_flight = 0;
    bool lag_at_most = false;  // where the group begins in a queue takes a search
  };
  std::vector<OnBroker> on;  // at least one, in the order of the cluster
  // Brokers that do not have the group, but topics that it receives from elsewhere. It begins with
  // their messages when it gets there, so they count. Nothing but subscriptions and totals.
  std::vector<OnBroker> unseen;
  bool partial = false;                 // brokers that do not answer may have more of it
  std::vector<std::string> missing_on;  // names of brokers that answer and do not have it

  // Of the first broker that has it.
  ops::GroupSettings settings() const { return ops::from_message(on.front().status.spec()); }
  bool differs() const;
  std::map<std::string, Totals> by_topic() const;
  Totals totals() const;
  // A client is connected to every broker, so this is the most that one has.
  int64_t clients() const;
  // What the group has and lacks on a broker; null when it has nothing to do there.
  const petrel::admin::v1::GroupStatus* on_broker(const Broker& broker) const;
};

// "12", "at most 12".
std::string lag_text(int64_t lag, bool at_most);
// The same of a group; "-" when it has not received from any topic.
std::string lag_text(const GroupView& view);

using GroupViews = std::map<std::string, GroupView>;

// What a broker says of these groups when it is asked for topics that they receive from elsewhere
// takes the place of what it said before.
void take_interests(const Broker& broker, petrel::admin::v1::ListGroupsResponse listed,
                    GroupViews& views);

// Of all groups when no names are given. What a group would begin with in topics that it receives
// from elsewhere counts as its lag. Brokers that do not answer are left out.
absl::StatusOr<GroupViews> view_groups(Brokers& brokers, const std::vector<std::string>& names);

KnownSettings<ops::GroupSettings> settings_of(const GroupViews& views);

nlohmann::ordered_json to_json(const std::string& name, const GroupView& view);

}  // namespace petrel::cli
