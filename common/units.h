// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// Sizes and durations as people write them in configuration files and flags.

namespace petrel {

// "512", "512B", "64KiB", "64MiB", "1GiB", "2TiB" to bytes. Whole numbers, binary units, nothing
// between number and unit.
absl::StatusOr<int64_t> parse_bytes(std::string_view text);

// The shortest exact form that parse_bytes reads: 67108864 is "64MiB", 1000 is "1000B".
std::string format_bytes(int64_t bytes);

// "500ms", "30s", "5m", "2h", "7d" and sums such as "1h30m" to milliseconds. The unit is required,
// except with 0.
absl::StatusOr<int64_t> parse_duration_ms(std::string_view text);

// The shortest exact form with one unit that parse_duration_ms reads: 90000 is "90s", 7200000 is
// "2h".
std::string format_duration_ms(int64_t duration_ms);

}  // namespace petrel
