// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

// The rules for names of topics and consumer groups. Pure functions, callable from any thread.

namespace petrel {

inline constexpr size_t kTopicNameBytesMax = 127;
// Retry and dead letter topics contain the name of a group.
inline constexpr size_t kGroupTopicNameBytesMax = 255;
inline constexpr size_t kGroupNameBytesMax = 120;

inline constexpr std::string_view kRetryTopicPrefix = "%RETRY%";
inline constexpr std::string_view kDeadLetterTopicPrefix = "%DLQ%";
inline constexpr std::string_view kSystemTopicPrefix = "rmq_sys_";
inline constexpr std::string_view kSystemGroupPrefix = "CID_RMQ_SYS_";
inline constexpr char kNamespaceSeparator = '%';

// Whether clients may use this name (with its namespace joined): 1 to 127 characters of
// [%|a-zA-Z0-9_-], 255 for retry and dead letter topics, and no system topic.
// InvalidArgument with a sentence for people otherwise.
absl::Status validate_topic_name(std::string_view name);

// Likewise for a consumer group: 1 to 120 characters, and no system group.
absl::Status validate_group_name(std::string_view name);

// Topics that belong to the brokers: names with kSystemTopicPrefix and RocketMQ's fixed ones.
bool is_system_topic(std::string_view topic);
bool is_system_group(std::string_view group);

bool is_retry_topic(std::string_view topic);
bool is_dead_letter_topic(std::string_view topic);
std::string retry_topic(std::string_view group);
std::string dead_letter_topic(std::string_view group);

// The name by which brokers know a topic or group of a namespace: `ns%name`, and `%RETRY%ns%group`
// for a retry (likewise dead letter) topic. The name alone when it or the namespace is empty, when
// it is a system name, or when it begins with the namespace already.
std::string with_namespace(std::string_view resource_namespace, std::string_view name);

struct NamespacedName {
  std::string resource_namespace;
  std::string name;
  friend bool operator==(const NamespacedName&, const NamespacedName&) = default;
};

// The inverse of with_namespace. The namespace is empty if the name has none.
NamespacedName split_namespace(std::string_view full_name);

}  // namespace petrel
