// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace petrel::frontend {

// Ends what a client keeps open without doing its part: an answer that it does not read, a stream
// on which it does not say who it is. Any thread.
class SilenceTimers {
 public:
  explicit SilenceTimers(const Clock& clock) : clock_(clock) {}

 private:
  struct State {
    int64_t deadline_us = 0;
    absl::AnyInvocable<void() &&> expired;
  };

 public:
  // Runs from start() until it is stopped or destroyed, or time is over. Used by one thread at a
  // time; the timers outlive it.
  class Timer {
   public:
    explicit Timer(SilenceTimers& timers) : timers_(timers) {}
    ~Timer() { stop(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    // `expired` is called at most once, on the thread of expire(), perhaps while stop() returns: it
    // must own what it touches.
    void start(int64_t timeout_ms, absl::AnyInvocable<void() &&> expired);
    // It was heard of: the time begins anew. Nothing unless it runs.
    void restart(int64_t timeout_ms);
    void stop();

   private:
    SilenceTimers& timers_;
    std::shared_ptr<State> state_;  // null: does not run
  };

  // Called about every second.
  void expire();
  size_t running() const;

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  absl::flat_hash_set<std::shared_ptr<State>> running_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::frontend
