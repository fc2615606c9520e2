// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "broker/core/turn_time.h"
#include "common/clock.h"

namespace petrel::core {

// Log time: what deadlines, ages and store times of a broker follow. It stands in the log, as the
// store time of its records, advances with the monotonic clock, and is steered to the wall clock by
// a tenth of what goes by, so that a wall clock which is wrong for a while neither ages messages
// nor hides them. It never goes back: a log that is opened tells how far it had come.
//
// One lives as long as the process, over its engines. One thread at a time, but for
// wall_ahead_ms().
class LogTime {
 public:
  // Begins with the wall clock's time. The clock outlives it.
  explicit LogTime(const Clock& clock);

  TurnTime now();
  // Records of the log bear this time already.
  void continue_from(int64_t log_ms);

  // By how much the wall clock was ahead of log time when that was last read; negative: behind. Any
  // thread.
  int64_t wall_ahead_ms() const { return wall_ahead_ms_.load(std::memory_order_relaxed); }
  // They are not further apart than steering is to bridge. Nothing is deleted by its age while they
  // are: one of the two is wrong. Told in the process's log whenever it changes.
  bool agrees() const { return agrees_; }

 private:
  void compare(int64_t wall_us);

  const Clock& clock_;
  int64_t log_us_;
  int64_t mono_us_;
  std::atomic<int64_t> wall_ahead_ms_{0};
  bool agrees_ = true;
};

}  // namespace petrel::core
