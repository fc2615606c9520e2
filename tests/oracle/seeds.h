// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace petrel::oracle {

inline uint64_t number_from(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

// PETREL_ORACLE_SEEDS and PETREL_ORACLE_SEED, see oracle_test.cc.
struct Seeds {
  uint64_t first = number_from("PETREL_ORACLE_SEED", 1);
  uint64_t count = number_from("PETREL_ORACLE_SEEDS", 400);
};

}  // namespace petrel::oracle
