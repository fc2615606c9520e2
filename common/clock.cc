// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/clock.h"

#include <ctime>

#include "common/check.h"

namespace petrel {
namespace {

int64_t read_us(clockid_t id) {
  timespec now{};
  PETREL_CHECK_EQ(clock_gettime(id, &now), 0);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

int64_t SystemClock::wall_ms() const { return read_us(CLOCK_REALTIME) / 1000; }

// Goes on while the machine sleeps, unlike CLOCK_MONOTONIC.
int64_t SystemClock::mono_us() const { return read_us(CLOCK_BOOTTIME); }

void ManualClock::advance_us(int64_t duration_us) {
  PETREL_CHECK_GE(duration_us, 0) << "monotonic time never goes back";
  mono_us_.fetch_add(duration_us, std::memory_order_relaxed);
  wall_us_.fetch_add(duration_us, std::memory_order_relaxed);
}

void ManualClock::jump_wall_ms(int64_t duration_ms) {
  wall_us_.fetch_add(duration_ms * 1000, std::memory_order_relaxed);
}

}  // namespace petrel
