// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "operator/plan/member.h"
#include "operator/runtimes/local/process.h"

namespace petrel::ops {

// Told what a member is at, "broker-0 has stopped"; the same again and again while it lasts.
using Phases = std::function<void(const std::string& phase)>;

// A member that was told to stop.
struct StoppingMember {
  MemberId id;
  uint16_t http_port = 0;
  ProcessRecord process;
  // When it was told: the machine's monotonic clock, which all programs share until the next boot.
  int64_t told_us = 0;
  // So long after that it is killed.
  int64_t kill_ms = 0;
};

// Returns when all have ended, those in time that are killed. Asks them meanwhile what they are at,
// one after the other, and tells it. Returns the phases of those that were killed: there is
// something to do for somebody. Blocks the calling thread.
absl::StatusOr<std::vector<std::string>> wait_until_stopped(
    const std::vector<StoppingMember>& members, const Phases& phases);

}  // namespace petrel::ops
