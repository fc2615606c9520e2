// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace petrel::core {

// Time as a turn of the core sees it: read once, so that all decisions of the turn agree.
struct TurnTime {
  int64_t wall_ms = 0;
  int64_t mono_us = 0;
};

}  // namespace petrel::core
