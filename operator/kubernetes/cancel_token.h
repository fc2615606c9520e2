// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>

#include "common/mutex.h"

namespace petrel::k8s {

// Ends a call that another thread is in. Once cancelled it stays so. Safe from any thread; outlives
// the calls that it is given to.
class CancelToken {
 public:
  // Does not wait: the call, if there is one, ends with Cancelled within milliseconds. May be
  // repeated.
  void cancel();
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

  // For those who implement calls: while an Interrupt lives, cancel() runs its action, which must
  // not block. The constructor runs it at once when the token is cancelled already. One at a time
  // per token.
  class Interrupt {
   public:
    Interrupt(CancelToken& token, std::function<void()> action);
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

   private:
    CancelToken& token_;
  };

 private:
  std::atomic<bool> cancelled_{false};
  Mutex mutex_;
  std::function<void()> action_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::k8s
