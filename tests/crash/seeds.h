// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "tests/environment.h"

namespace petrel::store {

// PETREL_CRASH_SEEDS and PETREL_CRASH_SEED, see crash_test.cc.
struct Seeds {
  uint64_t first = number_from("PETREL_CRASH_SEED", 1);
  uint64_t count = number_from("PETREL_CRASH_SEEDS", 400);
  // Of those whose every operation is tried: there are hundreds in each.
  uint64_t thorough_count = count / 100 + 1;
};

}  // namespace petrel::store
