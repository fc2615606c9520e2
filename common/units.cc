// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/units.h"

#include <array>
#include <charconv>

#include "absl/status/status.h"
#include "common/concat.h"

namespace petrel {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

// Largest first, so that formatting takes the first that divides.
constexpr std::array<Unit, 5> kByteUnits = {
    {{"TiB", int64_t{1} << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};
constexpr std::array<Unit, 5> kDurationUnits = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

// Takes the digits at the front of *text. False when there are none or they do not fit.
bool take_number(std::string_view* text, int64_t* number) {
  if (text->empty() || text->front() < '0' || text->front() > '9') {
    return false;
  }
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number);
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return error == std::errc();
}

// Takes the letters at the front of *text; null when they name no unit.
template <size_t N>
const Unit* take_unit(std::string_view* text, const std::array<Unit, N>& units) {
  size_t length = 0;
  while (length < text->size() && ((*text)[length] < '0' || (*text)[length] > '9')) {
    ++length;
  }
  const std::string_view name = text->substr(0, length);
  text->remove_prefix(length);
  for (const Unit& unit : units) {
    if (unit.name == name) {
      return &unit;
    }
  }
  return nullptr;
}

template <size_t N>
std::string format(int64_t amount, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (amount != 0 && amount % unit.factor == 0) {
      return concat(amount / unit.factor, unit.name);
    }
  }
  return concat(amount, units.back().name);
}

}  // namespace

absl::StatusOr<int64_t> parse_bytes(std::string_view text) {
  const auto refuse = [text] {
    return absl::InvalidArgumentError(
        concat("'", text, "' is not a size: expected a whole number with B, KiB, MiB, GiB or TiB"));
  };
  std::string_view rest = text;
  int64_t number = 0;
  int64_t bytes = 0;
  if (!take_number(&rest, &number)) {
    return refuse();
  }
  if (rest.empty()) {
    return number;
  }
  const Unit* unit = take_unit(&rest, kByteUnits);
  if (unit == nullptr || !rest.empty() || __builtin_mul_overflow(number, unit->factor, &bytes)) {
    return refuse();
  }
  return bytes;
}

std::string format_bytes(int64_t bytes) { return format(bytes, kByteUnits); }

absl::StatusOr<int64_t> parse_duration_ms(std::string_view text) {
  const auto refuse = [text] {
    return absl::InvalidArgumentError(
        concat("'", text, "' is not a duration: expected whole numbers with ms, s, m, h or d"));
  };
  if (text == "0") {
    return 0;
  }
  std::string_view rest = text;
  int64_t total_ms = 0;
  do {
    int64_t number = 0;
    int64_t part_ms = 0;
    if (!take_number(&rest, &number)) {
      return refuse();
    }
    const Unit* unit = take_unit(&rest, kDurationUnits);
    if (unit == nullptr || __builtin_mul_overflow(number, unit->factor, &part_ms) ||
        __builtin_add_overflow(total_ms, part_ms, &total_ms)) {
      return refuse();
    }
  } while (!rest.empty());
  return total_ms;
}

std::string format_duration_ms(int64_t duration_ms) { return format(duration_ms, kDurationUnits); }

}  // namespace petrel
