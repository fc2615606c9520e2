// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "common/random.h"

namespace petrel::k8s {

// How long to wait before asking again a server that fails: twice as long each time, any part of
// that ("full jitter", so that a thousand clients do not come back together), and from the start
// again after a time without failures. Owned by one thread.
class Backoff {
 public:
  struct Options {
    int64_t first_ms = 800;
    int64_t max_ms = 30'000;
    int64_t forget_after_ms = 120'000;
  };

  Backoff(Random& random, Options options) : random_(random), options_(options) {}
  explicit Backoff(Random& random) : Backoff(random, Options()) {}

  // A failure now: how long to wait, at least 1 and at most the bound of this failure.
  int64_t next_wait_ms(int64_t now_mono_us);

 private:
  Random& random_;
  const Options options_;
  int64_t bound_ms_ = 0;
  int64_t last_failure_us_ = 0;
};

}  // namespace petrel::k8s
