// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/parser.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "common/concat.h"

namespace petrel::filter {
namespace {

std::string refusal_of(std::string_view expression) {
  const auto parsed = parse(expression);
  EXPECT_TRUE(absl::IsInvalidArgument(parsed.status())) << expression;
  return std::string(parsed.status().message());
}

void expect_refused(std::string_view expression, int column, std::string_view what) {
  EXPECT_EQ(refusal_of(expression), concat("filter expression, column ", column, ": ", what))
      << expression;
}

std::string repeated(int times, std::string_view part) {
  std::string text;
  for (int i = 0; i < times; ++i) {
    text += part;
  }
  return text;
}

TEST(Parser, TellsTheColumnAndWhatWasExpected) {
  expect_refused("", 1, "expected a property or a value, but found the end");
  expect_refused("a = ", 5, "expected a property or a value, but found the end");
  expect_refused("a = 1 AND AND", 11, "expected a property or a value, but found `AND`");
  expect_refused("(a = 1", 7, "expected an operator or `)`, but found the end");
  expect_refused("a IS 1", 6, "expected NULL or NOT NULL, but found `1`");
  expect_refused("a IS NOT 1", 10, "expected NULL, but found `1`");
  expect_refused("a BETWEEN 1 OR 2", 13, "expected AND, but found `OR`");
  expect_refused("a NOT 1", 7,
                 "expected BETWEEN, IN, CONTAINS, STARTSWITH or ENDSWITH, but found `1`");
  expect_refused("a IN 'x'", 6, "expected `(`, but found `'x'`");
  expect_refused("a IN ()", 7, "expected a string, but found `)`");
  expect_refused("a IN (1)", 7, "expected a string, but found `1`");
  expect_refused("a IN ('x' 'y')", 11, "expected `,` or `)`, but found `'y'`");
  expect_refused("a CONTAINS b", 12, "expected a string, but found `b`");
  expect_refused("a = 'é' AND b = é", 17, "expected a property or a value, but found `é`");
  expect_refused("a = 1 !", 7, "expected an operator or the end, but found `!`");
  expect_refused("a = 'b", 5,
                 "expected a property or a value, but found a string without its end: 'b");
}

TEST(Parser, ValuesAreNoConditions) {
  for (const char* expression : {"1", "'a'", "-a", "a = 1 AND 'b'", "NOT 1", "1 OR a = 1"}) {
    EXPECT_NE(refusal_of(expression).find("expected a condition, but found a value"),
              std::string::npos)
        << expression;
  }
  expect_refused("1 AND 'b'", 1, "expected a condition, but found a value");
  for (const char* expression : {"a", "TRUE", "null", "NOT a", "a AND TRUE", "(a)", "+a"}) {
    EXPECT_TRUE(parse(expression).ok()) << expression;
  }
}

TEST(Parser, OnlyNumbersAndPropertiesHaveAnOrder) {
  for (const char* expression :
       {"a > 'b'", "'b' < a", "a >= TRUE", "a <= NULL", "(a = 1) < 2", "a > 1 > 2",
        "a BETWEEN 'a' AND 'b'", "a BETWEEN NULL AND 2", "TRUE NOT BETWEEN 1 AND 2"}) {
    EXPECT_NE(refusal_of(expression).find("expected a number or a property"), std::string::npos)
        << expression;
  }
  for (const char* expression : {"a > b", "1 < a", "1 < 2", "a > -'b'", "a > -(b = 1)"}) {
    EXPECT_TRUE(parse(expression).ok()) << expression;
  }
}

TEST(Parser, BoundsOfBetweenAreInOrderWhereTheyAreNumbers) {
  expect_refused("a BETWEEN 3 AND 2", 17, "expected a number that is not below the one before AND");
  EXPECT_FALSE(parse("a BETWEEN 2.5 AND 2").ok());
  EXPECT_FALSE(parse("a BETWEEN 3000000000 AND 2").ok());
  EXPECT_TRUE(parse("a BETWEEN 2 AND 2").ok());
  EXPECT_TRUE(parse("a BETWEEN 2 AND -2").ok());
  EXPECT_TRUE(parse("a NOT BETWEEN 3 AND 2").ok());
}

TEST(Parser, NullIsNotComparedAndTruthsNotWithNumbersAndStrings) {
  expect_refused("a = NULL", 5, "NULL cannot be compared: expected a value, or IS NULL before it");
  EXPECT_FALSE(parse("NULL <> a").ok());
  EXPECT_FALSE(parse("TRUE = 1").ok());
  EXPECT_FALSE(parse("FALSE <> 'a'").ok());
  EXPECT_TRUE(parse("1 = TRUE").ok());
  EXPECT_TRUE(parse("TRUE = a").ok());
  EXPECT_TRUE(parse("TRUE = FALSE").ok());
}

TEST(Parser, OnlyPropertiesAreLookedForInLists) {
  expect_refused("'a' IN ('a')", 1, "expected a property before IN");
  EXPECT_FALSE(parse("(a = 'b') NOT IN ('a')").ok());
  EXPECT_TRUE(parse("+((a)) NOT IN ('a', 'b')").ok());
}

TEST(Parser, NumbersFitTheirTypes) {
  EXPECT_TRUE(parse("a = 9223372036854775807").ok());
  expect_refused("a = 9223372036854775808", 5,
                 "the number `9223372036854775808` is too large for a Long");
  EXPECT_FALSE(parse("a = -9223372036854775808").ok());
  EXPECT_TRUE(parse("a = 1.7976931348623157e308").ok());
  expect_refused("a = 1e309", 5, "the number `1e309` is too large for a Double");
  EXPECT_TRUE(parse("a = 4.9e-324").ok());
  expect_refused("a = 0.0", 5, "the number `0.0` is too small for a Double, or zero");
  EXPECT_FALSE(parse("a = 1e-400").ok());
}

TEST(Parser, WhatFollowsACompleteExpressionIsIgnoredAsInRocketMq) {
  EXPECT_TRUE(parse("a = 1 b = 2").ok());
  EXPECT_TRUE(parse("a = 1) OR").ok());
  EXPECT_TRUE(parse("a = 007").ok());
  EXPECT_TRUE(parse("a = 1 b @").ok());
  EXPECT_FALSE(parse("a = 1 @").ok());
}

TEST(Parser, DepthIsBounded) {
  const int most = static_cast<int>(kDepthMax) - 1;
  for (const char* sign : {"NOT ", "-", "+"}) {
    EXPECT_TRUE(parse(concat(sign[0] == 'N' ? "" : "a = ", repeated(most, sign), "b")).ok());
    EXPECT_NE(refusal_of(concat(repeated(most + 1, sign), "b")).find("no more than 32"),
              std::string::npos);
  }
  EXPECT_TRUE(parse(concat(repeated(most, "("), "a", repeated(most, ")"))).ok());
  expect_refused(concat(repeated(most + 1, "("), "a", repeated(most + 1, ")")), most + 2,
                 "expected no more than 32 parentheses, NOT and signs around, but found `a`");
  EXPECT_TRUE(parse(concat("a", repeated(200, " OR (a AND NOT b)"))).ok());
}

TEST(Parser, LengthIsBounded) {
  const std::string most = concat("a = '", std::string(kExpressionBytesMax - 6, 'x'), "'");
  ASSERT_EQ(most.size(), kExpressionBytesMax);
  EXPECT_TRUE(parse(most).ok());
  expect_refused(most + " ", static_cast<int>(kExpressionBytesMax) + 1,
                 "expected no more than 4096 bytes");
}

TEST(Parser, NamesAreBounded) {
  std::string most = "a0";
  for (size_t i = 1; i < kNamesMax; ++i) {
    most += concat(" OR a", i);
  }
  EXPECT_TRUE(parse(most).ok());
  EXPECT_TRUE(parse(most + " OR a1").ok());
  EXPECT_NE(refusal_of(most + " OR b").find("expected no more than 64 properties"),
            std::string::npos);
}

TEST(Parser, TheDeepestExpressionsHaveRoomToBeEvaluated) {
  // Each level leaves a truth of OR, AND and = below it, and is three deep.
  const int most = (static_cast<int>(kDepthMax) - 1) / 3;
  const std::string text =
      concat(repeated(most, "TRUE = FALSE OR TRUE AND TRUE = (3 BETWEEN 2 AND -("), "a",
             repeated(most, "))"));
  const auto parsed = parse(text);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_TRUE(parsed->evaluate("").has_value());
}

}  // namespace
}  // namespace petrel::filter
