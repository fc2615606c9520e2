// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/program.h"

#include <gtest/gtest.h>

#include <string>

#include "broker/filter/parser.h"
#include "common/concat.h"

namespace petrel::filter {
namespace {

// T, F and N as what it is, E for an exception of RocketMQ, R for a refused expression.
char outcome(std::string_view expression, std::string_view properties) {
  const auto program = parse(expression);
  if (!program.ok()) {
    return 'R';
  }
  const auto truth = program->evaluate(properties);
  return !truth ? 'E' : *truth == Truth::kTrue ? 'T' : *truth == Truth::kFalse ? 'F' : 'N';
}

constexpr std::string_view kProperties =
    "one\x01"
    "1\x02"
    "ten\x01"
    "10\x02"
    "half\x01"
    "0.5\x02"
    "word\x01"
    "it's\x02"
    "yes\x01"
    "true\x02"
    "none\x01\x02";

char outcome(std::string_view expression) { return outcome(expression, kProperties); }

// In all of these, `none` is missing: its condition is unknown. `word > 1` is an exception.

TEST(Program, AndAndOrHaveThreeValues) {
  const char* operands[] = {"TRUE", "FALSE", "NULL"};
  const char* of_and[] = {"TFN", "FFF", "NFN"};
  const char* of_or[] = {"TTT", "TFN", "TNN"};
  for (size_t left = 0; left < 3; ++left) {
    for (size_t right = 0; right < 3; ++right) {
      const std::string both = std::string(operands[left]) + " AND " + operands[right];
      const std::string either = std::string(operands[left]) + " OR " + operands[right];
      EXPECT_EQ(outcome(both), of_and[left][right]) << both;
      EXPECT_EQ(outcome(either), of_or[left][right]) << either;
    }
  }
}

TEST(Program, NotOfUnknownIsUnknown) {
  EXPECT_EQ(outcome("NOT TRUE"), 'F');
  EXPECT_EQ(outcome("NOT FALSE"), 'T');
  EXPECT_EQ(outcome("NOT NULL"), 'N');
}

TEST(Program, AnExceptionEndsAllThatLooksAtIt) {
  EXPECT_EQ(outcome("word > 1"), 'E');
  EXPECT_EQ(outcome("TRUE OR word > 1"), 'T');
  EXPECT_EQ(outcome("word > 1 OR TRUE"), 'E');
  EXPECT_EQ(outcome("FALSE AND word > 1"), 'F');
  EXPECT_EQ(outcome("none AND word > 1"), 'E');
  EXPECT_EQ(outcome("NOT (word > 1)"), 'E');
}

TEST(Program, AndBindsCloserThanOrAndNotCloserThanAll) {
  EXPECT_EQ(outcome("TRUE OR FALSE AND FALSE"), 'T');
  EXPECT_EQ(outcome("(TRUE OR FALSE) AND FALSE"), 'F');
  EXPECT_EQ(outcome("NOT TRUE OR TRUE"), 'T');
  EXPECT_EQ(outcome("NOT FALSE AND FALSE"), 'F');
  EXPECT_EQ(outcome("NOT yes = TRUE"), 'T');
  EXPECT_EQ(outcome("NOT (yes = TRUE)"), 'F');
  EXPECT_EQ(outcome("NOT one > 1"), 'R');
}

TEST(Program, EqualityGoesFromTheLeft) {
  EXPECT_EQ(outcome("one = 1 = TRUE"), 'T');
  EXPECT_EQ(outcome("one = 1 = yes"), 'E');
  EXPECT_EQ(outcome("one = 1 IS NULL"), 'F');
  EXPECT_EQ(outcome("none = 1 IS NULL"), 'T');
  EXPECT_EQ(outcome("one <> 1 <> FALSE"), 'F');
}

TEST(Program, APropertyAloneIsFalseOrUnknown) {
  EXPECT_EQ(outcome("yes"), 'F');
  EXPECT_EQ(outcome("none"), 'N');
  EXPECT_EQ(outcome("yes = TRUE"), 'T');
  EXPECT_EQ(outcome("word = FALSE"), 'T');
  EXPECT_EQ(outcome("TRUE = yes"), 'E');
}

TEST(Program, MissingPropertiesAreNull) {
  EXPECT_EQ(outcome("none IS NULL"), 'T');
  EXPECT_EQ(outcome("none IS NOT NULL"), 'F');
  EXPECT_EQ(outcome("one IS NULL"), 'F');
  EXPECT_EQ(outcome("one IS NOT NULL"), 'T');
  EXPECT_EQ(outcome("none = 1"), 'N');
  EXPECT_EQ(outcome("1 = none"), 'F');
  EXPECT_EQ(outcome("none <> 1"), 'N');
  EXPECT_EQ(outcome("1 <> none"), 'T');
  EXPECT_EQ(outcome("none = missing"), 'T');
  EXPECT_EQ(outcome("none > 1"), 'N');
  EXPECT_EQ(outcome("none IN ('a')"), 'N');
  EXPECT_EQ(outcome("none NOT IN ('a')"), 'N');
  EXPECT_EQ(outcome("none CONTAINS 'a'"), 'F');
  EXPECT_EQ(outcome("none NOT CONTAINS 'a'"), 'F');
}

TEST(Program, NumbersAreComparedWithProperties) {
  EXPECT_EQ(outcome("one < 2 AND one <= 1 AND one > 0 AND one >= 1 AND one = 1 AND one <> 2"), 'T');
  EXPECT_EQ(outcome("half > 0.25 AND half < 1.0"), 'T');
  EXPECT_EQ(outcome("half > 0"), 'E');
  EXPECT_EQ(outcome("ten > one"), 'T');
  EXPECT_EQ(outcome("ten = 10L"), 'T');
  EXPECT_EQ(outcome("one > -1 AND one > - 2 AND one < - -2"), 'T');
  EXPECT_EQ(outcome("word > one"), 'E');
}

TEST(Program, BetweenHasItsBoundsInside) {
  EXPECT_EQ(outcome("one BETWEEN 1 AND 3"), 'T');
  EXPECT_EQ(outcome("one BETWEEN -1 AND 1"), 'T');
  EXPECT_EQ(outcome("one BETWEEN 2 AND 3"), 'F');
  EXPECT_EQ(outcome("one NOT BETWEEN 2 AND 3"), 'T');
  EXPECT_EQ(outcome("one NOT BETWEEN 1 AND 1"), 'F');
  EXPECT_EQ(outcome("none BETWEEN 1 AND 3"), 'N');
  EXPECT_EQ(outcome("none NOT BETWEEN 1 AND 3"), 'N');
  EXPECT_EQ(outcome("one BETWEEN none AND 3"), 'N');
  EXPECT_EQ(outcome("ten BETWEEN none AND 3"), 'F');
  EXPECT_EQ(outcome("one BETWEEN half AND ten AND one = 1"), 'T');
  EXPECT_EQ(outcome("one BETWEEN 2 AND word"), 'F');
  EXPECT_EQ(outcome("one BETWEEN 1 AND word"), 'E');
}

TEST(Program, TextsAreFoundInTexts) {
  EXPECT_EQ(outcome("word = 'it''s'"), 'T');
  EXPECT_EQ(outcome("word CONTAINS '''' AND word STARTSWITH 'it' AND word ENDSWITH 's'"), 'T');
  EXPECT_EQ(outcome("word NOT CONTAINS 'x' AND word NOT STARTSWITH 't' AND word NOT ENDSWITH 'i'"),
            'T');
  EXPECT_EQ(outcome("word CONTAINS 'x'"), 'F');
  EXPECT_EQ(outcome("word CONTAINS ''"), 'F');
  EXPECT_EQ(outcome("word NOT CONTAINS ''"), 'F');
  EXPECT_EQ(outcome("(word > 1) CONTAINS ''"), 'F');
  EXPECT_EQ(outcome("(word > 1) CONTAINS 'a'"), 'E');
  EXPECT_EQ(outcome("1 CONTAINS '1'"), 'F');
  EXPECT_EQ(outcome("'abc' CONTAINS 'b'"), 'T');
}

TEST(Program, ListsAreLookedThrough) {
  EXPECT_EQ(outcome("one IN ('0', '1')"), 'T');
  EXPECT_EQ(outcome("one IN ('01')"), 'F');
  EXPECT_EQ(outcome("one NOT IN ('0', '1')"), 'F');
  EXPECT_EQ(outcome("word IN ('a', 'b', 'c', 'd', 'e', 'it''s')"), 'T');
}

TEST(Program, TheNegativeOfWhatIsNoNumberIsNull) {
  EXPECT_EQ(outcome("-one IS NULL"), 'T');
  EXPECT_EQ(outcome("-'a' = none"), 'T');
  EXPECT_EQ(outcome("-TRUE = 1"), 'N');
  EXPECT_EQ(outcome("-(one = 1) IS NULL"), 'T');
  EXPECT_EQ(outcome("-(word > 1) IS NULL"), 'E');
  EXPECT_EQ(outcome("-2 = -2"), 'T');
}

TEST(Program, WhatIsRightOfANullIsNotLookedAt) {
  EXPECT_EQ(outcome("none < -(word > 1)"), 'N');
  EXPECT_EQ(outcome("one < -(word > 1)"), 'E');
  EXPECT_EQ(outcome("-(one = 1) < -(word > 1)"), 'N');
  EXPECT_EQ(outcome("none BETWEEN -(word > 1) AND -(word > 1)"), 'N');
  EXPECT_EQ(outcome("one BETWEEN 2 AND -(word > 1)"), 'F');
  EXPECT_EQ(outcome("one BETWEEN 1 AND -(word > 1)"), 'E');
  EXPECT_EQ(outcome("-(one = 1) BETWEEN -(word > 1) AND 1"), 'N');
  EXPECT_EQ(outcome("none = -(word > 1)"), 'E');
}

TEST(Program, OfSeveralPropertiesWithOneNameTheLastWithAValueCounts) {
  EXPECT_EQ(outcome("a = '2'",
                    "a\x01"
                    "1\x02"
                    "a\x01"
                    "2\x02"),
            'T');
  EXPECT_EQ(outcome("a = '1'",
                    "a\x01"
                    "1\x02"
                    "a\x01\x02"),
            'T');
  EXPECT_EQ(outcome("a = '1'",
                    "a\x01"
                    "1"),
            'T');
  EXPECT_EQ(outcome("a IS NULL",
                    "a\x02\x01"
                    "1\x02"),
            'T');
  EXPECT_EQ(outcome("a = '1'",
                    "A\x01"
                    "1\x02"),
            'N');
}

TEST(Program, EachNameFindsItsProperty) {
  std::string properties;
  std::string expression = "TRUE";
  for (size_t i = 0; i < kNamesMax; ++i) {
    const std::string name = concat("p", i * 7 % 128);
    properties += concat(name, "\x01", i, "\x02", name, "x\x01other\x02");
    expression += concat(" AND ", name, " = ", i);
  }
  EXPECT_EQ(outcome(expression, properties), 'T');
}

TEST(Program, ConstantsOfAMovedProgramStay) {
  auto parsed = parse("word = 'it''s' AND one = '1'");
  ASSERT_TRUE(parsed.ok());
  const Program moved = *std::move(parsed);
  EXPECT_EQ(moved.evaluate(kProperties), Truth::kTrue);
}

}  // namespace
}  // namespace petrel::filter
