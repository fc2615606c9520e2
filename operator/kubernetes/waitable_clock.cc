// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/waitable_clock.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace petrel::k8s {
namespace {

constexpr int64_t kWaitMaxUs = 3'600'000'000;
// How soon a thread notices that a manual clock was moved.
constexpr std::chrono::milliseconds kLookAgainInterval(1);

}  // namespace

void SystemWaitableClock::wait_until(Mutex& mutex, CondVar& changed,
                                     int64_t deadline_mono_us) const {
  const int64_t wait_us = std::clamp<int64_t>(deadline_mono_us - mono_us(), 0, kWaitMaxUs);
  changed.wait_until(mutex, std::chrono::steady_clock::now() + std::chrono::microseconds(wait_us));
}

void ManualWaitableClock::wait_until(Mutex& mutex, CondVar& changed,
                                     int64_t deadline_mono_us) const {
  {
    MutexLock lock(mutex_);
    deadlines_us_.insert(deadline_mono_us);
    changed_.notify_all();
  }
  changed.wait_until(mutex, std::chrono::steady_clock::now() + kLookAgainInterval);
  MutexLock lock(mutex_);
  deadlines_us_.erase(deadlines_us_.find(deadline_mono_us));
}

void ManualWaitableClock::advance_ms(int64_t duration_ms) {
  MutexLock lock(mutex_);
  clock_.advance_ms(duration_ms);
}

int64_t ManualWaitableClock::await_waiter_ms() const {
  MutexLock lock(mutex_);
  for (;;) {
    const auto first = deadlines_us_.upper_bound(mono_us());
    if (first != deadlines_us_.end()) {
      return (*first - mono_us() + 999) / 1000;
    }
    changed_.wait(mutex_);
  }
}

size_t ManualWaitableClock::waiters() const {
  MutexLock lock(mutex_);
  return static_cast<size_t>(
      std::distance(deadlines_us_.upper_bound(mono_us()), deadlines_us_.end()));
}

}  // namespace petrel::k8s
