// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/comparison.h"

#include "absl/strings/match.h"
#include "broker/filter/java_number.h"
#include "common/check.h"

namespace petrel::filter {
namespace {

constexpr int kUnlike = -1;  // what RocketMQ takes values for whose types have nothing in common

Truth truth_of(bool holds) { return holds ? Truth::kTrue : Truth::kFalse; }

bool is_text(const Value& value) { return std::holds_alternative<std::string_view>(value); }

double as_double(const Value& number) {
  if (const auto* value = std::get_if<double>(&number)) {
    return *value;
  }
  if (const auto* value = std::get_if<int64_t>(&number)) {
    return static_cast<double>(*value);
  }
  return std::get<int32_t>(number);
}

int64_t as_integer(const Value& number) {
  const auto* value = std::get_if<int64_t>(&number);
  return value != nullptr ? *value : std::get<int32_t>(number);
}

template <typename Number>
std::optional<Value> to_value(std::optional<Number> number) {
  return number ? std::optional<Value>(*number) : std::nullopt;
}

// The text as a value of the type of the other one, which is no text.
std::optional<Value> read_like(std::string_view text, const Value& other) {
  if (std::holds_alternative<bool>(other)) {
    return absl::EqualsIgnoreCase({text.data(), text.size()}, "true");
  }
  if (text.size() > kNumberBytesMax) {
    return std::nullopt;
  }
  if (std::holds_alternative<int32_t>(other)) {
    return to_value(read_java_int(text));
  }
  if (std::holds_alternative<int64_t>(other)) {
    return to_value(read_java_long(text));
  }
  return to_value(read_java_double(text));
}

int order_alike(const Value& left, const Value& right) {
  if (is_number(left) && is_number(right)) {
    return compare_numbers(left, right);
  }
  const auto* left_truth = std::get_if<bool>(&left);
  const auto* right_truth = std::get_if<bool>(&right);
  if (left_truth == nullptr || right_truth == nullptr) {
    return kUnlike;
  }
  return static_cast<int>(*left_truth) - static_cast<int>(*right_truth);
}

// Neither is null; at most one is text.
std::optional<int> order(const Value& left, const Value& right) {
  if (is_text(left)) {
    const std::optional<Value> read = read_like(std::get<std::string_view>(left), right);
    return read ? std::optional(order_alike(*read, right)) : std::nullopt;
  }
  if (!is_text(right)) {
    return order_alike(left, right);
  }
  if (std::holds_alternative<bool>(left)) {
    return std::nullopt;
  }
  const std::optional<Value> read = read_like(std::get<std::string_view>(right), left);
  return read ? std::optional(order_alike(left, *read)) : std::nullopt;
}

// The order of two texts, which have to be numbers.
std::optional<int> order_texts(std::string_view left, std::string_view right) {
  if (left.size() > kNumberBytesMax || right.size() > kNumberBytesMax) {
    return std::nullopt;
  }
  const std::optional<double> left_number = read_java_double(left);
  const std::optional<double> right_number = read_java_double(right);
  if (!left_number || !right_number) {
    return std::nullopt;
  }
  return compare_java_doubles(*left_number, *right_number);
}

bool holds(int order, Relation relation) {
  switch (relation) {
    case Relation::kLess:
      return order < 0;
    case Relation::kLessEqual:
      return order <= 0;
    case Relation::kGreater:
      return order > 0;
    case Relation::kGreaterEqual:
      return order >= 0;
  }
  PETREL_CHECK(false) << "relation " << static_cast<int>(relation);
}

}  // namespace

bool is_number(const Value& value) {
  return std::holds_alternative<int32_t>(value) || std::holds_alternative<int64_t>(value) ||
         std::holds_alternative<double>(value);
}

int compare_numbers(const Value& left, const Value& right) {
  if (std::holds_alternative<double>(left) || std::holds_alternative<double>(right)) {
    return compare_java_doubles(as_double(left), as_double(right));
  }
  const int64_t left_integer = as_integer(left);
  const int64_t right_integer = as_integer(right);
  return static_cast<int>(left_integer > right_integer) -
         static_cast<int>(left_integer < right_integer);
}

std::optional<Truth> equal(const Value& left, const Value& right) {
  if (is_null(left)) {
    return is_null(right) ? Truth::kTrue : Truth::kUnknown;
  }
  if (is_null(right)) {
    return Truth::kFalse;
  }
  if (is_text(left) && is_text(right)) {
    return truth_of(std::get<std::string_view>(left) == std::get<std::string_view>(right));
  }
  const std::optional<int> difference = order(left, right);
  return difference ? std::optional(truth_of(*difference == 0)) : std::nullopt;
}

std::optional<Truth> compare(const Value& left, Relation relation, const Value& right) {
  if (is_null(left) || is_null(right)) {
    return Truth::kUnknown;
  }
  const std::optional<int> difference =
      is_text(left) && is_text(right)
          ? order_texts(std::get<std::string_view>(left), std::get<std::string_view>(right))
          : order(left, right);
  return difference ? std::optional(truth_of(holds(*difference, relation))) : std::nullopt;
}

}  // namespace petrel::filter
