// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>
#include <ostream>
#include <utility>

namespace petrel {

// A tag allows arithmetic when its values are positions on a line:
//   struct LogOffsetTag { static constexpr bool kIsPosition = true; };
template <typename Tag>
concept PositionTag = requires {
  requires Tag::kIsPosition;
};

// An integer that cannot be mixed up with another one.
//
//   using LogOffset = StrongInt<struct LogOffsetTag, int64_t>;
//
// Construction is explicit and value() leads back. Values compare, hash and print. Positions also
// move by a distance (a plain Rep) and subtract to one; identifiers do not calculate. No overflow
// checks.
template <typename Tag, std::integral Rep>
class StrongInt {
 public:
  using ValueType = Rep;

  constexpr StrongInt() = default;
  constexpr explicit StrongInt(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }

  friend constexpr auto operator<=>(StrongInt, StrongInt) = default;
  friend constexpr bool operator==(StrongInt, StrongInt) = default;

  friend constexpr StrongInt operator+(StrongInt position, Rep distance) requires PositionTag<Tag> {
    return StrongInt(static_cast<Rep>(position.value_ + distance));
  }
  friend constexpr StrongInt operator-(StrongInt position, Rep distance) requires PositionTag<Tag> {
    return StrongInt(static_cast<Rep>(position.value_ - distance));
  }
  friend constexpr Rep operator-(StrongInt a, StrongInt b) requires PositionTag<Tag> {
    return static_cast<Rep>(a.value_ - b.value_);
  }
  constexpr StrongInt& operator+=(Rep distance) requires PositionTag<Tag> {
    return *this = *this + distance;
  }
  constexpr StrongInt& operator-=(Rep distance) requires PositionTag<Tag> {
    return *this = *this - distance;
  }
  constexpr StrongInt& operator++() requires PositionTag<Tag> {
    ++value_;
    return *this;
  }

  friend std::ostream& operator<<(std::ostream& out, StrongInt number) {
    return out << +number.value_;
  }

  template <typename H>
  friend H AbslHashValue(H state, StrongInt number) {
    return H::combine(std::move(state), number.value_);
  }

 private:
  Rep value_ = 0;
};

}  // namespace petrel

template <typename Tag, typename Rep>
struct std::hash<petrel::StrongInt<Tag, Rep>> {
  size_t operator()(petrel::StrongInt<Tag, Rep> number) const noexcept {
    return std::hash<Rep>{}(number.value());
  }
};
