// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/parser.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "broker/filter/composer.h"
#include "broker/filter/lexer.h"
#include "broker/filter/refusal.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::filter {
namespace {

std::optional<Relation> relation_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::kLess:
      return Relation::kLess;
    case TokenKind::kLessEqual:
      return Relation::kLessEqual;
    case TokenKind::kGreater:
      return Relation::kGreater;
    case TokenKind::kGreaterEqual:
      return Relation::kGreaterEqual;
    default:
      return std::nullopt;
  }
}

std::optional<Search> search_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::kContains:
      return Search::kContains;
    case TokenKind::kStartsWith:
      return Search::kStartsWith;
    case TokenKind::kEndsWith:
      return Search::kEndsWith;
    default:
      return std::nullopt;
  }
}

// Recursive descent, a function for each rule of the grammar. It looks one token ahead.
class Parser {
 public:
  explicit Parser(std::string_view expression)
      : expression_(expression), lexer_(expression), token_(lexer_.next()), composer_(expression) {}

  absl::StatusOr<Program> parse() && {
    PETREL_ASSIGN_OR_RETURN(const Term whole, disjunction());
    // What may follow is anybody's guess in RocketMQ, but it has to begin with a token.
    if (token_.kind == TokenKind::kInvalid) {
      return expected("an operator or the end");
    }
    return std::move(composer_).finish(whole);
  }

 private:
  using Parsed = absl::StatusOr<Term>;

  Parsed disjunction() {
    PETREL_ASSIGN_OR_RETURN(Term left, conjunction());
    while (take(TokenKind::kOr)) {
      PETREL_ASSIGN_OR_RETURN(const Term right, conjunction());
      PETREL_ASSIGN_OR_RETURN(left, composer_.either(left, right));
    }
    return left;
  }

  Parsed conjunction() {
    PETREL_ASSIGN_OR_RETURN(Term left, equality());
    while (take(TokenKind::kAnd)) {
      PETREL_ASSIGN_OR_RETURN(const Term right, equality());
      PETREL_ASSIGN_OR_RETURN(left, composer_.both(left, right));
    }
    return left;
  }

  Parsed equality() {
    PETREL_ASSIGN_OR_RETURN(Term left, comparison());
    while (true) {
      const bool negated = token_.kind == TokenKind::kNotEqual;
      if (negated || token_.kind == TokenKind::kEqual) {
        advance();
        PETREL_ASSIGN_OR_RETURN(const Term right, comparison());
        PETREL_ASSIGN_OR_RETURN(left, composer_.equal(left, right, negated));
      } else if (take(TokenKind::kIs)) {
        PETREL_ASSIGN_OR_RETURN(left, behind_is(left));
      } else {
        return left;
      }
    }
  }

  Parsed behind_is(const Term& left) {
    const bool negated = take(TokenKind::kNot);
    PETREL_RETURN_IF_ERROR(need(TokenKind::kNull, negated ? "NULL" : "NULL or NOT NULL"));
    return composer_.null(left, negated);
  }

  Parsed comparison() {
    PETREL_ASSIGN_OR_RETURN(Term left, unary());
    while (true) {
      if (const std::optional<Relation> relation = relation_of(token_.kind)) {
        advance();
        PETREL_ASSIGN_OR_RETURN(const Term right, unary());
        PETREL_ASSIGN_OR_RETURN(left, composer_.compare(left, *relation, right));
      } else if (const bool negated = take(TokenKind::kNot); negated || is_predicate()) {
        PETREL_ASSIGN_OR_RETURN(left, predicate(left, negated));
      } else {
        return left;
      }
    }
  }

  bool is_predicate() const {
    return token_.kind == TokenKind::kBetween || token_.kind == TokenKind::kIn ||
           search_of(token_.kind).has_value();
  }

  Parsed predicate(const Term& left, bool negated) {
    if (take(TokenKind::kBetween)) {
      PETREL_ASSIGN_OR_RETURN(const Term low, unary());
      PETREL_RETURN_IF_ERROR(need(TokenKind::kAnd, "AND"));
      PETREL_ASSIGN_OR_RETURN(const Term high, unary());
      return composer_.between(left, low, high, negated);
    }
    if (take(TokenKind::kIn)) {
      PETREL_ASSIGN_OR_RETURN(const std::vector<Token> strings, list());
      return composer_.one_of(left, negated, strings);
    }
    const std::optional<Search> search = search_of(token_.kind);
    if (!search) {
      return expected("BETWEEN, IN, CONTAINS, STARTSWITH or ENDSWITH");
    }
    advance();
    const Token string = token_;
    PETREL_RETURN_IF_ERROR(need(TokenKind::kString, "a string"));
    return composer_.search(left, *search, negated, string);
  }

  absl::StatusOr<std::vector<Token>> list() {
    PETREL_RETURN_IF_ERROR(need(TokenKind::kOpen, "`(`"));
    std::vector<Token> strings;
    do {
      strings.push_back(token_);
      PETREL_RETURN_IF_ERROR(need(TokenKind::kString, "a string"));
    } while (take(TokenKind::kComma));
    PETREL_RETURN_IF_ERROR(need(TokenKind::kClose, "`,` or `)`"));
    return strings;
  }

  Parsed unary() {
    if (depth_ == kDepthMax) {
      return expected(concat("no more than ", kDepthMax, " parentheses, NOT and signs around"));
    }
    ++depth_;
    Parsed parsed = behind_signs();
    --depth_;
    return parsed;
  }

  Parsed behind_signs() {
    if (take(TokenKind::kPlus)) {
      return unary();
    }
    if (take(TokenKind::kMinus)) {
      PETREL_ASSIGN_OR_RETURN(const Term term, unary());
      return composer_.negative(term);
    }
    if (take(TokenKind::kNot)) {
      PETREL_ASSIGN_OR_RETURN(const Term term, unary());
      return composer_.inverse(term);
    }
    if (take(TokenKind::kOpen)) {
      PETREL_ASSIGN_OR_RETURN(const Term inside, disjunction());
      PETREL_RETURN_IF_ERROR(need(TokenKind::kClose, "an operator or `)`"));
      return inside;
    }
    PETREL_ASSIGN_OR_RETURN(const Term leaf, composer_.leaf(token_));
    advance();
    return leaf;
  }

  void advance() { token_ = lexer_.next(); }

  bool take(TokenKind kind) {
    const bool is_there = token_.kind == kind;
    if (is_there) {
      advance();
    }
    return is_there;
  }

  absl::Status need(TokenKind kind, std::string_view what) {
    return take(kind) ? absl::OkStatus() : expected(what);
  }

  absl::Status expected(std::string_view what) const {
    return refusal(expression_, static_cast<size_t>(token_.text.data() - expression_.data()),
                   concat("expected ", what, ", but found ", describe(token_)));
  }

  const std::string_view expression_;
  Lexer lexer_;
  Token token_;  // the next one
  Composer composer_;
  size_t depth_ = 0;
};

}  // namespace

absl::StatusOr<Program> parse(std::string_view expression) {
  if (expression.size() > kExpressionBytesMax) {
    return refusal(expression, kExpressionBytesMax,
                   concat("expected no more than ", kExpressionBytesMax, " bytes"));
  }
  return Parser(expression).parse();
}

}  // namespace petrel::filter
