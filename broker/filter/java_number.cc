// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/java_number.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"

namespace petrel::filter {
namespace {

// The zeros of decimal digits beyond ASCII, with nine others behind each: Character.digit of Java
// 17, as far as Integer.valueOf looks, which is one char of UTF-16.
constexpr std::array<char32_t, 36> kZeros = {
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

constexpr int kNoDigit = -1;

int digit_of(char32_t character) {
  const auto above = std::upper_bound(kZeros.begin(), kZeros.end(), character);
  if (above == kZeros.begin()) {
    return kNoDigit;
  }
  const char32_t value = character - *(above - 1);
  return value <= 9 ? static_cast<int>(value) : kNoDigit;
}

// Takes one digit off the front.
int take_digit(std::string_view& text) {
  const auto byte = [&](size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) {
    text.remove_prefix(1);
    return first >= '0' && first <= '9' ? static_cast<int>(first - '0') : kNoDigit;
  }
  const size_t bytes = (first & 0xE0U) == 0xC0 ? 2 : (first & 0xF0U) == 0xE0 ? 3 : 0;
  if (bytes == 0 || text.size() < bytes) {
    return kNoDigit;
  }
  char32_t character = first & (bytes == 2 ? 0x1FU : 0x0FU);
  for (size_t at = 1; at < bytes; ++at) {
    character = character << 6 | (byte(at) & 0x3FU);
  }
  text.remove_prefix(bytes);
  return digit_of(character);
}

// Takes the sign off the front; true for a minus.
bool take_sign(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  return negative;
}

std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

struct Notation {
  bool (*is_digit)(unsigned char);
  std::string_view exponent;  // either of these letters begins it
  bool exponent_needed;
};
constexpr Notation kDecimal = {absl::ascii_isdigit, "eE", false};
constexpr Notation kHexadecimal = {absl::ascii_isxdigit, "pP", true};

size_t digits_at(std::string_view text, size_t at, const Notation& notation) {
  const size_t begin = at;
  while (at < text.size() && notation.is_digit(static_cast<unsigned char>(text[at]))) {
    ++at;
  }
  return at - begin;
}

// Whether the whole text is a number without a sign in this notation.
bool is_number(std::string_view text, const Notation& notation) {
  const size_t whole = digits_at(text, 0, notation);
  size_t at = whole;
  size_t behind_point = 0;
  if (at < text.size() && text[at] == '.') {
    behind_point = digits_at(text, at + 1, notation);
    at += 1 + behind_point;
  }
  if (whole + behind_point == 0) {
    return false;
  }
  if (at == text.size() || notation.exponent.find(text[at]) == std::string_view::npos) {
    return at == text.size() && !notation.exponent_needed;
  }
  ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    ++at;
  }
  const size_t exponent = digits_at(text, at, kDecimal);
  return exponent > 0 && at + exponent == text.size();
}

double value_of(std::string_view text, absl::chars_format format) {
  double value = 0;
  const auto read = absl::from_chars(text.data(), text.data() + text.size(), value, format);
  // Out of range it is the largest number or the smallest ones.
  return read.ec == std::errc::result_out_of_range && value > 1
             ? std::numeric_limits<double>::infinity()
             : value;
}

std::optional<double> read_unsigned(std::string_view text) {
  if (text == "NaN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (text == "Infinity") {
    return std::numeric_limits<double>::infinity();
  }
  if (!text.empty() && std::string_view("fFdD").find(text.back()) != std::string_view::npos) {
    text.remove_suffix(1);
  }
  if (is_number(text, kDecimal)) {
    return value_of(text, absl::chars_format::general);
  }
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    if (is_number(text, kHexadecimal)) {
      return value_of(text, absl::chars_format::hex);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> read_java_long(std::string_view text) {
  const bool negative = take_sign(text);
  if (text.empty()) {
    return std::nullopt;
  }
  int64_t value = 0;  // counted downwards, where there is one more
  while (!text.empty()) {
    const int digit = take_digit(text);
    if (digit == kNoDigit || __builtin_mul_overflow(value, 10, &value) ||
        __builtin_sub_overflow(value, digit, &value)) {
      return std::nullopt;
    }
  }
  if (negative) {
    return value;
  }
  return value == std::numeric_limits<int64_t>::min() ? std::nullopt : std::optional(-value);
}

std::optional<int32_t> read_java_int(std::string_view text) {
  const std::optional<int64_t> value = read_java_long(text);
  if (!value || *value < std::numeric_limits<int32_t>::min() ||
      *value > std::numeric_limits<int32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<int32_t>(*value);
}

std::optional<double> read_java_double(std::string_view text) {
  text = trim(text);
  const bool negative = take_sign(text);
  const std::optional<double> value = read_unsigned(text);
  return value && negative ? std::optional(-*value) : value;
}

int compare_java_doubles(double left, double right) {
  if (left < right) {
    return -1;
  }
  if (left > right) {
    return 1;
  }
  if (std::isnan(left) || std::isnan(right)) {
    return static_cast<int>(std::isnan(left)) - static_cast<int>(std::isnan(right));
  }
  return static_cast<int>(std::signbit(right)) - static_cast<int>(std::signbit(left));
}

}  // namespace petrel::filter
