// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "operator/plan/plan.h"

// What simulated brokers do with an action that is_content().

namespace petrel::ops {

inline void apply_content(const Action& action, BrokerContent& content) {
  for (const TopicSettings& topic : action.topics) {
    content.topics[topic.name].settings = topic;
  }
  for (const GroupSettings& group : action.groups) {
    content.groups[group.name].settings = group;
  }
  for (const std::string& name : action.names) {
    if (action.kind == ActionKind::kDeleteTopics) {
      content.topics.erase(name);
    } else {
      content.groups.erase(name);
    }
  }
}

}  // namespace petrel::ops
