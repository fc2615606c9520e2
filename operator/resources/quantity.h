// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string_view>

// Amounts as Kubernetes writes them: a number, with a fraction if need be, and m, k, M, G, T, Ki,
// Mi, Gi, Ti or nothing. "500m" is a half, "1Ki" is 1024.

namespace petrel::ops {

bool is_quantity(std::string_view text);

// Both are quantities.
std::strong_ordering compare_quantities(std::string_view left, std::string_view right);

}  // namespace petrel::ops
