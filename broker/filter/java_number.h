// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// Numbers as Java reads them from text, since RocketMQ compares properties that way. Nothing where
// Java throws NumberFormatException.
namespace petrel::filter {

// Integer.valueOf and Long.valueOf: a sign and digits (any that Unicode has for decimal numbers up
// to U+FFFF), no blanks, within the range of the type.
std::optional<int32_t> read_java_int(std::string_view text);
std::optional<int64_t> read_java_long(std::string_view text);

// Double.valueOf: blanks around it, NaN and Infinity, decimal and hexadecimal, with a suffix f or
// d. What is too large is infinite, what is too small zero.
std::optional<double> read_java_double(std::string_view text);

// Double.compareTo: NaN is above all and equal to itself, 0 above -0. Negative, zero or positive.
int compare_java_doubles(double left, double right);

}  // namespace petrel::filter
