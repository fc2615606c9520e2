// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/control/status.h"

#include <absl/hash/hash.h>
#include <absl/time/time.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/concat.h"

namespace petrel::ops {
namespace {

using nlohmann::json;

const json& member(const json& object, const char* key) {
  static const json kNull;
  if (!object.is_object()) {
    return kNull;
  }
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

const json& find_condition(const json& status, const std::string& type) {
  static const json kNull;
  for (const json& condition : member(status, "conditions")) {
    if (member(condition, "type") == type) {
      return condition;
    }
  }
  return kNull;
}

json condition_json(const Condition& condition, const json& before, int64_t now_ms) {
  const char* status = condition.status ? "True" : "False";
  const json& since = member(before, "lastTransitionTime");
  return {
      {"type", condition.type},
      {"status", status},
      {"reason", condition.reason},
      {"message", condition.message},
      {"observedGeneration", condition.observed_generation},
      {"lastTransitionTime",
       member(before, "status") == status && since.is_string() ? since : json(rfc3339(now_ms))}};
}

// Tells visit of each broker that has the named topic or group.
template <typename Items, typename Visit>
void for_each_broker(const Contents& contents, Items BrokerContent::*items, const std::string& name,
                     const Visit& visit) {
  for (const auto& [broker, content] : contents) {
    const auto& all = (*content).*items;
    if (const auto found = all.find(name); found != all.end()) {
      visit(broker, found->second);
    }
  }
}

int32_t queues_of(const TopicSettings& settings) {
  return std::max(settings.read_queues, settings.write_queues);
}

}  // namespace

std::optional<json> status_patch(const json& object, const WantedStatus& wanted, int64_t now_ms) {
  const json& current = member(object, "status");
  json status = wanted.fields;
  status["observedGeneration"] = wanted.observed_generation;
  json conditions = json::array();
  for (const Condition& condition : wanted.conditions) {
    conditions.push_back(
        condition_json(condition, find_condition(current, condition.type), now_ms));
  }
  status["conditions"] = std::move(conditions);
  if (status == current) {
    return std::nullopt;
  }
  json patch = json::object();
  for (auto& [key, value] : status.items()) {
    if (member(current, key.c_str()) == value) {
      continue;
    }
    // A merge patch would leave members of an object that are no longer there.
    if (value.is_object()) {
      for (const auto& [inner, old] : member(current, key.c_str()).items()) {
        if (!value.contains(inner)) {
          value[inner] = nullptr;
        }
      }
    }
    patch[key] = std::move(value);
  }
  if (current.is_object()) {
    for (const auto& [key, value] : current.items()) {
      if (!status.contains(key)) {
        patch[key] = nullptr;
      }
    }
  }
  return json{{"status", std::move(patch)}};
}

std::string condition_reason(const json& object, const std::string& type) {
  const json& reason = member(find_condition(member(object, "status"), type), "reason");
  return reason.is_string() ? reason.get<std::string>() : "";
}

json topic_fields(const std::string& name, const Contents& contents) {
  int64_t queues = 0;
  TopicStats sum;
  json brokers = json::array();
  for_each_broker(
      contents, &BrokerContent::topics, name,
      [&](const MemberId& broker, const TopicContent& topic) {
        const TopicStats& stats = topic.stats;
        queues += queues_of(topic.settings);
        sum.messages += stats.messages;
        sum.size_bytes += stats.size_bytes;
        if (stats.oldest_message_ms > 0 &&
            (sum.oldest_message_ms == 0 || stats.oldest_message_ms < sum.oldest_message_ms)) {
          sum.oldest_message_ms = stats.oldest_message_ms;
        }
        brokers.push_back({{"broker", broker.name()},
                           {"queues", queues_of(topic.settings)},
                           {"messages", stats.messages},
                           {"sizeBytes", stats.size_bytes}});
      });
  json fields = {{"name", name},
                 {"queues", queues},
                 {"messages", sum.messages},
                 {"sizeBytes", sum.size_bytes},
                 {"size", readable_bytes(sum.size_bytes)},
                 {"brokers", std::move(brokers)}};
  if (sum.oldest_message_ms > 0) {
    fields["oldestMessageTime"] = rfc3339(sum.oldest_message_ms);
  }
  return fields;
}

json group_fields(const std::string& name, const Contents& contents) {
  GroupStats sum;
  for_each_broker(contents, &BrokerContent::groups, name,
                  [&](const MemberId&, const GroupContent& group) {
                    // A client connects to every broker.
                    sum.members = std::max(sum.members, group.stats.members);
                    sum.lag += group.stats.lag;
                    sum.in_flight += group.stats.in_flight;
                  });
  return {{"name", name}, {"members", sum.members}, {"lag", sum.lag}, {"inFlight", sum.in_flight}};
}

Fingerprints topic_fingerprints(const std::string& name, const Contents& contents) {
  Fingerprints result;
  for_each_broker(
      contents, &BrokerContent::topics, name,
      [&](const MemberId& broker, const TopicContent& topic) {
        result.settings = absl::HashOf(result.settings, broker.index, queues_of(topic.settings));
        result.stats = absl::HashOf(result.stats, topic.stats.messages, topic.stats.size_bytes,
                                    topic.stats.oldest_message_ms / 1000);
      });
  return result;
}

Fingerprints group_fingerprints(const std::string& name, const Contents& contents) {
  Fingerprints result;
  for_each_broker(contents, &BrokerContent::groups, name,
                  [&](const MemberId& broker, const GroupContent& group) {
                    result.settings = absl::HashOf(result.settings, broker.index);
                    result.stats = absl::HashOf(result.stats, group.stats.members, group.stats.lag,
                                                group.stats.in_flight);
                  });
  return result;
}

std::string readable_bytes(int64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) {
    return concat(bytes, " B");
  }
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (value /= 1024; value >= 1024 && unit + 1 < kUnits.size(); ++unit) {
    value /= 1024;
  }
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f %s", value, kUnits[unit]);
  return text;
}

std::string rfc3339(int64_t wall_ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(wall_ms), absl::UTCTimeZone());
}

}  // namespace petrel::ops
