// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/compat/filter/case_source.h"

#include <cctype>
#include <vector>

#include "common/concat.h"

namespace petrel::filter {
namespace {

constexpr std::string_view kIntegers[] = {"0", "1", "2", "3", "7", "-1", "-7", "10", "42"};
constexpr std::string_view kLargeIntegers[] = {
    "2147483647",           "2147483648",          "-2147483648",         "-2147483649",
    "3000000000",           "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "-9223372036854775809", "9007199254740993",    "99999999999999999999"};
constexpr std::string_view kDoubles[] = {"0.5", "1.0", "2.5", "-0.5", "1e3",
                                         ".5",  "5.",  "0.1", "3.0"};
constexpr std::string_view kOddDoubles[] = {
    "1e309",
    "-1e309",
    "1e-400",
    "4.9e-324",
    "2e-324",
    "1.7976931348623157e308",
    "0.0",
    "-0.0",
    "0e5",
    "9007199254740992.5",
    "1e0000000001",
    "1e99999999999",
    "0.1000000000000000055511151231257827021181583404541015625"};
constexpr std::string_view kTexts[] = {"eu",  "us", "east", "europe", "it's", "a'b''c", "",
                                       "red", "é",  "中文", "x y",    "1",    "true"};
// Nearly numbers, or numbers only in Java.
constexpr std::string_view kOddNumbers[] = {
    " 1",   "1 ",    "+1",       "+-1", "-",     "+",    "1L",       "1f",
    "1.5d", "0x1p3", "0x.8P-1f", "0x1", "NaN",   "-NaN", "Infinity", "-Infinity",
    "inf",  "nan",   "１２",     "-٣",  "1_0",   "1,5",  "1e",       "e1",
    ".",    "007",   "-007",     "--1", "\t2\n", "1e5D", "١f",       "0x1.8p-1075"};
constexpr std::string_view kTruths[] = {"true", "false", "TRUE", "True", "FALSE", "yes"};

size_t next_character(std::string_view text, size_t at) {
  for (++at; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; ++at) {
  }
  return at;
}

}  // namespace

std::string CaseSource::blank() {
  if (!chance(20)) {
    return " ";
  }
  return std::string(
      pick({"\t", "\n", "\r\n", "\f", "  ", "/**/", "/* ' * */", " -- x\n", "--'\r"}));
}

std::string CaseSource::word(std::string_view word) {
  std::string text(word);
  if (chance(4)) {
    for (char& c : text) {
      c = static_cast<char>(chance(2) ? std::tolower(c) : std::toupper(c));
    }
  }
  return concat(blank(), text, blank());
}

std::string CaseSource::number() {
  switch (random_.below(8)) {
    case 0:
      return std::string(pick(kLargeIntegers));
    case 1:
    case 2:
      return std::string(pick(kDoubles));
    case 3:
      return chance(4) ? std::string(pick(kOddDoubles)) : concat(random_.below(5), "L");
    default:
      return std::string(pick(kIntegers));
  }
}

std::string CaseSource::string() {
  const std::string text(chance(4) ? value_of(pick(kNames)) : pick(kTexts));
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c;
    if (c == '\'') {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string CaseSource::list() {
  std::string text = concat("(", blank(), string());
  for (uint64_t more = random_.below(chance(3) ? 8 : 3); more > 0; --more) {
    text += concat(blank(), ",", blank(), string());
  }
  return text + ")";
}

// What can be above or below something, mostly.
std::string CaseSource::ordered_operand(int depth) {
  if (chance(30)) {
    return operand(depth);
  }
  if (depth > 0 && chance(8)) {  // Null, unless what is inside ends with an exception.
    return concat("-(", condition(depth - 1), ")");
  }
  switch (random_.below(10)) {
    case 0:
      return concat(pick({"-", "+", "- -", "-+"}), blank(), chance(2) ? number() : name());
    case 1:
      return concat("(", name(), ")");
    case 2:
    case 3:
    case 4:
    case 5:
      return name();
    default:
      return number();
  }
}

std::string CaseSource::operand(int depth) {
  switch (random_.below(12)) {
    case 0:
      return word(pick({"TRUE", "FALSE"}));
    case 1:
      return word("NULL");
    case 2:
      return concat("(", condition(depth - 1), ")");
    case 3:
      return concat("-", blank(), "(", condition(depth - 1), ")");
    case 4:
      return concat(word("NOT"), operand(depth - 1));
    case 5:
      return concat("-", blank(), chance(2) ? string() : name());
    case 6:
    case 7:
      return string();
    case 8:
      return number();
    default:
      return name();
  }
}

// With operands whose types mostly fit each other.
std::string CaseSource::predicate(int depth) {
  const std::string negation = chance(3) ? word("NOT") : blank();
  switch (random_.below(8)) {
    case 0:
      return concat(ordered_operand(depth), blank(), pick({"<", "<=", ">", ">="}), blank(),
                    ordered_operand(depth));
    case 1:
      return concat(pick({"i", "n", "d"}), blank(), pick({"<", "<=", ">", ">=", "=", "<>"}),
                    blank(), number());
    case 2:
      return concat(pick({"i", "n", "d"}), negation, word("BETWEEN"), ordered_operand(depth),
                    word("AND"), ordered_operand(depth));
    case 3:
      return concat(pick({"s", "t", "TAGS"}), negation, word("IN"), list());
    case 4:
      return concat(name(), word("IS"), negation, word("NULL"));
    case 5:
      return concat(pick({"s", "t", "_k$1"}), negation,
                    word(pick({"CONTAINS", "STARTSWITH", "ENDSWITH"})), string());
    case 6:
      return concat(name(), blank(), pick({"=", "<>"}), blank(), chance(3) ? name() : string());
    default:
      return concat("b = ", word(pick({"TRUE", "FALSE"})));
  }
}

// With operands that need not fit.
std::string CaseSource::any_predicate(int depth) {
  std::string left = operand(depth);
  const std::string negation = chance(3) ? word("NOT") : blank();
  switch (random_.below(8)) {
    case 0:
    case 1:
      return concat(left, blank(), pick({"=", "<>"}), blank(), operand(depth));
    case 2:
      return concat(left, word("IS"), negation, word("NULL"));
    case 3:
      return concat(left, negation, word(pick({"CONTAINS", "STARTSWITH", "ENDSWITH"})), string());
    case 4:
      return concat(left, negation, word("IN"), list());
    case 5:
      return concat(ordered_operand(depth), negation, word("BETWEEN"), ordered_operand(depth),
                    word("AND"), chance(3) ? operand(depth) : ordered_operand(depth));
    case 6:
      return concat(chance(2) ? left : ordered_operand(depth), blank(),
                    pick({"<", "<=", ">", ">="}), blank(),
                    chance(2) ? operand(depth) : ordered_operand(depth));
    default:
      return left;
  }
}

std::string CaseSource::condition(int depth) {
  if (depth <= 0) {
    return predicate(depth);
  }
  switch (random_.below(9)) {
    case 0:
    case 1:
      return concat(condition(depth - 1), word("AND"), condition(depth - 1));
    case 2:
    case 3:
      return concat(condition(depth - 1), word("OR"), condition(depth - 1));
    case 4:
      return concat(word("NOT"), "(", condition(depth - 1), ")");
    case 5:
      return concat("(", condition(depth - 1), ")");
    case 6:
      return any_predicate(depth);
    default:
      return predicate(depth);
  }
}

std::string CaseSource::token() {
  switch (random_.below(6)) {
    case 0:
      return name();
    case 1:
      return number();
    case 2:
      return string();
    case 3:
      return std::string(pick({"(", ")", ",", "=", "<>", "<", "<=", ">", ">=", "+", "-"}));
    case 4:
      return std::string(
          pick({"!", "@", "'", "''", "\"", ";",   ".",  "/", "*",  "/*", "*/", "--",
                "é", "ſ", "K", "\\", "#",  "0x1", "1e", "%", "==", "!=", "||", "&&"}));
    default:
      return word(pick({"NOT", "AND", "OR", "BETWEEN", "IN", "TRUE", "FALSE", "NULL", "IS",
                        "CONTAINS", "STARTSWITH", "ENDSWITH", "LIKE", "ESCAPE"}));
  }
}

// Never cuts a character, as expressions are UTF-8.
std::string CaseSource::changed(std::string text) {
  std::vector<size_t> begins;
  for (size_t at = 0; at < text.size(); at = next_character(text, at)) {
    begins.push_back(at);
  }
  begins.push_back(text.size());
  const size_t from = begins[random_.below(begins.size())];
  const size_t to = begins[random_.below(begins.size())];
  const size_t next = from < text.size() ? next_character(text, from) : from;
  switch (random_.below(6)) {
    case 0:
      return text.substr(0, from);
    case 1:
      return text.erase(from, next - from);
    case 2:
      return text.insert(from, token());
    case 3:
      return text.replace(from, next - from, token());
    case 4:
      return text.insert(to, text.substr(from, next - from));
    default:
      return from < to && to - from < 20 ? text.erase(from, to - from) : text.insert(from, "'");
  }
}

std::string CaseSource::malformed() {
  std::string text;
  if (chance(5)) {
    for (uint64_t tokens = random_.below(9); tokens > 0; --tokens) {
      text += concat(token(), chance(3) ? "" : blank());
    }
    return text;
  }
  text = condition(static_cast<int>(random_.below(3)));
  for (uint64_t changes = 1 + random_.below(3); changes > 0; --changes) {
    text = changed(std::move(text));
  }
  return text;
}

std::string CaseSource::value_of(std::string_view name) {
  const bool typical = !chance(6);
  if (typical && (name == "i" || name == "n")) {
    return std::string(pick(kIntegers));
  }
  if (typical && name == "d") {
    return std::string(chance(3) ? pick(kIntegers) : pick(kDoubles));
  }
  if (typical && name == "b") {
    return std::string(pick(kTruths));
  }
  if (typical && name != "any") {
    return std::string(pick(kTexts));
  }
  switch (random_.below(5)) {
    case 0:
      return std::string(pick(kLargeIntegers));
    case 1:
      return std::string(pick(kOddDoubles));
    case 2:
    case 3:
      return std::string(pick(kOddNumbers));
    default:
      return std::string(pick(kTexts));
  }
}

std::string CaseSource::properties() {
  std::string text;
  for (const std::string_view name : kNames) {
    if (chance(6)) {
      continue;
    }
    if (chance(15)) {
      text += concat(name, "\x01", value_of(name), "\x02");
    }
    if (chance(40)) {
      text += pick({"\x02", "\x01\x02", "i\x02", "\x01x\x02", "i\x01y\x01z\x02"});
    }
    text += concat(name, "\x01", chance(30) ? "" : value_of(name), "\x02");
  }
  if (!text.empty() && chance(4)) {
    text.pop_back();
  }
  return text;
}

}  // namespace petrel::filter
