// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace petrel::bench {

// The measured part of a run, on the clock of monotonic_ns(). A latency belongs to it by the time
// at which its message was (intended to be) sent, a message by the time at which it was done.
struct Window {
  int64_t begin_ns = 0;
  int64_t end_ns = 0;

  bool contains(int64_t time_ns) const { return begin_ns <= time_ns && time_ns < end_ns; }
};

}  // namespace petrel::bench
