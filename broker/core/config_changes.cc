// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/config_changes.h"

#include <algorithm>

namespace petrel::core {
namespace {

void make_unique(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace

void ConfigHistory::begin(int64_t version) {
  known_since_ = version;
  changes_.clear();
}

void ConfigHistory::add(bool is_topic, std::string_view name, int64_t version) {
  changes_.push_back({version, is_topic, std::string(name)});
  if (changes_.size() <= kChangesMax) return;
  known_since_ = changes_.front().version;
  changes_.pop_front();
}

ConfigChanges ConfigHistory::between(int64_t since, int64_t until) const {
  ConfigChanges result{.version = until};
  if (since < known_since_) {
    result.all = true;
    return result;
  }
  const auto from = std::upper_bound(
      changes_.begin(), changes_.end(), since,
      [](int64_t version, const Change& change) { return version < change.version; });
  for (auto it = from; it != changes_.end() && it->version <= until; ++it) {
    (it->is_topic ? result.topics : result.groups).push_back(it->name);
  }
  make_unique(result.topics);
  make_unique(result.groups);
  return result;
}

}  // namespace petrel::core
