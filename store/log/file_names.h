// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace petrel::store {

// Files of a log are named by the position of their first byte: 20 decimal digits.
std::string offset_file_name(int64_t offset);
// Nothing when `name` is not such a name.
std::optional<int64_t> parse_offset_file_name(std::string_view name);

}  // namespace petrel::store
