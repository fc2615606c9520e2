// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

// Always-on checks for programmer errors. A failed check prints file, line, the condition, the
// compared values and whatever was streamed into it, and aborts the process:
//
//   PETREL_CHECK(is_open_) << "file " << path_;
//   PETREL_CHECK_LE(synced, written);
//   PETREL_CHECK_OK(file.close());
//
// Operating errors (bad input, a full disk) are absl::Status instead.

namespace petrel::internal {

// Collects the message of one failed check; its destructor prints it and aborts.
class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const std::string& what);
  CheckFailure(const CheckFailure&) = delete;
  CheckFailure& operator=(const CheckFailure&) = delete;
  [[noreturn]] ~CheckFailure();

  std::ostream& stream();

 private:
  struct Message;
  std::unique_ptr<Message> message_;
};

// Returns an output stream over a new string, kept out of this header because <sstream> is heavy.
class OperandPrinter {
 public:
  explicit OperandPrinter(const char* expression);
  ~OperandPrinter();
  std::ostream& left();
  std::ostream& right();
  std::unique_ptr<std::string> finish();

 private:
  struct Streams;
  std::unique_ptr<Streams> streams_;
};

template <typename T>
void print_operand(std::ostream& out, const T& value) {
  if constexpr (std::is_enum_v<T>) {
    out << +static_cast<std::underlying_type_t<T>>(value);
  } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
    out << "nullptr";
  } else if constexpr (requires { out << value; }) {
    out << value;
  } else {
    out << "(unprintable)";
  }
}

template <typename T>
inline constexpr bool kIsPlainInteger =
    std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char> &&
    !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char8_t> && !std::is_same_v<T, char16_t> &&
    !std::is_same_v<T, char32_t>;

template <typename A, typename B>
std::unique_ptr<std::string> describe_operands(const A& a, const B& b, const char* expression) {
  OperandPrinter printer(expression);
  print_operand(printer.left(), a);
  print_operand(printer.right(), b);
  return printer.finish();
}

// Each returns null when the comparison holds. Integers of different sign compare by value.
#define PETREL_DEFINE_CHECK_OP(name, integer_compare, op)                             \
  template <typename A, typename B>                                                   \
  std::unique_ptr<std::string> name(const A& a, const B& b, const char* expression) { \
    bool holds = false;                                                               \
    if constexpr (kIsPlainInteger<A> && kIsPlainInteger<B>) {                         \
      holds = std::integer_compare(a, b);                                             \
    } else {                                                                          \
      holds = a op b;                                                                 \
    }                                                                                 \
    if (holds) [[likely]] {                                                           \
      return nullptr;                                                                 \
    }                                                                                 \
    return describe_operands(a, b, expression);                                       \
  }
PETREL_DEFINE_CHECK_OP(check_eq, cmp_equal, ==)
PETREL_DEFINE_CHECK_OP(check_ne, cmp_not_equal, !=)
PETREL_DEFINE_CHECK_OP(check_lt, cmp_less, <)
PETREL_DEFINE_CHECK_OP(check_le, cmp_less_equal, <=)
PETREL_DEFINE_CHECK_OP(check_gt, cmp_greater, >)
PETREL_DEFINE_CHECK_OP(check_ge, cmp_greater_equal, >=)
#undef PETREL_DEFINE_CHECK_OP

// Works for absl::Status and absl::StatusOr without including them here.
template <typename StatusLike>
std::unique_ptr<std::string> check_ok(const StatusLike& result, const char* expression) {
  if (result.ok()) [[likely]] {
    return nullptr;
  }
  std::string what = expression;
  if constexpr (requires { result.status(); }) {
    what += " is " + result.status().ToString();
  } else {
    what += " is " + result.ToString();
  }
  return std::make_unique<std::string>(std::move(what));
}

}  // namespace petrel::internal

// "while" and not "if", so that a check may stand before an "else"; the body never returns.
#define PETREL_CHECK(condition) \
  while (!(condition))          \
  [[unlikely]] ::petrel::internal::CheckFailure(__FILE__, __LINE__, #condition).stream()

#define PETREL_CHECK_RESULT(result)                                   \
  while (std::unique_ptr<std::string> petrel_failed_check = (result)) \
  ::petrel::internal::CheckFailure(__FILE__, __LINE__, *petrel_failed_check).stream()

#define PETREL_CHECK_EQ(a, b) \
  PETREL_CHECK_RESULT(::petrel::internal::check_eq((a), (b), #a " == " #b))
#define PETREL_CHECK_NE(a, b) \
  PETREL_CHECK_RESULT(::petrel::internal::check_ne((a), (b), #a " != " #b))
#define PETREL_CHECK_LT(a, b) \
  PETREL_CHECK_RESULT(::petrel::internal::check_lt((a), (b), #a " < " #b))
#define PETREL_CHECK_LE(a, b) \
  PETREL_CHECK_RESULT(::petrel::internal::check_le((a), (b), #a " <= " #b))
#define PETREL_CHECK_GT(a, b) \
  PETREL_CHECK_RESULT(::petrel::internal::check_gt((a), (b), #a " > " #b))
#define PETREL_CHECK_GE(a, b) \
  PETREL_CHECK_RESULT(::petrel::internal::check_ge((a), (b), #a " >= " #b))
#define PETREL_CHECK_OK(expression) \
  PETREL_CHECK_RESULT(::petrel::internal::check_ok((expression), #expression))
