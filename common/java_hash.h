// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace petrel {

// Java's String.hashCode() of a text in UTF-8: a sum over its UTF-16 units that wraps around. A
// byte that is not part of valid UTF-8 counts as one U+FFFD. RocketMQ's files and filters hold it.
int32_t java_hash_code(std::string_view utf8);

}  // namespace petrel
