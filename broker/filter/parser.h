// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"
#include "broker/filter/program.h"

namespace petrel::filter {

// Bounds of an expression: its text, and how deep parentheses, NOT and signs stand in each other.
inline constexpr size_t kExpressionBytesMax = 4096;
inline constexpr size_t kDepthMax = 32;

// Takes what RocketMQ takes, within the bounds; README.md has the grammar. InvalidArgument tells
// the column, and what was expected there.
absl::StatusOr<Program> parse(std::string_view expression);

}  // namespace petrel::filter
