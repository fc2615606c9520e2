// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace petrel {

// The only source of time. Passed by constructor, so that tests and the simulator own it. Safe from
// any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  // Milliseconds since 1970-01-01 UTC. May jump. For timestamps that people or other machines see.
  virtual int64_t wall_ms() const = 0;

  // Microseconds since an unspecified start; never goes back. For timeouts and durations.
  virtual int64_t mono_us() const = 0;
};

// The machine's clocks.
class SystemClock final : public Clock {
 public:
  int64_t wall_ms() const override;
  int64_t mono_us() const override;
};

// Stands still until told otherwise.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t wall_ms = 1'700'000'000'000) : wall_us_(wall_ms * 1000) {}

  int64_t wall_ms() const override { return wall_us_.load(std::memory_order_relaxed) / 1000; }
  int64_t mono_us() const override { return mono_us_.load(std::memory_order_relaxed); }

  // Moves both clocks forward.
  void advance_us(int64_t duration_us);
  void advance_ms(int64_t duration_ms) { advance_us(duration_ms * 1000); }

  // Moves the wall clock alone, in any direction, as NTP or an administrator would.
  void jump_wall_ms(int64_t duration_ms);

 private:
  std::atomic<int64_t> wall_us_;
  std::atomic<int64_t> mono_us_{0};
};

}  // namespace petrel
