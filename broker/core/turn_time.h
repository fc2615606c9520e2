// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace petrel::core {

// Time as a turn of the core sees it: read once, so that all decisions of the turn agree.
struct TurnTime {
  int64_t log_ms = 0;  // log_time.h
  int64_t mono_us = 0;
  bool agrees = true;  // with the wall clock: nothing is deleted by its age otherwise
};

}  // namespace petrel::core
