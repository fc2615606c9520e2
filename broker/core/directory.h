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
class Directory {
 public:
  std::shared_ptr<const TopicConfig> find_topic(std::string_view name) const;
  std::shared_ptr<const GroupConfig> find_group(std::string_view name) const;
  std::vector<std::shared_ptr<const TopicConfig>> topics() const;
  size_t topic_count() const;
  size_t group_count() const;

  // Grows with each change of topics or groups; survives restarts, and a crash of the store as far
  // as it is in the log: then it may go back, in a new epoch.
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
  // What is set from now on, up to begin(), takes the place of all that is there. Front ends see
  // the old until then.
  void start_over();
  // All is there after a start; what changed before is not known.
  void begin(int64_t config_version);

 private:
  mutable Mutex mutex_;
  struct Tables {
    StringMap<std::shared_ptr<const TopicConfig>> topics;
    StringMap<std::shared_ptr<const GroupConfig>> groups;
  };
  // Where changes go.
  Tables& target() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return next_ ? *next_ : shown_; }

  Tables shown_ ABSL_GUARDED_BY(mutex_);
  std::optional<Tables> next_ ABSL_GUARDED_BY(mutex_);  // from start_over() to begin()
  int64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  ConfigHistory history_ ABSL_GUARDED_BY(mutex_);
  int64_t config_version_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void(int64_t)> listener_;
};

}  // namespace petrel::core
