// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace petrel::filter {

enum class TokenKind : uint8_t {
  kEnd,
  kInvalid,  // begins no token: one character, or a string without its end
  kName,
  kInteger,
  kFloat,
  kString,
  kNot,
  kAnd,
  kOr,
  kBetween,
  kIn,
  kTrue,
  kFalse,
  kNull,
  kIs,
  kContains,
  kStartsWith,
  kEndsWith,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kOpen,
  kClose,
  kComma,
  kPlus,
  kMinus,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // as written; of the expression, empty at its end
};

// The tokens of an expression. What RocketMQ's lexer makes of the same text: the longest token that
// begins at a place, so `5x` is a number and a name, and `0L` too, as a number begins with 0 alone.
class Lexer {
 public:
  explicit Lexer(std::string_view expression) : rest_(expression) {}

  // After kEnd or kInvalid the same again.
  Token next();

 private:
  Token take(TokenKind kind, size_t bytes);

  std::string_view rest_;
};

// The name of a token, for "expected ..., but found ...": cut after a few characters.
std::string describe(const Token& token);

}  // namespace petrel::filter
