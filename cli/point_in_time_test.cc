// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/point_in_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output.h"

namespace petrel::cli {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;  // 2023-11-14T22:13:20Z

TEST(ParseTime, ReadsEveryForm) {
  EXPECT_EQ(*parse_time_ms(format_time(kNow), 0), kNow) << "what tables show";
  EXPECT_EQ(*parse_time_ms("2023-11-14T22:13:20Z", 0), kNow);
  EXPECT_EQ(*parse_time_ms("2023-11-15T00:13:20.25+02:00", 0), kNow + 250);
  EXPECT_EQ(*parse_time_ms("1700000000123", 0), 1'700'000'000'123);
  EXPECT_EQ(*parse_time_ms("100000000000", 0), 100'000'000'000);
  EXPECT_EQ(*parse_time_ms("now", kNow), kNow);
  EXPECT_EQ(*parse_time_ms("2h", kNow), kNow - 7'200'000);
  EXPECT_EQ(*parse_time_ms("2023-11-14", 0), *parse_time_ms("2023-11-14 00:00:00", 0));
}

TEST(ParseTime, RefusesAllElse) {
  for (const char* text : {"yesterday", "2023-11-14 22:13:20 x", "-5", "", "2023-02-30",
                           "2023-02-30 10:00:00", "2023-11-14T25:00:00Z"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(parse_time_ms(text, kNow).status())) << text;
  }
}

// A year, a day, seconds since 1970: milliseconds of 1970 to nobody.
TEST(ParseTime, RefusesNumbersThatAreTooSmallForMilliseconds) {
  for (const char* text : {"0", "2026", "20261130", "1700000000", "99999999999"}) {
    const absl::Status refused = parse_time_ms(text, kNow).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refused)) << text;
    EXPECT_THAT(std::string(refused.message()),
                testing::HasSubstr("milliseconds since 1970 have 12 digits or more"));
    EXPECT_FALSE(parse_group_begin(text, kNow).ok()) << text;
  }
}

TEST(ParseGroupBegin, TakesWordsAndTimesThatHaveBeen) {
  using Kind = ops::ConsumeFrom::Kind;
  EXPECT_EQ(parse_group_begin("First", kNow)->kind, Kind::kFirst);
  EXPECT_EQ(parse_group_begin("Last", kNow)->kind, Kind::kLast);
  EXPECT_EQ(*parse_group_begin("1h", kNow),
            (ops::ConsumeFrom{.kind = Kind::kTime, .time_ms = kNow - 3'600'000}));
  EXPECT_EQ(parse_group_begin("now", kNow)->time_ms, kNow);
  EXPECT_THAT(std::string(parse_group_begin("2023-11-14T22:13:21Z", kNow).status().message()),
              testing::HasSubstr("is a time to come: say Last"));
  EXPECT_THAT(std::string(parse_group_begin("first", kNow).status().message()),
              testing::HasSubstr("neither First nor Last"));
}

}  // namespace
}  // namespace petrel::cli
