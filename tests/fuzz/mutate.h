// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/random.h"

namespace petrel::fuzz {

inline constexpr size_t kInputBytesMax = 16 << 10;

// A changed copy of one of `examples`, or random bytes: a few bits, bytes, numbers, pieces that are
// cut, doubled, moved, or come from another example.
std::string mutated(const std::vector<std::string>& examples, Random& random);

}  // namespace petrel::fuzz
