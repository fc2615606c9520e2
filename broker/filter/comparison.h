// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace petrel::filter {

// What a part of an expression is worth: nothing (NULL, or a property that the message does not
// have), TRUE or FALSE, a number, or text. Properties are always text; the types of numbers are
// Java's Integer, Long and Double, because the type says how a text beside it is read.
using Value = std::variant<std::monostate, bool, int32_t, int64_t, double, std::string_view>;

inline bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }
bool is_number(const Value& value);

enum class Truth : uint8_t { kFalse, kTrue, kUnknown };

enum class Relation : uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual };

// A text that is longer is no number, so that what an expression can cost has a bound.
inline constexpr size_t kNumberBytesMax = 256;

// Both say nothing where RocketMQ's evaluation ends with an exception, and with it that of the
// whole expression: a text that is no number of the type that it is compared with, and TRUE or
// FALSE on the left of a text.

// `left = right`. Two nulls are equal. A null on the left of something makes it unknown, one on the
// right false.
std::optional<Truth> equal(const Value& left, const Value& right);

// Unknown with a null. Two texts are compared as Doubles.
std::optional<Truth> compare(const Value& left, Relation relation, const Value& right);

// The order of two numbers that stand in the expression: negative, zero or positive.
int compare_numbers(const Value& left, const Value& right);

}  // namespace petrel::filter
