// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/java_hash.h"

#include <cstddef>

namespace petrel {
namespace {

constexpr uint32_t kReplacementCharacter = 0xFFFD;

struct CodePoint {
  uint32_t value;
  size_t size_bytes;
};

// The code point that `text` (not empty) begins with. Overlong forms, surrogates and values beyond
// U+10FFFF are not valid UTF-8.
CodePoint decode_utf8(std::string_view text) {
  constexpr CodePoint kInvalid = {kReplacementCharacter, 1};
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(text[i])); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1};
  }
  if (lead < 0xC2 || lead > 0xF4) {
    return kInvalid;
  }
  const size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < size) {
    return kInvalid;
  }
  uint32_t value = lead & (0x7Fu >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return kInvalid;
    }
    value = (value << 6) | (byte(i) & 0x3F);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) {
    return kInvalid;
  }
  return {value, size};
}

}  // namespace

int32_t java_hash_code(std::string_view utf8) {
  uint32_t hash = 0;  // unsigned: wraps around as Java's int does
  const auto add_unit = [&hash](uint32_t unit) { hash = hash * 31 + unit; };
  while (!utf8.empty()) {
    const CodePoint code_point = decode_utf8(utf8);
    if (code_point.value < 0x10000) {
      add_unit(code_point.value);
    } else {  // a surrogate pair
      add_unit(0xD800 + ((code_point.value - 0x10000) >> 10));
      add_unit(0xDC00 + ((code_point.value - 0x10000) & 0x3FF));
    }
    utf8.remove_prefix(code_point.size_bytes);
  }
  return static_cast<int32_t>(hash);
}

}  // namespace petrel
