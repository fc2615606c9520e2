// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/registry.h"

#include "common/check.h"

namespace petrel::core {

std::shared_ptr<const TopicConfig> Registry::find_topic(std::string_view name) const {
  MutexLock lock(mutex_);
  const auto it = topics_.find(name);
  return it == topics_.end() ? nullptr : it->second;
}

std::shared_ptr<const GroupConfig> Registry::find_group(std::string_view name) const {
  MutexLock lock(mutex_);
  const auto it = groups_.find(name);
  return it == groups_.end() ? nullptr : it->second;
}

std::vector<std::shared_ptr<const TopicConfig>> Registry::topics() const {
  std::vector<std::shared_ptr<const TopicConfig>> all;
  MutexLock lock(mutex_);
  all.reserve(topics_.size());
  for (const auto& [name, topic] : topics_) all.push_back(topic);
  return all;
}

size_t Registry::topic_count() const {
  MutexLock lock(mutex_);
  return topics_.size();
}

size_t Registry::group_count() const {
  MutexLock lock(mutex_);
  return groups_.size();
}

int64_t Registry::config_version() const {
  MutexLock lock(mutex_);
  return config_version_;
}

ConfigChanges Registry::changes_since(int64_t since) const {
  MutexLock lock(mutex_);
  return history_.between(since, config_version_);
}

void Registry::set_listener(std::function<void(int64_t)> listener) {
  listener_ = std::move(listener);
}

void Registry::set_topic(TopicConfig topic) {
  auto shared = std::make_shared<const TopicConfig>(std::move(topic));
  MutexLock lock(mutex_);
  topics_[shared->name] = shared;
  history_.topic_changed(shared->name, shared->version);
}

void Registry::remove_topic(std::string_view name, int64_t version) {
  MutexLock lock(mutex_);
  topics_.erase(name);
  history_.topic_changed(name, version);
}

void Registry::set_group(GroupConfig group) {
  auto shared = std::make_shared<const GroupConfig>(std::move(group));
  MutexLock lock(mutex_);
  groups_[shared->name] = shared;
  history_.group_changed(shared->name, shared->version);
}

void Registry::remove_group(std::string_view name, int64_t version) {
  MutexLock lock(mutex_);
  groups_.erase(name);
  history_.group_changed(name, version);
}

int64_t Registry::epoch() const {
  MutexLock lock(mutex_);
  return epoch_;
}

void Registry::begin(std::vector<TopicConfig> topics, std::vector<GroupConfig> groups,
                     int64_t config_version) {
  {
    MutexLock lock(mutex_);
    topics_.clear();
    groups_.clear();
    for (TopicConfig& topic : topics) {
      auto shared = std::make_shared<const TopicConfig>(std::move(topic));
      topics_[shared->name] = shared;
    }
    for (GroupConfig& group : groups) {
      auto shared = std::make_shared<const GroupConfig>(std::move(group));
      groups_[shared->name] = shared;
    }
    ++epoch_;
    history_.begin(config_version);
    config_version_ = config_version;
  }
  if (listener_) {
    listener_(config_version);
  }
}

void Registry::publish_version(int64_t config_version) {
  {
    MutexLock lock(mutex_);
    if (config_version_ == config_version) return;
    PETREL_CHECK_LT(config_version_, config_version) << "what was shown is taken back";
    config_version_ = config_version;
  }
  if (listener_) listener_(config_version);
}

}  // namespace petrel::core
