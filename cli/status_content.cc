// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/status_content.h"

#include "cli/output.h"
#include "common/concat.h"

namespace petrel::cli {

using nlohmann::ordered_json;

void StatusContent::add_topics(const ops::BrokerContent& broker) {
  for (const auto& [name, topic] : broker.topics) {
    ops::TopicStats& sum = topics_[name];
    sum.messages += topic.stats.messages;
    sum.size_bytes += topic.stats.size_bytes;
  }
}

void StatusContent::set_groups(const GroupViews& groups) {
  for (const auto& [name, view] : groups) {
    groups_[name] = {.totals = view.totals(), .lag = lag_text(view), .clients = view.clients()};
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
  for (const auto& [name, group] : groups_) {
    list.push_back({{"name", name},
                    {"lag", group.totals.lag},
                    {"lagAtMost", group.totals.lag_at_most},
                    {"inFlight", group.totals.in_flight},
                    {"clients", group.clients}});
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
    for (const auto& [name, group] : groups_) {
      groups.add({name, group.lag, concat(group.totals.in_flight), concat(group.clients)});
    }
    groups.print(out);
  }
}

}  // namespace petrel::cli
