// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "cli/group_view.h"
#include "operator/plan/plan.h"

namespace petrel::cli {

// What a cluster has in topics and owes to groups: sums over its brokers. A value.
class StatusContent {
 public:
  void add_topics(const ops::BrokerContent& broker);
  void set_groups(const GroupViews& groups);

  nlohmann::ordered_json topics() const;
  nlohmann::ordered_json groups() const;
  // Two tables; nothing when there are neither topics nor groups.
  void print(std::ostream& out) const;

 private:
  std::map<std::string, ops::TopicStats> topics_;
  struct Group {
    GroupView::Totals totals;
    std::string lag;
    int64_t clients = 0;
  };
  std::map<std::string, Group> groups_;
};

}  // namespace petrel::cli
