// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/file_names.h"

#include <charconv>

#include "common/check.h"

namespace petrel::store {
namespace {

constexpr size_t kDigits = 20;

}  // namespace

std::string offset_file_name(int64_t offset) {
  PETREL_CHECK_GE(offset, 0);
  const std::string digits = std::to_string(offset);
  return std::string(kDigits - digits.size(), '0') + digits;
}

std::optional<int64_t> parse_offset_file_name(std::string_view name) {
  if (name.size() != kDigits || name.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  int64_t offset = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), offset);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return offset;
}

}  // namespace petrel::store
