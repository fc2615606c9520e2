// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/random.h"

namespace petrel::k8s::testing {

// Gives the largest number below each of the bounds that delays have here: one less than a common
// multiple of them.
class LargestRandom final : public Random {
 public:
  uint64_t next() override { return 577'920'000 - 1; }
};

}  // namespace petrel::k8s::testing
