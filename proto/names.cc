// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "proto/names.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace petrel {
namespace {

constexpr std::array<std::string_view, 11> kFixedSystemTopics = {
    "TBW102",
    "SELF_TEST_TOPIC",
    "BenchmarkTest",
    "OFFSET_MOVED_EVENT",
    "SCHEDULE_TOPIC_XXXX",
    "SCHEDULE_TOPIC_XXXX_V2",
    "RMQ_SYS_TRACE_TOPIC",
    "RMQ_SYS_TRANS_HALF_TOPIC",
    "RMQ_SYS_TRANS_OP_HALF_TOPIC",
    "TRANS_CHECK_MAX_TIME_TOPIC",
    "CHECKPOINT_TOPIC",
};

std::string join(std::string_view a, std::string_view b) { return std::string(a).append(b); }

bool is_name_character(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '%' || c == '|' || c == '_' ||
         c == '-';
}

std::string quoted(std::string_view name) {
  return absl::StrCat("\"", absl::CEscape(std::string(name)), "\"");
}

// `kind` is "topic" or "consumer group".
absl::Status validate_name(const std::string& kind, std::string_view name, size_t bytes_max) {
  if (name.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("the ", kind, " name is empty"));
  }
  if (name.size() > bytes_max) {
    return absl::InvalidArgumentError(absl::StrCat("the ", kind, " name has ", name.size(),
                                                   " bytes, at most ", bytes_max, " are allowed"));
  }
  if (!std::all_of(name.begin(), name.end(), is_name_character)) {
    return absl::InvalidArgumentError(absl::StrCat("the ", kind, " name ", quoted(name),
                                                   " has characters other than [%|a-zA-Z0-9_-]"));
  }
  return absl::OkStatus();
}

bool has_group_topic_prefix(std::string_view topic) {
  return is_retry_topic(topic) || is_dead_letter_topic(topic);
}

bool is_system_name(std::string_view name) {
  return is_system_topic(name) || is_system_group(name);
}

// Length of the retry or dead letter prefix, which stays in front of the namespace.
size_t group_topic_prefix_size(std::string_view name) {
  if (is_retry_topic(name)) {
    return kRetryTopicPrefix.size();
  }
  if (is_dead_letter_topic(name)) {
    return kDeadLetterTopicPrefix.size();
  }
  return 0;
}

}  // namespace

absl::Status validate_topic_name(std::string_view name) {
  const size_t bytes_max =
      has_group_topic_prefix(name) ? kGroupTopicNameBytesMax : kTopicNameBytesMax;
  if (absl::Status status = validate_name("topic", name, bytes_max); !status.ok()) {
    return status;
  }
  if (is_system_topic(name)) {
    return absl::InvalidArgumentError(absl::StrCat(quoted(name), " is a system topic"));
  }
  return absl::OkStatus();
}

absl::Status validate_group_name(std::string_view name) {
  if (absl::Status status = validate_name("consumer group", name, kGroupNameBytesMax);
      !status.ok()) {
    return status;
  }
  if (is_system_group(name)) {
    return absl::InvalidArgumentError(absl::StrCat(quoted(name), " is a system consumer group"));
  }
  return absl::OkStatus();
}

bool is_system_topic(std::string_view topic) {
  return topic.starts_with(kSystemTopicPrefix) ||
         std::find(kFixedSystemTopics.begin(), kFixedSystemTopics.end(), topic) !=
             kFixedSystemTopics.end();
}

bool is_system_group(std::string_view group) { return group.starts_with(kSystemGroupPrefix); }

bool is_retry_topic(std::string_view topic) { return topic.starts_with(kRetryTopicPrefix); }

bool is_dead_letter_topic(std::string_view topic) {
  return topic.starts_with(kDeadLetterTopicPrefix);
}

std::string retry_topic(std::string_view group) { return join(kRetryTopicPrefix, group); }

std::string dead_letter_topic(std::string_view group) {
  return join(kDeadLetterTopicPrefix, group);
}

std::string with_namespace(std::string_view resource_namespace, std::string_view name) {
  if (resource_namespace.empty() || name.empty() || is_system_name(name)) {
    return std::string(name);
  }
  const std::string_view prefix = name.substr(0, group_topic_prefix_size(name));
  const std::string_view rest = name.substr(prefix.size());
  if (rest.size() > resource_namespace.size() && rest.starts_with(resource_namespace) &&
      rest[resource_namespace.size()] == kNamespaceSeparator) {
    return std::string(name);
  }
  return join(prefix, resource_namespace).append(1, kNamespaceSeparator).append(rest);
}

NamespacedName split_namespace(std::string_view full_name) {
  if (is_system_name(full_name)) {
    return {"", std::string(full_name)};
  }
  const std::string_view prefix = full_name.substr(0, group_topic_prefix_size(full_name));
  const std::string_view rest = full_name.substr(prefix.size());
  const size_t separator = rest.find(kNamespaceSeparator);
  if (separator == std::string_view::npos || separator == 0) {
    return {"", std::string(full_name)};
  }
  return {std::string(rest.substr(0, separator)), join(prefix, rest.substr(separator + 1))};
}

}  // namespace petrel
