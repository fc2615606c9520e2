// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "broker/filter/utf8.h"
#include "common/concat.h"

namespace petrel::filter {
namespace {

constexpr size_t kShownCharactersMax = 24;

constexpr std::array<std::pair<std::string_view, TokenKind>, 12> kWords = {{
    {"NOT", TokenKind::kNot},
    {"AND", TokenKind::kAnd},
    {"OR", TokenKind::kOr},
    {"BETWEEN", TokenKind::kBetween},
    {"IN", TokenKind::kIn},
    {"TRUE", TokenKind::kTrue},
    {"FALSE", TokenKind::kFalse},
    {"NULL", TokenKind::kNull},
    {"IS", TokenKind::kIs},
    {"CONTAINS", TokenKind::kContains},
    {"STARTSWITH", TokenKind::kStartsWith},
    {"ENDSWITH", TokenKind::kEndsWith},
}};

// Longer ones first.
constexpr std::array<std::pair<std::string_view, TokenKind>, 11> kSigns = {{
    {"<>", TokenKind::kNotEqual},
    {"<=", TokenKind::kLessEqual},
    {">=", TokenKind::kGreaterEqual},
    {"=", TokenKind::kEqual},
    {"<", TokenKind::kLess},
    {">", TokenKind::kGreater},
    {"(", TokenKind::kOpen},
    {")", TokenKind::kClose},
    {",", TokenKind::kComma},
    {"+", TokenKind::kPlus},
    {"-", TokenKind::kMinus},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) {
  return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$';
}
bool goes_on_in_name(char c) { return begins_name(c) || is_digit(c); }

TokenKind kind_of_word(std::string_view word) {
  for (const auto& [text, kind] : kWords) {
    if (absl::EqualsIgnoreCase({text.data(), text.size()}, {word.data(), word.size()})) {
      return kind;
    }
  }
  return TokenKind::kName;
}

// How many bytes at the start are blanks or one comment. A line comment without the end of its line
// is none, and its two signs are tokens.
size_t skipped_at(std::string_view text) {
  const size_t blanks = std::min(text.find_first_not_of(" \t\n\r\f"), text.size());
  if (blanks > 0) {
    return blanks;
  }
  if (text.starts_with("--")) {
    const size_t end = text.find_first_of("\r\n");
    return end == std::string_view::npos ? 0 : end + 1;
  }
  if (text.starts_with("/*")) {
    const size_t end = text.find("*/", 2);
    return end == std::string_view::npos ? 0 : end + 2;
  }
  return 0;
}

size_t digits_from(std::string_view text, size_t at) {
  return std::min(text.find_first_not_of("0123456789", at), text.size());
}

// Behind the exponent at `at`, or `at` where none stands.
size_t behind_exponent(std::string_view text, size_t at) {
  size_t digits = at + 1;
  if (at >= text.size() || (text[at] != 'e' && text[at] != 'E')) {
    return at;
  }
  if (digits < text.size() && (text[digits] == '+' || text[digits] == '-')) {
    ++digits;
  }
  const size_t end = digits_from(text, digits);
  return end > digits ? end : at;
}

// Bytes of the floating point number at the start, or 0: `5.5` `5.` `.5` `5e3` and so on.
size_t float_at(std::string_view text) {
  const size_t whole = digits_from(text, 0);
  if (whole < text.size() && text[whole] == '.') {
    const size_t end = digits_from(text, whole + 1);
    return end == 1 ? 0 : behind_exponent(text, end);
  }
  const size_t end = behind_exponent(text, whole);
  return whole > 0 && end > whole ? end : 0;
}

size_t integer_at(std::string_view text) {
  if (text[0] == '0') {
    return 1;
  }
  const size_t end = digits_from(text, 0);
  return end < text.size() && (text[end] == 'l' || text[end] == 'L') ? end + 1 : end;
}

// Bytes of the string at the start, or 0 for one without an end. Two quotes inside are one; but
// where the text ends before the string does, the first of the last two was its end.
size_t string_at(std::string_view text) {
  size_t end = 0;
  for (size_t quote = text.find('\'', 1); quote != std::string_view::npos;
       quote = text.find('\'', quote + 2)) {
    end = quote + 1;
    if (end == text.size() || text[end] != '\'') {
      break;
    }
  }
  return end;
}

}  // namespace

Token Lexer::take(TokenKind kind, size_t bytes) {
  const Token token{kind, rest_.substr(0, bytes)};
  if (kind != TokenKind::kInvalid) {
    rest_.remove_prefix(bytes);
  }
  return token;
}

Token Lexer::next() {
  while (const size_t skipped = skipped_at(rest_)) {
    rest_.remove_prefix(skipped);
  }
  if (rest_.empty()) {
    return {TokenKind::kEnd, rest_};
  }
  const char first = rest_.front();
  if (begins_name(first)) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), goes_on_in_name);
    const auto bytes = static_cast<size_t>(end - rest_.begin());
    return take(kind_of_word(rest_.substr(0, bytes)), bytes);
  }
  if (const size_t bytes = float_at(rest_); bytes > 0) {
    return take(TokenKind::kFloat, bytes);
  }
  if (is_digit(first)) {
    return take(TokenKind::kInteger, integer_at(rest_));
  }
  if (first == '\'') {
    const size_t bytes = string_at(rest_);
    return bytes > 0 ? take(TokenKind::kString, bytes) : take(TokenKind::kInvalid, rest_.size());
  }
  for (const auto& [text, kind] : kSigns) {
    if (rest_.starts_with(text)) {
      return take(kind, text.size());
    }
  }
  return take(TokenKind::kInvalid, prefix_bytes(rest_, 1));
}

std::string describe(const Token& token) {
  if (token.kind == TokenKind::kEnd) {
    return "the end";
  }
  const std::string_view shown =
      token.text.substr(0, prefix_bytes(token.text, kShownCharactersMax));
  const std::string_view cut = shown.size() < token.text.size() ? "..." : "";
  if (token.kind == TokenKind::kInvalid && token.text.front() == '\'') {
    return concat("a string without its end: ", shown, cut);
  }
  return concat("`", shown, cut, "`");
}

}  // namespace petrel::filter
