// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/comparison.h"

#include <gtest/gtest.h>

#include <string>

namespace petrel::filter {
namespace {

constexpr auto kRaises = std::nullopt;

Value text(std::string_view value) { return value; }
Value integer(int32_t value) { return value; }
Value big(int64_t value) { return value; }

TEST(Comparison, NullsAreEqualOnlyToEachOther) {
  EXPECT_EQ(equal({}, {}), Truth::kTrue);
  EXPECT_EQ(equal({}, text("a")), Truth::kUnknown);
  EXPECT_EQ(equal(text("a"), {}), Truth::kFalse);
  EXPECT_EQ(equal({}, true), Truth::kUnknown);
}

TEST(Comparison, OrderWithANullIsUnknown) {
  EXPECT_EQ(compare({}, Relation::kLess, integer(1)), Truth::kUnknown);
  EXPECT_EQ(compare(text("x"), Relation::kLess, {}), Truth::kUnknown);
  EXPECT_EQ(compare({}, Relation::kLessEqual, {}), Truth::kUnknown);
}

TEST(Comparison, ATextIsReadAsTheTypeOfTheNumberBesideIt) {
  EXPECT_EQ(equal(text("007"), integer(7)), Truth::kTrue);
  EXPECT_EQ(equal(integer(7), text("8")), Truth::kFalse);
  EXPECT_EQ(equal(text("7.0"), integer(7)), kRaises);
  EXPECT_EQ(equal(text("7.0"), 7.0), Truth::kTrue);
  EXPECT_EQ(equal(integer(7), text("")), kRaises);
  EXPECT_EQ(equal(text("3000000000"), integer(7)), kRaises);
  EXPECT_EQ(compare(text("3000000000"), Relation::kGreater, big(7000000000)), Truth::kFalse);
  EXPECT_EQ(compare(integer(7), Relation::kLess, text("11")), Truth::kTrue);
  EXPECT_EQ(compare(0.5, Relation::kLess, text(" 1 ")), Truth::kTrue);
}

TEST(Comparison, TwoTextsAreEqualAsTextsAndOrderedAsDoubles) {
  EXPECT_EQ(equal(text("1.0"), text("1")), Truth::kFalse);
  EXPECT_EQ(equal(text("a"), text("a")), Truth::kTrue);
  EXPECT_EQ(compare(text("9"), Relation::kLess, text("10")), Truth::kTrue);
  EXPECT_EQ(compare(text("a"), Relation::kLess, text("b")), kRaises);
  EXPECT_EQ(compare(text("-0.0"), Relation::kGreaterEqual, text("0")), Truth::kFalse);
}

TEST(Comparison, ATextThatIsTooLongIsNoNumber) {
  const std::string most = std::string(kNumberBytesMax - 1, '0') + "1";
  const std::string more = "0" + most;
  EXPECT_EQ(equal(text(most), integer(1)), Truth::kTrue);
  EXPECT_EQ(equal(text(more), integer(1)), kRaises);
  EXPECT_EQ(equal(integer(1), text(more)), kRaises);
  EXPECT_EQ(compare(text(most), Relation::kLess, text("2")), Truth::kTrue);
  EXPECT_EQ(compare(text(more), Relation::kLess, text("2")), kRaises);
  EXPECT_EQ(compare(text("2"), Relation::kLess, text(more)), kRaises);
  EXPECT_EQ(equal(text(more), text(more)), Truth::kTrue);
  EXPECT_EQ(equal(text(more), false), Truth::kTrue);
}

TEST(Comparison, NumbersOfDifferentTypesAreComparedAsTheWiderOne) {
  EXPECT_EQ(equal(integer(5), big(5)), Truth::kTrue);
  EXPECT_EQ(compare(big(5000000000), Relation::kGreater, integer(5)), Truth::kTrue);
  EXPECT_EQ(equal(integer(5), 5.0), Truth::kTrue);
  EXPECT_EQ(equal(big(9007199254740993), 9007199254740992.0), Truth::kTrue);
  EXPECT_EQ(compare(0.5, Relation::kGreaterEqual, integer(1)), Truth::kFalse);
}

TEST(Comparison, TruthsAreComparedWithTextsOnTheLeftOnly) {
  EXPECT_EQ(equal(text("TRUE"), true), Truth::kTrue);
  EXPECT_EQ(equal(text("yes"), false), Truth::kTrue);
  EXPECT_EQ(equal(text("yes"), true), Truth::kFalse);
  EXPECT_EQ(equal(true, text("true")), kRaises);
  EXPECT_EQ(equal(true, true), Truth::kTrue);
  EXPECT_EQ(equal(true, false), Truth::kFalse);
  EXPECT_EQ(equal(integer(1), true), Truth::kFalse);
  EXPECT_EQ(equal(true, integer(1)), Truth::kFalse);
}

TEST(Comparison, EachRelationHoldsForItsOrders) {
  const auto holds = [](int32_t left, Relation relation, int32_t right) {
    return compare(integer(left), relation, integer(right)) == Truth::kTrue;
  };
  for (const int32_t left : {1, 2, 3}) {
    EXPECT_EQ(holds(left, Relation::kLess, 2), left < 2);
    EXPECT_EQ(holds(left, Relation::kLessEqual, 2), left <= 2);
    EXPECT_EQ(holds(left, Relation::kGreater, 2), left > 2);
    EXPECT_EQ(holds(left, Relation::kGreaterEqual, 2), left >= 2);
  }
}

}  // namespace
}  // namespace petrel::filter
