// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace petrel {

// Levenshtein distance in bytes: how many insertions, deletions and replacements lead from a to b.
size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to word, or "" when none is near enough to be what was meant (a third of
// its length away).
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace petrel
