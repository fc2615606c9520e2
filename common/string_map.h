// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"

namespace petrel {

// Maps keyed by std::string that are searched by std::string_view without making a string. (Debian's Abseil is built for
// C++14, so its own string handling knows absl::string_view only.)
struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

template <typename Value>
using StringMap = absl::flat_hash_map<std::string, Value, StringHash, std::equal_to<>>;

template <typename Value>
using OrderedStringMap = absl::btree_map<std::string, Value, std::less<>>;

}  // namespace petrel
