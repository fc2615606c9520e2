// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/tag_filter.h"

#include <gtest/gtest.h>

#include "store/log/record.h"

namespace petrel::core {
namespace {

TEST(TagFilter, AStarAndAnEmptyExpressionMatchEverything) {
  for (const char* expression : {"*", "", "  * "}) {
    const auto filter = TagFilter::parse(expression);
    ASSERT_TRUE(filter.ok());
    EXPECT_TRUE(filter->matches_all());
    EXPECT_TRUE(filter->may_match(42));
    EXPECT_TRUE(filter->matches(""));
  }
}

TEST(TagFilter, AlternativesMatchByCodeAndByTag) {
  const auto filter = TagFilter::parse("red || green||blue ");
  ASSERT_TRUE(filter.ok());
  for (const char* tag : {"red", "green", "blue"}) {
    EXPECT_TRUE(filter->may_match(store::tags_code(tag))) << tag;
    EXPECT_TRUE(filter->matches(tag)) << tag;
  }
  EXPECT_FALSE(filter->may_match(store::tags_code("yellow")));
  EXPECT_FALSE(filter->may_match(0));
  EXPECT_FALSE(filter->matches(""));
}

TEST(TagFilter, TagsWithCollidingHashesAreToldApartByTheTag) {
  // "Aa" and "BB" have the same Java hash.
  const auto filter = TagFilter::parse("Aa");
  ASSERT_TRUE(filter.ok());
  EXPECT_TRUE(filter->may_match(store::tags_code("BB")));
  EXPECT_FALSE(filter->matches("BB"));
}

TEST(TagFilter, AnEmptyAlternativeIsRefused) {
  EXPECT_FALSE(TagFilter::parse("red||").ok());
  EXPECT_FALSE(TagFilter::parse("||red").ok());
  EXPECT_FALSE(TagFilter::parse("a || || b").ok());
}

}  // namespace
}  // namespace petrel::core
