// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "operator/plan/plan.h"

// What the status of a document should say. Pure.

namespace petrel::ops {

struct WantedStatus {
  // Of the spec that was really looked at.
  int64_t observed_generation = 0;
  std::vector<Condition> conditions;
  // All else: counts, addresses.
  nlohmann::json fields = nlohmann::json::object();
};

// The merge patch {"status": ...} that makes the object's status as wanted; nothing when it is so
// already. A condition's lastTransitionTime changes with its status only.
std::optional<nlohmann::json> status_patch(const nlohmann::json& object, const WantedStatus& wanted,
                                           int64_t now_ms);

// Of the object's status as it is: empty when it has no such condition.
std::string condition_reason(const nlohmann::json& object, const std::string& type);

// A topic or group over all brokers of which contents are given.
using Contents = std::map<MemberId, std::shared_ptr<const BrokerContent>>;
nlohmann::json topic_fields(const std::string& name, const Contents& contents);
nlohmann::json group_fields(const std::string& name, const Contents& contents);

// Fingerprints of what these two tell: of what does not change with traffic, and of what does.
struct Fingerprints {
  size_t settings = 0;
  size_t stats = 0;
};
Fingerprints topic_fingerprints(const std::string& name, const Contents& contents);
Fingerprints group_fingerprints(const std::string& name, const Contents& contents);

// "1.5 GiB", "0 B".
std::string readable_bytes(int64_t bytes);
// "2026-11-21T15:00:00Z"
std::string rfc3339(int64_t wall_ms);

}  // namespace petrel::ops
