// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/composer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "broker/filter/java_number.h"
#include "broker/filter/refusal.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::filter {
namespace {

using Op = Instruction::Op;
using From = Operand::From;

bool on_stack(const Term& term) { return term.operand.from == From::kStack; }

Instruction comparison(const Term& left, Relation relation, const Term& right) {
  return {.op = Op::kCompare, .relation = relation, .left = left.operand, .right = right.operand};
}

}  // namespace

// Names and texts are, together, no longer than the expression: the buffer never grows beyond.
Composer::Composer(std::string_view expression) : expression_(expression) {
  parts_.text.reserve(expression.size());
}

absl::StatusOr<Term> Composer::leaf(const Token& token) {
  const size_t at = position(token);
  switch (token.kind) {
    case TokenKind::kName: {
      PETREL_ASSIGN_OR_RETURN(const uint32_t name, slot(token));
      return Term{Term::Kind::kProperty, {From::kProperty, name}, at, parts_.instructions.size()};
    }
    case TokenKind::kInteger:
    case TokenKind::kFloat:
      return number(token);
    case TokenKind::kString:
      return constant(Term::Kind::kLiteral, at, text_of(token));
    case TokenKind::kTrue:
    case TokenKind::kFalse:
      return constant(Term::Kind::kTruthLiteral, at, token.kind == TokenKind::kTrue);
    case TokenKind::kNull:
      return constant(Term::Kind::kTruthLiteral, at, Value());
    default:
      return refuse(at, concat("expected a property or a value, but found ", describe(token)));
  }
}

// As RocketMQ, which takes zero for one that is too small.
absl::StatusOr<Term> Composer::number(const Token& token) {
  const size_t at = position(token);
  std::string_view text = token.text;
  if (token.kind == TokenKind::kFloat) {
    const std::optional<double> value = read_java_double(text);
    PETREL_CHECK(value.has_value()) << text;
    if (std::isinf(*value) || *value == 0) {
      return refuse(at, concat("the number ", describe(token), " is too ",
                               *value == 0 ? "small for a Double, or zero" : "large for a Double"));
    }
    return constant(Term::Kind::kLiteral, at, *value);
  }
  if (text.ends_with('l') || text.ends_with('L')) {
    text.remove_suffix(1);
  }
  const std::optional<int64_t> value = read_java_long(text);
  if (!value) {
    return refuse(at, concat("the number ", describe(token), " is too large for a Long"));
  }
  return *value <= std::numeric_limits<int32_t>::max()
             ? constant(Term::Kind::kLiteral, at, static_cast<int32_t>(*value))
             : constant(Term::Kind::kLiteral, at, *value);
}

// Only numbers have a negative; that of everything else is null.
Term Composer::negative(Term term) {
  if (on_stack(term)) {
    add({.op = Op::kForget});
    term.kind = Term::Kind::kNegative;
    return term;
  }
  Value value;
  if (term.operand.from == From::kConstant) {
    value = std::visit(
        [](auto number) -> Value {
          if constexpr (std::is_arithmetic_v<decltype(number)> &&
                        !std::is_same_v<decltype(number), bool>) {
            return -number;
          } else {
            return Value();
          }
        },
        parts_.constants[term.operand.at]);
  }
  return constant(Term::Kind::kNegative, term.at, value);
}

absl::StatusOr<Term> Composer::inverse(Term term) {
  PETREL_RETURN_IF_ERROR(make_condition(term));
  add({.op = Op::kNot});
  return term;
}

absl::StatusOr<Term> Composer::join(Term left, Term right, Op op) {
  PETREL_ASSIGN_OR_RETURN(const size_t right_begin, place_condition(left, right.begin));
  PETREL_RETURN_IF_ERROR(make_condition(right));
  insert(right_begin, {.op = Op::kSkipIf,
                       .truth = op == Op::kAnd ? Truth::kFalse : Truth::kTrue,
                       .count = to_skip_from(right_begin)});
  add({.op = op});
  return condition(left);
}

absl::StatusOr<Term> Composer::equal(Term left, Term right, bool negated) {
  for (const Term& term : {left, right}) {
    const Value* literal = literal_of(term);
    if (literal != nullptr && is_null(*literal)) {
      return refuse(term.at, "NULL cannot be compared: expected a value, or IS NULL before it");
    }
  }
  if (left.kind == Term::Kind::kTruthLiteral && right.kind == Term::Kind::kLiteral) {
    return refuse(right.at, "expected no number and no string to compare TRUE or FALSE with");
  }
  add({.op = Op::kEqual, .left = left.operand, .right = right.operand});
  if (negated) {
    add({.op = Op::kNot});
  }
  return condition(left);
}

Term Composer::null(Term term, bool negated) {
  add({.op = Op::kIsNull, .left = term.operand});
  if (negated) {
    add({.op = Op::kNot});
  }
  return condition(term);
}

absl::StatusOr<Term> Composer::compare(Term left, Relation relation, Term right) {
  PETREL_RETURN_IF_ERROR(check_ordered(left));
  PETREL_RETURN_IF_ERROR(check_ordered(right));
  if (on_stack(left)) {  // It is null: what is on the right does not count, exceptions neither.
    cut(right.begin);
  } else {
    place_comparison(left, relation, right, parts_.instructions.size());
  }
  return condition(left);
}

absl::StatusOr<Term> Composer::between(Term value, Term low, Term high, bool negated) {
  for (const Term& term : {value, low, high}) {
    PETREL_RETURN_IF_ERROR(check_ordered(term));
  }
  const Value* low_number = literal_of(low);
  const Value* high_number = literal_of(high);
  if (!negated && low_number != nullptr && high_number != nullptr &&
      compare_numbers(*high_number, *low_number) < 0) {
    return refuse(high.at, "expected a number that is not below the one before AND");
  }
  if (on_stack(value)) {
    cut(low.begin);
    return condition(value);
  }
  high.begin =
      place_comparison(value, negated ? Relation::kLess : Relation::kGreaterEqual, low, high.begin);
  place_comparison(value, negated ? Relation::kGreater : Relation::kLessEqual, high,
                   parts_.instructions.size());
  insert(high.begin, {.op = Op::kSkipIf,
                      .truth = negated ? Truth::kTrue : Truth::kFalse,
                      .count = to_skip_from(high.begin)});
  add({.op = negated ? Op::kOr : Op::kAnd});
  return condition(value);
}

Term Composer::search(Term where, Search search, bool negated, const Token& string) {
  const Value part = text_of(string);
  if (std::get<std::string_view>(part).empty()) {
    // False both ways, and RocketMQ does not even look at what is on the left.
    cut(where.begin);
    add({.op = Op::kPush, .truth = Truth::kFalse});
  } else {
    add({.op = Op::kSearch,
         .search = search,
         .negated = negated,
         .left = where.operand,
         .right = {From::kConstant, add_constant(part)}});
  }
  return condition(where);
}

absl::StatusOr<Term> Composer::one_of(Term value, bool negated, const std::vector<Token>& strings) {
  if (value.kind != Term::Kind::kProperty) {
    return refuse(value.at, "expected a property before IN");
  }
  const auto first = static_cast<uint32_t>(parts_.constants.size());
  for (const Token& string : strings) {
    add_constant(text_of(string));
  }
  add({.op = Op::kIsOneOf,
       .negated = negated,
       .left = value.operand,
       .right = {From::kConstant, first},
       .count = static_cast<uint32_t>(strings.size())});
  return condition(value);
}

absl::StatusOr<Program> Composer::finish(Term term) && {
  PETREL_RETURN_IF_ERROR(make_condition(term));
  return Program(std::move(parts_));
}

absl::Status Composer::make_condition(Term& term) {
  PETREL_RETURN_IF_ERROR(place_condition(term, parts_.instructions.size()).status());
  term = condition(term);
  return absl::OkStatus();
}

absl::StatusOr<size_t> Composer::place_condition(const Term& term, size_t end) {
  switch (term.kind) {
    case Term::Kind::kCondition:
      return end;
    case Term::Kind::kProperty:
      insert(end, {.op = Op::kPushProperty, .left = term.operand});
      return end + 1;
    case Term::Kind::kTruthLiteral: {
      const auto* truth = std::get_if<bool>(&parts_.constants[term.operand.at]);
      insert(end, {.op = Op::kPush,
                   .truth = truth == nullptr ? Truth::kUnknown
                            : *truth         ? Truth::kTrue
                                             : Truth::kFalse});
      return end + 1;
    }
    case Term::Kind::kLiteral:
    case Term::Kind::kNegative:
      return refuse(term.at, "expected a condition, but found a value");
  }
  PETREL_CHECK(false) << "term " << static_cast<int>(term.kind);
}

absl::Status Composer::check_ordered(const Term& term) const {
  const Value* literal = literal_of(term);
  if (term.kind == Term::Kind::kCondition || (literal != nullptr && !is_number(*literal))) {
    return refuse(term.at, "expected a number or a property: nothing else is above or below");
  }
  return absl::OkStatus();
}

size_t Composer::place_comparison(const Term& left, Relation relation, const Term& right,
                                  size_t end) {
  insert(end, comparison(left, relation, right));
  if (!on_stack(right)) {
    return end + 1;
  }
  // Null on the left decides before what is on the right can end in an exception.
  insert(right.begin, {.op = Op::kSkipIfMissing,
                       .left = left.operand,
                       .count = static_cast<uint32_t>(end + 1 - right.begin)});
  return end + 2;
}

Term Composer::condition(const Term& left) const {
  return {Term::Kind::kCondition, {From::kStack}, left.at, left.begin};
}

Term Composer::constant(Term::Kind kind, size_t at, Value value) {
  return {kind, {From::kConstant, add_constant(value)}, at, parts_.instructions.size()};
}

// Null for what is no literal.
const Value* Composer::literal_of(const Term& term) const {
  return term.kind == Term::Kind::kLiteral || term.kind == Term::Kind::kTruthLiteral
             ? &parts_.constants[term.operand.at]
             : nullptr;
}

void Composer::insert(size_t at, const Instruction& instruction) {
  parts_.instructions.insert(parts_.instructions.begin() + static_cast<ptrdiff_t>(at), instruction);
}

void Composer::cut(size_t at) {
  parts_.instructions.erase(parts_.instructions.begin() + static_cast<ptrdiff_t>(at),
                            parts_.instructions.end());
}

uint32_t Composer::to_skip_from(size_t at) const {
  return static_cast<uint32_t>(parts_.instructions.size() - at + 1);
}

size_t Composer::position(const Token& token) const {
  return static_cast<size_t>(token.text.data() - expression_.data());
}

absl::Status Composer::refuse(size_t at, std::string_view what) const {
  return refusal(expression_, at, what);
}

absl::StatusOr<uint32_t> Composer::slot(const Token& name) {
  auto& names = parts_.names;
  const auto known = std::find(names.begin(), names.end(), name.text);
  const auto at = static_cast<uint32_t>(known - names.begin());
  if (known == names.end()) {
    if (names.size() == kNamesMax) {
      return refuse(position(name), concat("expected no more than ", kNamesMax, " properties"));
    }
    const size_t begin = parts_.text.size();
    parts_.text.insert(parts_.text.end(), name.text.begin(), name.text.end());
    names.emplace_back(parts_.text.data() + begin, name.text.size());
  }
  return at;
}

uint32_t Composer::add_constant(Value value) {
  parts_.constants.push_back(value);
  return static_cast<uint32_t>(parts_.constants.size() - 1);
}

// Without its quotes, and with each two inside as one.
Value Composer::text_of(const Token& string) {
  const std::string_view inside = string.text.substr(1, string.text.size() - 2);
  const size_t begin = parts_.text.size();
  for (size_t at = 0; at < inside.size(); ++at) {
    parts_.text.push_back(inside[at]);
    if (inside[at] == '\'') {
      ++at;
    }
  }
  return std::string_view(parts_.text.data() + begin, parts_.text.size() - begin);
}

}  // namespace petrel::filter
