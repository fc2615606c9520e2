// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "broker/core/config_changes.h"
#include "broker/core/types.h"
#include "common/mutex.h"
#include "common/string_map.h"

namespace petrel::core {

// The topics and groups as front ends see them: the core thread publishes each change, any thread
// reads.
class Registry {
 public:
  std::shared_ptr<const TopicConfig> find_topic(std::string_view name) const;
  std::shared_ptr<const GroupConfig> find_group(std::string_view name) const;
  std::vector<std::shared_ptr<const TopicConfig>> topics() const;
  size_t topic_count() const;
  size_t group_count() const;

  // Grows with each change of topics or groups; survives restarts.
  int64_t config_version() const;
  // Grows with each begin(). Versions of two epochs cannot be compared.
  int64_t epoch() const;
  // What changed behind version `since` up to config_version().
  ConfigChanges changes_since(int64_t since) const;
  // Called after each batch of changes on the core thread, and by begin(), without the lock; must
  // not block. Set before the core starts.
  void set_listener(std::function<void(int64_t config_version)> listener);

  // Core thread.
  void set_topic(TopicConfig topic);
  void remove_topic(std::string_view name, int64_t version);
  void set_group(GroupConfig group);
  void remove_group(std::string_view name, int64_t version);
  void publish_version(int64_t config_version);
  // Everything there is when an engine begins to serve, instead of what was there; what changed
  // before is not known.
  void begin(std::vector<TopicConfig> topics, std::vector<GroupConfig> groups,
             int64_t config_version);

 private:
  mutable Mutex mutex_;
  StringMap<std::shared_ptr<const TopicConfig>> topics_ ABSL_GUARDED_BY(mutex_);
  StringMap<std::shared_ptr<const GroupConfig>> groups_ ABSL_GUARDED_BY(mutex_);
  ConfigHistory history_ ABSL_GUARDED_BY(mutex_);
  int64_t config_version_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void(int64_t)> listener_;
};

}  // namespace petrel::core
