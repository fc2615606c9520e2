// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

// Characters of UTF-8, for texts that tell of an expression: a byte that goes on is none of its
// own.
namespace petrel::filter {

inline bool goes_on(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

inline size_t count_characters(std::string_view text) {
  size_t count = 0;
  for (const char byte : text) {
    if (!goes_on(byte)) {
      ++count;
    }
  }
  return count;
}

// Bytes of the first `characters`, or of all where there are fewer.
inline size_t prefix_bytes(std::string_view text, size_t characters) {
  size_t at = 0;
  for (; characters > 0 && at < text.size(); --characters) {
    for (++at; at < text.size() && goes_on(text[at]); ++at) {
    }
  }
  return at;
}

}  // namespace petrel::filter
