// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/members/stop_time.h"

#include "common/units.h"

namespace petrel::ops {

int64_t stop_time_ms(const ClusterSpec& spec, Role role) {
  const bool broker = role == Role::kBroker;
  const auto& config = broker ? spec.broker_config : spec.nameserver_config;
  const auto configured_ms = [&](const char* key, int64_t otherwise_ms) {
    const auto set = config.find(key);
    return set == config.end() ? otherwise_ms
                               : parse_duration_ms(set->second).value_or(otherwise_ms);
  };
  const int64_t leave_ms = broker ? configured_ms("process.leave-time", 35'000) : 0;
  const int64_t grace_ms = configured_ms("process.shutdown-grace", broker ? 5'000 : 1'000);
  return leave_ms + grace_ms + (broker ? 55'000 : 9'000);
}

}  // namespace petrel::ops
