// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/units.h"

#include <gtest/gtest.h>

namespace petrel {
namespace {

TEST(Units, ReadsSizes) {
  EXPECT_EQ(*parse_bytes("0"), 0);
  EXPECT_EQ(*parse_bytes("512"), 512);
  EXPECT_EQ(*parse_bytes("512B"), 512);
  EXPECT_EQ(*parse_bytes("64KiB"), 65536);
  EXPECT_EQ(*parse_bytes("1GiB"), 1 << 30);
  EXPECT_EQ(*parse_bytes("2TiB"), int64_t{2} << 40);
}

TEST(Units, RefusesWhatIsNotASize) {
  for (const char* text : {"", "B", "-1", "+1", "1 MiB", "1MB", "1mib", "1.5GiB", "1GiB2",
                           "9223372036854775808", "8388608TiB", " 1", "1KiB "}) {
    EXPECT_FALSE(parse_bytes(text).ok()) << text;
  }
}

TEST(Units, WritesSizesInTheShortestExactForm) {
  EXPECT_EQ(format_bytes(0), "0B");
  EXPECT_EQ(format_bytes(1000), "1000B");
  EXPECT_EQ(format_bytes(1536), "1536B");
  EXPECT_EQ(format_bytes(64 << 20), "64MiB");
}

TEST(Units, ReadsDurations) {
  EXPECT_EQ(*parse_duration_ms("0"), 0);
  EXPECT_EQ(*parse_duration_ms("500ms"), 500);
  EXPECT_EQ(*parse_duration_ms("30s"), 30'000);
  EXPECT_EQ(*parse_duration_ms("1h30m"), 5'400'000);
  EXPECT_EQ(*parse_duration_ms("7d"), 604'800'000);
}

TEST(Units, RefusesWhatIsNotADuration) {
  for (const char* text : {"", "500", "s", "1 s", "-1s", "1.5s", "1h30", "1us",
                           "9223372036854775807s", "1S", "9223372036854775807ms1ms"}) {
    EXPECT_FALSE(parse_duration_ms(text).ok()) << text;
  }
}

TEST(Units, EveryWrittenFormReadsBackAsTheSameValue) {
  for (const int64_t value : {int64_t{0}, int64_t{1}, int64_t{999}, int64_t{1024}, int64_t{90'000},
                              int64_t{86'400'000}, INT64_MAX}) {
    EXPECT_EQ(*parse_bytes(format_bytes(value)), value);
    EXPECT_EQ(*parse_duration_ms(format_duration_ms(value)), value);
  }
  EXPECT_EQ(format_duration_ms(90'000), "90s");
}

}  // namespace
}  // namespace petrel
