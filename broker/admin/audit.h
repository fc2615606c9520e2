// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "broker/core/registry.h"
#include "broker/core/types.h"

namespace petrel::broker {

// Tells the log which topics and groups somebody made, changed or deleted: who, what, before and
// after, a line each; and who restarted the engine. A value; made when the change is asked for,
// used when it is durable.
class Audit {
 public:
  // `who` is the principal's name, or where the call came from when nobody has logged in.
  explicit Audit(std::string who) : who_(std::move(who)) {}

  // Remembers what is there before a change of it.
  void before_topic(const core::Registry& registry, const std::string& name) {
    topics_[name] = registry.find_topic(name);
  }
  void before_group(const core::Registry& registry, const std::string& name) {
    groups_[name] = registry.find_group(name);
  }

  void topic_applied(const core::TopicConfig& after) const;
  void topic_deleted(const std::string& name) const;
  void group_applied(const core::GroupConfig& after) const;
  void group_deleted(const std::string& name) const;
  // Before it is done: the connection may not live to tell.
  void engine_restart(std::string_view how) const;

 private:
  std::string who_;
  // Null: it was not there.
  std::map<std::string, std::shared_ptr<const core::TopicConfig>> topics_;
  std::map<std::string, std::shared_ptr<const core::GroupConfig>> groups_;
};

}  // namespace petrel::broker
