// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "common/clock.h"

namespace petrel::ops {

// Told what a member is at, "broker-0 has stopped"; the same again and again while it lasts.
using Phases = std::function<void(const std::string& phase)>;

// What a member is at that was told to stop. Asks it, and tells the phases. One thread.
class StopWatch {
 public:
  // Begins when the member is told; it is killed kill_ms later. `phases` outlives this.
  StopWatch(std::string member, uint16_t http_port, int64_t kill_ms, const Phases& phases)
      : member_(std::move(member)), http_port_(http_port), kill_ms_(kill_ms), phases_(phases) {}

  // While it has not ended. Takes a second at most.
  void look();
  void ended(bool killed) const;

 private:
  void tell(const std::string& what) const { phases_(member_ + " " + what); }

  const std::string member_;
  const uint16_t http_port_;
  const int64_t kill_ms_;
  const Phases& phases_;
  const SystemClock clock_;
  int64_t silent_since_us_ = 0;  // 0: it answers, or has no port any more
};

}  // namespace petrel::ops
