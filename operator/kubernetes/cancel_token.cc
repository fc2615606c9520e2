// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/cancel_token.h"

#include <utility>

#include "common/check.h"

namespace petrel::k8s {

void CancelToken::cancel() {
  // Under the lock, so that an Interrupt that is on its way out waits until its action has run.
  MutexLock lock(mutex_);
  cancelled_.store(true, std::memory_order_release);
  if (action_) {
    action_();
  }
}

CancelToken::Interrupt::Interrupt(CancelToken& token, std::function<void()> action)
    : token_(token) {
  MutexLock lock(token_.mutex_);
  PETREL_CHECK(!token_.action_) << "two calls at once with one token";
  token_.action_ = std::move(action);
  if (token_.cancelled()) {
    token_.action_();
  }
}

CancelToken::Interrupt::~Interrupt() {
  MutexLock lock(token_.mutex_);
  token_.action_ = nullptr;
}

}  // namespace petrel::k8s
