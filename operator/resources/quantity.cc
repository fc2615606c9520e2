// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/quantity.h"

#include <array>
#include <cstdint>
#include <optional>

#include "common/check.h"

namespace petrel::ops {

namespace {

// The largest amount, 15 digits of Ti in millionths, has 34 digits; this holds 38.
__extension__ using Amount = __int128;

constexpr size_t kWholeDigitsMax = 15;
constexpr size_t kFractionDigitsMax = 3;

struct Suffix {
  std::string_view text;
  // How many thousandths.
  int64_t thousandths;
};
constexpr std::array<Suffix, 10> kSuffixes = {{{"", 1000},
                                               {"m", 1},
                                               {"k", 1'000'000},
                                               {"M", 1'000'000'000},
                                               {"G", 1'000'000'000'000},
                                               {"T", 1'000'000'000'000'000},
                                               {"Ki", 1000LL << 10},
                                               {"Mi", 1000LL << 20},
                                               {"Gi", 1000LL << 30},
                                               {"Ti", 1000LL << 40}}};

// Takes the digits at the front of *text onto *number; how many there were.
size_t take_digits(std::string_view* text, size_t digits_max, Amount* number) {
  size_t taken = 0;
  while (taken < digits_max && !text->empty() && text->front() >= '0' && text->front() <= '9') {
    *number = *number * 10 + (text->front() - '0');
    text->remove_prefix(1);
    ++taken;
  }
  return taken;
}

// In millionths.
std::optional<Amount> parse(std::string_view text) {
  Amount number = 0;
  if (take_digits(&text, kWholeDigitsMax, &number) == 0) {
    return std::nullopt;
  }
  size_t fraction_digits = 0;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    fraction_digits = take_digits(&text, kFractionDigitsMax, &number);
    if (fraction_digits == 0) {
      return std::nullopt;
    }
  }
  for (size_t i = fraction_digits; i < kFractionDigitsMax; ++i) {
    number *= 10;
  }
  for (const Suffix& suffix : kSuffixes) {
    if (text == suffix.text) {
      return number * suffix.thousandths;
    }
  }
  return std::nullopt;
}

}  // namespace

bool is_quantity(std::string_view text) { return parse(text).has_value(); }

std::strong_ordering compare_quantities(std::string_view left, std::string_view right) {
  const std::optional<Amount> a = parse(left);
  const std::optional<Amount> b = parse(right);
  PETREL_CHECK(a.has_value() && b.has_value()) << left << " and " << right;
  return *a <=> *b;
}

}  // namespace petrel::ops
