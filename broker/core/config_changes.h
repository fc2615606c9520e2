// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace petrel::core {

// What became of topics and groups between two config versions.
struct ConfigChanges {
  int64_t version = 0;  // the later one
  bool all = false;     // too much or too long ago to be named: everything may have changed
  std::vector<std::string> topics;  // created, changed or deleted; each once, in order of names
  std::vector<std::string> groups;
};

// The names behind the newest config versions, so that a watcher is told what to read again. Plain
// value; its owner locks.
class ConfigHistory {
 public:
  static constexpr size_t kChangesMax = 1'024;

  // Nothing is known of what came before `version`.
  void begin(int64_t version);
  // Versions grow.
  void topic_changed(std::string_view name, int64_t version) { add(true, name, version); }
  void group_changed(std::string_view name, int64_t version) { add(false, name, version); }

  // Of the versions in (since, until].
  ConfigChanges between(int64_t since, int64_t until) const;

 private:
  struct Change {
    int64_t version;
    bool is_topic;
    std::string name;
  };
  void add(bool is_topic, std::string_view name, int64_t version);

  int64_t known_since_ = 0;  // all changes behind this version are here
  std::deque<Change> changes_;
};

}  // namespace petrel::core
