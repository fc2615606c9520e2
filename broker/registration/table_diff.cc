// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/registration/table_diff.h"

#include <utility>

namespace petrel::broker {

void TableDiff::reset() {
  full_ = true;
  told_.clear();
}

void TableDiff::fill(const Topics& topics, nameserver::v1::RegisterRequest* request) {
  request->set_full(std::exchange(full_, false));
  std::map<std::string, int64_t> before = std::exchange(told_, {});
  for (const auto& topic : topics) {
    const auto known = before.find(topic->name);
    if (known == before.end() || known->second != topic->version) {
      add(*topic, request);
    }
    if (known != before.end()) {
      before.erase(known);
    }
    told_.emplace(topic->name, topic->version);
  }
  for (const auto& [name, version] : before) {
    request->add_removed_topics(name);
  }
}

void TableDiff::add(const core::TopicConfig& topic, nameserver::v1::RegisterRequest* request) {
  nameserver::v1::TopicRoute* route = request->add_topics();
  route->set_topic(topic.name);
  route->set_read_queues(topic.read_queues);
  route->set_write_queues(topic.write_queues);
  route->set_permission(topic.permission);
  route->add_message_types(static_cast<int32_t>(topic.message_type));
}

}  // namespace petrel::broker
