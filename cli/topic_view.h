// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/brokers.h"
#include "cli/settings_change.h"
#include "petrel/admin/v1/admin.pb.h"

namespace petrel::cli {

// What the brokers say of one topic.
struct TopicView {
  struct OnBroker {
    const Broker* broker = nullptr;
    petrel::admin::v1::TopicStatus status;
  };
  std::vector<OnBroker> on;             // at least one, in the order of the cluster
  bool partial = false;                 // brokers that do not answer may have more of it
  std::vector<std::string> missing_on;  // names of brokers that answer and do not have it

  // Of the first broker that has it.
  const petrel::admin::v1::TopicSpec& spec() const { return on.front().status.spec(); }
  // Brokers have other settings than the first one.
  bool differs() const;
  // Queues that can be written, and queues that can be read, of all brokers.
  int64_t write_queues() const;
  int64_t read_queues() const;
  petrel::admin::v1::TopicStatus::Totals totals() const;
};

using TopicViews = std::map<std::string, TopicView>;

// Of all topics when no names are given. Brokers that do not answer are left out.
absl::StatusOr<TopicViews> view_topics(Brokers& brokers, bool include_system,
                                       const std::vector<std::string>& names);

// Whether a broker has the topic, or one that does not answer may have it.
absl::StatusOr<bool> may_exist(Brokers& brokers, const std::string& topic);

KnownSettings<ops::TopicSettings> settings_of(const TopicViews& views);

nlohmann::ordered_json to_json(const std::string& name, const TopicView& view);

}  // namespace petrel::cli
