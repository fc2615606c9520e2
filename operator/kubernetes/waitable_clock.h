// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "common/clock.h"
#include "common/mutex.h"

namespace petrel::k8s {

// A clock whose times threads can wait for. Everything here that delays something waits through
// one, so that a test decides when time passes.
class WaitableClock : public Clock {
 public:
  // Releases the mutex until the condition variable is notified or mono_us() has reached the
  // deadline, and may return sooner without a reason: wait in a loop.
  virtual void wait_until(Mutex& mutex, CondVar& changed, int64_t deadline_mono_us) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) = 0;
};

// The machine's clocks.
class SystemWaitableClock final : public WaitableClock {
 public:
  int64_t wall_ms() const override { return clock_.wall_ms(); }
  int64_t mono_us() const override { return clock_.mono_us(); }
  void wait_until(Mutex& mutex, CondVar& changed, int64_t deadline_mono_us) const override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

 private:
  SystemClock clock_;
};

// Stands still until told otherwise, and knows who waits for it.
class ManualWaitableClock final : public WaitableClock {
 public:
  explicit ManualWaitableClock(int64_t wall_ms = 1'700'000'000'000) : clock_(wall_ms) {}

  int64_t wall_ms() const override { return clock_.wall_ms(); }
  int64_t mono_us() const override { return clock_.mono_us(); }
  void wait_until(Mutex& mutex, CondVar& changed, int64_t deadline_mono_us) const override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  void advance_ms(int64_t duration_ms);
  void jump_wall_ms(int64_t duration_ms) { clock_.jump_wall_ms(duration_ms); }

  // Returns once some thread waits for a time to come, with the time that is left until the first
  // such deadline.
  int64_t await_waiter_ms() const;
  // How many threads wait for a time to come, at this moment.
  size_t waiters() const;

 private:
  ManualClock clock_;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  mutable std::multiset<int64_t> deadlines_us_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::k8s
