// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/tag_filter.h"

#include <gtest/gtest.h>

#include "common/concat.h"
#include "store/log/record.h"

namespace petrel::core {
namespace {

using Verdict = MessageFilter::Verdict;

bool takes(const MessageFilter& filter, std::string_view tag) {
  const std::string properties = tag.empty() ? "" : concat("TAGS\x01", tag, "\x02");
  return filter.takes({.properties = properties});
}

TEST(TagFilter, AStarAndAnEmptyExpressionAreNoFilter) {
  for (const char* expression : {"*", "", "  * "}) {
    const auto filter = parse_tag_filter(expression);
    ASSERT_TRUE(filter.ok());
    EXPECT_EQ(*filter, nullptr);
    EXPECT_TRUE(may_take(filter->get(), 42));
  }
}

TEST(TagFilter, AlternativesMatchByCodeAndByTag) {
  const auto parsed = parse_tag_filter("red || green||blue ");
  ASSERT_TRUE(parsed.ok());
  const MessageFilter& filter = **parsed;
  for (const char* tag : {"red", "green", "blue"}) {
    EXPECT_EQ(filter.by_tags_code(store::tags_code(tag)), Verdict::kNeedsRecord) << tag;
    EXPECT_TRUE(may_take(&filter, store::tags_code(tag))) << tag;
    EXPECT_TRUE(takes(filter, tag)) << tag;
  }
  EXPECT_EQ(filter.by_tags_code(store::tags_code("yellow")), Verdict::kRefused);
  EXPECT_EQ(filter.by_tags_code(0), Verdict::kRefused);
  EXPECT_FALSE(may_take(&filter, 0));
  EXPECT_FALSE(takes(filter, ""));
}

TEST(TagFilter, TagsWithCollidingHashesAreToldApartByTheTag) {
  // "Aa" and "BB" have the same Java hash.
  const auto filter = parse_tag_filter("Aa");
  ASSERT_TRUE(filter.ok());
  EXPECT_EQ((*filter)->by_tags_code(store::tags_code("BB")), Verdict::kNeedsRecord);
  EXPECT_FALSE(takes(**filter, "BB"));
}

TEST(TagFilter, AnEmptyAlternativeIsRefused) {
  EXPECT_FALSE(parse_tag_filter("red||").ok());
  EXPECT_FALSE(parse_tag_filter("||red").ok());
  EXPECT_FALSE(parse_tag_filter("a || || b").ok());
}

}  // namespace
}  // namespace petrel::core
