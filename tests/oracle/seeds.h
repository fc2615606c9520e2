// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "tests/environment.h"

namespace petrel::oracle {

// PETREL_ORACLE_SEEDS and PETREL_ORACLE_SEED, see oracle_test.cc.
struct Seeds {
  uint64_t first = number_from("PETREL_ORACLE_SEED", 1);
  uint64_t count = number_from("PETREL_ORACLE_SEEDS", 400);
};

}  // namespace petrel::oracle
