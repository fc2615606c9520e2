// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/sql_filter.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "store/log/record.h"

namespace petrel::filter {
namespace {

using Verdict = core::MessageFilter::Verdict;

bool takes(std::string_view expression, std::string_view properties) {
  const auto filter = parse_sql_filter(expression);
  EXPECT_TRUE(filter.ok()) << filter.status();
  return filter.ok() && (*filter)->takes({.properties = properties});
}

TEST(SqlFilter, NeedsTheRecordWhateverTheEntrySays) {
  for (const char* expression : {"a = '1'", "TRUE", "FALSE"}) {
    const auto filter = parse_sql_filter(expression);
    ASSERT_TRUE(filter.ok());
    ASSERT_NE(*filter, nullptr);
    EXPECT_EQ((*filter)->by_tags_code(0), Verdict::kNeedsRecord);
    EXPECT_EQ((*filter)->by_tags_code(store::tags_code("red")), Verdict::kNeedsRecord);
  }
}

TEST(SqlFilter, TakesWhatIsTrueAndNothingElse) {
  const std::string properties =
      "a\x01"
      "1\x02"
      "region\x01"
      "eu\x02";
  EXPECT_TRUE(takes("a BETWEEN 0 AND 3 AND region = 'eu'", properties));
  EXPECT_FALSE(takes("a BETWEEN 2 AND 3 AND region = 'eu'", properties));
  EXPECT_FALSE(takes("missing = 'eu'", properties));
  EXPECT_FALSE(takes("NOT (missing = 'eu')", properties));
  EXPECT_FALSE(takes("region = 1", properties));
  EXPECT_FALSE(takes("NOT (region = 1)", properties));
}

TEST(SqlFilter, SeesAllPropertiesOfTheRecord) {
  const std::string properties =
      "TAGS\x01red\x02KEYS\x01k1 k2\x02UNIQ_KEY\x01"
      "01AB\x02";
  EXPECT_TRUE(
      takes("TAGS = 'red' AND KEYS CONTAINS 'k2' AND UNIQ_KEY STARTSWITH '01'", properties));
  EXPECT_FALSE(takes("tags IS NOT NULL", properties));
}

TEST(SqlFilter, ASqlFilterOfNothingIsRefused) {
  for (const char* expression : {"", " ", "*", "a =", "a > 'b'"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(parse_sql_filter(expression).status())) << expression;
  }
}

}  // namespace
}  // namespace petrel::filter
