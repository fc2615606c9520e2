// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/backoff.h"

#include <algorithm>

namespace petrel::k8s {

int64_t Backoff::next_wait_ms(int64_t now_mono_us) {
  const bool forgotten = now_mono_us - last_failure_us_ > options_.forget_after_ms * 1000;
  bound_ms_ =
      bound_ms_ == 0 || forgotten ? options_.first_ms : std::min(bound_ms_ * 2, options_.max_ms);
  last_failure_us_ = now_mono_us;
  return 1 + static_cast<int64_t>(random_.below(static_cast<uint64_t>(bound_ms_)));
}

}  // namespace petrel::k8s
