// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/directory.h"

namespace petrel::core {

std::shared_ptr<const TopicConfig> Directory::find_topic(std::string_view name) const {
  MutexLock lock(mutex_);
  const auto it = shown_.topics.find(name);
  return it == shown_.topics.end() ? nullptr : it->second;
}

std::shared_ptr<const GroupConfig> Directory::find_group(std::string_view name) const {
  MutexLock lock(mutex_);
  const auto it = shown_.groups.find(name);
  return it == shown_.groups.end() ? nullptr : it->second;
}

std::vector<std::shared_ptr<const TopicConfig>> Directory::topics() const {
  std::vector<std::shared_ptr<const TopicConfig>> all;
  MutexLock lock(mutex_);
  all.reserve(shown_.topics.size());
  for (const auto& [name, topic] : shown_.topics) all.push_back(topic);
  return all;
}

size_t Directory::topic_count() const {
  MutexLock lock(mutex_);
  return shown_.topics.size();
}

size_t Directory::group_count() const {
  MutexLock lock(mutex_);
  return shown_.groups.size();
}

int64_t Directory::config_version() const {
  MutexLock lock(mutex_);
  return config_version_;
}

int64_t Directory::epoch() const {
  MutexLock lock(mutex_);
  return epoch_;
}

ConfigChanges Directory::changes_since(int64_t since) const {
  MutexLock lock(mutex_);
  return history_.between(since, config_version_);
}

void Directory::set_listener(std::function<void(int64_t)> listener) {
  listener_ = std::move(listener);
}

void Directory::set_topic(TopicConfig topic) {
  auto shared = std::make_shared<const TopicConfig>(std::move(topic));
  MutexLock lock(mutex_);
  target().topics[shared->name] = shared;
  history_.topic_changed(shared->name, shared->version);
}

void Directory::remove_topic(std::string_view name, int64_t version) {
  MutexLock lock(mutex_);
  target().topics.erase(name);
  history_.topic_changed(name, version);
}

void Directory::set_group(GroupConfig group) {
  auto shared = std::make_shared<const GroupConfig>(std::move(group));
  MutexLock lock(mutex_);
  target().groups[shared->name] = shared;
  history_.group_changed(shared->name, shared->version);
}

void Directory::remove_group(std::string_view name, int64_t version) {
  MutexLock lock(mutex_);
  target().groups.erase(name);
  history_.group_changed(name, version);
}

void Directory::start_over() {
  MutexLock lock(mutex_);
  next_.emplace();
}

void Directory::begin(int64_t config_version) {
  {
    MutexLock lock(mutex_);
    if (next_) shown_ = *std::exchange(next_, std::nullopt);
    ++epoch_;
    history_.begin(config_version);
    config_version_ = config_version;
  }
  if (listener_) listener_(config_version);
}

void Directory::publish_version(int64_t config_version) {
  {
    MutexLock lock(mutex_);
    if (config_version_ == config_version) return;
    config_version_ = config_version;
  }
  if (listener_) listener_(config_version);
}

}  // namespace petrel::core
