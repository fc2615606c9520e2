// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace petrel::store {

inline uint64_t number_from(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

// PETREL_CRASH_SEEDS and PETREL_CRASH_SEED, see crash_test.cc.
struct Seeds {
  uint64_t first = number_from("PETREL_CRASH_SEED", 1);
  uint64_t count = number_from("PETREL_CRASH_SEEDS", 400);
  // Of those whose every operation is tried: there are hundreds in each.
  uint64_t thorough_count = count / 100 + 1;
};

}  // namespace petrel::store
