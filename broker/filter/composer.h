// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/filter/lexer.h"
#include "broker/filter/program.h"

namespace petrel::filter {

// A part of an expression that has been read.
struct Term {
  enum class Kind {
    kLiteral,       // a number or a text
    kTruthLiteral,  // TRUE, FALSE, NULL
    kProperty,
    kCondition,  // its truth is on the stack
    kNegative,   // with a minus: what the rules for literals do not apply to
  };
  Kind kind = Kind::kCondition;
  Operand operand = {Operand::From::kStack};
  size_t at = 0;  // in the expression, in bytes
  // Its instructions begin here. Constants and properties have none until it is known whether they
  // are conditions or values.
  size_t begin = 0;
};

// Makes a program of terms, and refuses those that RocketMQ refuses to put together. A term is used
// once; of two, the left one was made first: its instructions end where those of the right one
// begin.
class Composer {
 public:
  explicit Composer(std::string_view expression);

  // A name, a number, a string, TRUE, FALSE or NULL.
  absl::StatusOr<Term> leaf(const Token& token);

  Term negative(Term term);
  absl::StatusOr<Term> inverse(Term term);
  absl::StatusOr<Term> both(Term left, Term right) {
    return join(left, right, Instruction::Op::kAnd);
  }
  absl::StatusOr<Term> either(Term left, Term right) {
    return join(left, right, Instruction::Op::kOr);
  }

  absl::StatusOr<Term> equal(Term left, Term right, bool negated);
  Term null(Term term, bool negated);
  absl::StatusOr<Term> compare(Term left, Relation relation, Term right);
  absl::StatusOr<Term> between(Term value, Term low, Term high, bool negated);
  Term search(Term where, Search search, bool negated, const Token& string);
  absl::StatusOr<Term> one_of(Term value, bool negated, const std::vector<Token>& strings);

  // The whole expression.
  absl::StatusOr<Program> finish(Term term) &&;

 private:
  absl::StatusOr<Term> join(Term left, Term right, Instruction::Op op);
  // With its truth on the stack.
  absl::Status make_condition(Term& term);
  // Puts what pushes the truth of a term to where its instructions end, which is `end`; returns
  // where that is now.
  absl::StatusOr<size_t> place_condition(const Term& term, size_t end);
  absl::Status check_ordered(const Term& term) const;
  // The same for `left relation right`, behind the instructions of `right`.
  size_t place_comparison(const Term& left, Relation relation, const Term& right, size_t end);

  // `left` with what was added behind it.
  Term condition(const Term& left) const;
  Term constant(Term::Kind kind, size_t at, Value value);
  const Value* literal_of(const Term& term) const;
  void add(const Instruction& instruction) { parts_.instructions.push_back(instruction); }
  void insert(size_t at, const Instruction& instruction);
  // Takes the instructions from `at` on away.
  void cut(size_t at);
  // How many instructions stand from `at` on, with one more to come.
  uint32_t to_skip_from(size_t at) const;

  size_t position(const Token& token) const;
  absl::Status refuse(size_t at, std::string_view what) const;
  absl::StatusOr<Term> number(const Token& token);
  absl::StatusOr<uint32_t> slot(const Token& name);
  uint32_t add_constant(Value value);
  Value text_of(const Token& string);

  const std::string_view expression_;
  Program::Parts parts_;
};

}  // namespace petrel::filter
