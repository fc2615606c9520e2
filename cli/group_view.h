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
  };
  std::vector<OnBroker> on;  // at least one, in the order of the cluster

  // Of the first broker that has it.
  ops::GroupSettings settings() const { return ops::from_message(on.front().status.spec()); }
  bool differs() const;
  std::map<std::string, Totals> by_topic() const;
  Totals totals() const;
  // A client is connected to every broker, so this is the most that one has.
  int64_t clients() const;
};

using GroupViews = std::map<std::string, GroupView>;

// Of all groups when no names are given. Brokers that do not answer are left out.
absl::StatusOr<GroupViews> view_groups(Brokers& brokers, const std::vector<std::string>& names);

KnownSettings<ops::GroupSettings> settings_of(const GroupViews& views);

nlohmann::ordered_json to_json(const std::string& name, const GroupView& view);

}  // namespace petrel::cli
