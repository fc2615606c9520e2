// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/silence_timers.h"

#include <vector>

namespace petrel::frontend {

void SilenceTimers::Timer::start(int64_t timeout_ms, absl::AnyInvocable<void() &&> expired) {
  stop();
  state_ = std::make_shared<State>();
  state_->deadline_us = timers_.clock_.mono_us() + timeout_ms * 1000;
  state_->expired = std::move(expired);
  const MutexLock lock(timers_.mutex_);
  timers_.running_.insert(state_);
}

void SilenceTimers::Timer::restart(int64_t timeout_ms) {
  if (state_ == nullptr) {
    return;
  }
  const MutexLock lock(timers_.mutex_);
  state_->deadline_us = timers_.clock_.mono_us() + timeout_ms * 1000;
}

void SilenceTimers::Timer::stop() {
  if (state_ == nullptr) {
    return;
  }
  const MutexLock lock(timers_.mutex_);
  timers_.running_.erase(state_);
  state_.reset();
}

void SilenceTimers::expire() {
  std::vector<std::shared_ptr<State>> late;
  {
    const MutexLock lock(mutex_);
    const int64_t now_us = clock_.mono_us();
    absl::erase_if(running_, [&](const std::shared_ptr<State>& state) {
      if (state->deadline_us > now_us) {
        return false;
      }
      late.push_back(state);
      return true;
    });
  }
  for (const std::shared_ptr<State>& state : late) {
    std::move(state->expired)();
  }
}

size_t SilenceTimers::running() const {
  const MutexLock lock(mutex_);
  return running_.size();
}

}  // namespace petrel::frontend
