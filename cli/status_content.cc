// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/status_content.h"

#include <algorithm>

#include "cli/output.h"
#include "common/concat.h"

namespace petrel::cli {

using nlohmann::ordered_json;

void StatusContent::add(const ops::BrokerContent& broker) {
  for (const auto& [name, topic] : broker.topics) {
    ops::TopicStats& sum = topics_[name];
    sum.messages += topic.stats.messages;
    sum.size_bytes += topic.stats.size_bytes;
  }
  for (const auto& [name, group] : broker.groups) {
    ops::GroupStats& sum = groups_[name];
    sum.lag += group.stats.lag;
    sum.in_flight += group.stats.in_flight;
    // A client is connected to every broker.
    sum.members = std::max(sum.members, group.stats.members);
  }
}

ordered_json StatusContent::topics() const {
  ordered_json list = ordered_json::array();
  for (const auto& [name, sum] : topics_) {
    list.push_back({{"name", name}, {"messages", sum.messages}, {"sizeBytes", sum.size_bytes}});
  }
  return list;
}

ordered_json StatusContent::groups() const {
  ordered_json list = ordered_json::array();
  for (const auto& [name, sum] : groups_) {
    list.push_back(
        {{"name", name}, {"lag", sum.lag}, {"inFlight", sum.in_flight}, {"clients", sum.members}});
  }
  return list;
}

void StatusContent::print(std::ostream& out) const {
  if (!topics_.empty()) {
    Table topics({"TOPIC", "MESSAGES", "SIZE"});
    for (const auto& [name, sum] : topics_) {
      topics.add({name, concat(sum.messages), format_size(sum.size_bytes)});
    }
    topics.print(out);
  }
  if (!groups_.empty()) {
    out << (topics_.empty() ? "" : "\n");
    Table groups({"GROUP", "LAG", "IN FLIGHT", "CLIENTS"});
    for (const auto& [name, sum] : groups_) {
      groups.add({name, concat(sum.lag), concat(sum.in_flight), concat(sum.members)});
    }
    groups.print(out);
  }
}

}  // namespace petrel::cli
