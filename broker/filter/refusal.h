// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace petrel::filter {

// InvalidArgument that tells the column, counted in characters from 1, of the byte `at` of the
// expression.
absl::Status refusal(std::string_view expression, size_t at, std::string_view what);

}  // namespace petrel::filter
