// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/publications.h"

#include <utility>
#include <vector>

#include "common/check.h"

namespace petrel::core {

void Publications::add(store::LogOffset at, int64_t version,
                       std::function<void(Registry&)> publish) {
  if (!begun_) {
    return;
  }
  if (!pending_.empty()) {
    PETREL_CHECK_LE(pending_.back().at.value(), at.value());
    PETREL_CHECK_LT(pending_.back().version, version);
  }
  pending_.push_back({at, version, std::move(publish)});
}

void Publications::topic_set(store::LogOffset at, const TopicConfig& topic) {
  add(at, topic.version, [topic](Registry& registry) { registry.set_topic(topic); });
}

void Publications::topic_removed(store::LogOffset at, const TopicConfig& topic, int64_t version) {
  add(at, version,
      [name = topic.name, version](Registry& registry) { registry.remove_topic(name, version); });
}

void Publications::group_set(store::LogOffset at, const GroupConfig& group) {
  add(at, group.version, [group](Registry& registry) { registry.set_group(group); });
}

void Publications::group_removed(store::LogOffset at, const GroupConfig& group, int64_t version) {
  add(at, version,
      [name = group.name, version](Registry& registry) { registry.remove_group(name, version); });
}

void Publications::committed(store::CommittedOffset committed) {
  int64_t version = 0;
  while (!pending_.empty() && pending_.front().at.value() < committed.value()) {
    pending_.front().publish(registry_);
    version = pending_.front().version;
    pending_.pop_front();
  }
  if (version > 0) {
    registry_.publish_version(version);
  }
}

void Publications::begin(const BrokerState& state) {
  PETREL_CHECK(!begun_);
  PETREL_CHECK(pending_.empty()) << "what is told as a whole would be told again";
  begun_ = true;
  std::vector<TopicConfig> topics;
  std::vector<GroupConfig> groups;
  topics.reserve(state.topics().size());
  groups.reserve(state.groups().size());
  for (const auto& [name, topic] : state.topics()) {
    topics.push_back(topic->config);
  }
  for (const auto& [name, group] : state.groups()) {
    groups.push_back(group->config);
  }
  registry_.begin(std::move(topics), std::move(groups), state.config_version());
}

}  // namespace petrel::core
