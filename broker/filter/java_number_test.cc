// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/java_number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace petrel::filter {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(JavaNumber, IntegersAreASignAndDigitsWithinTheirRange) {
  EXPECT_EQ(read_java_int("0"), 0);
  EXPECT_EQ(read_java_int("-0012"), -12);
  EXPECT_EQ(read_java_int("+7"), 7);
  EXPECT_EQ(read_java_int("2147483647"), 2147483647);
  EXPECT_EQ(read_java_int("-2147483648"), std::numeric_limits<int32_t>::min());
  EXPECT_EQ(read_java_long("9223372036854775807"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(read_java_long("-9223372036854775808"), std::numeric_limits<int64_t>::min());
  for (const char* text :
       {"2147483648", "-2147483649", "", "-", "+", " 1", "1 ", "1.0", "1L", "0x1", "--1", "1-"}) {
    EXPECT_EQ(read_java_int(text), std::nullopt) << text;
  }
  for (const char* text : {"9223372036854775808", "-9223372036854775809",
                           "99999999999999999999999999", "", "-", "1e3"}) {
    EXPECT_EQ(read_java_long(text), std::nullopt) << text;
  }
}

TEST(JavaNumber, IntegersMayHaveDigitsOfOtherScripts) {
  EXPECT_EQ(read_java_int("１２"), 12);
  EXPECT_EQ(read_java_int("-٣4"), -34);
  for (const char* text : {"é", "一", "𝟙", "\xEF\xBC", "\xD9", "\xFF", "１２元"}) {
    EXPECT_EQ(read_java_int(text), std::nullopt) << text;
  }
  EXPECT_EQ(read_java_double("１２"), std::nullopt);
}

TEST(JavaNumber, DoublesAreWhatJavaWritesAndReads) {
  EXPECT_EQ(read_java_double("1"), 1.0);
  EXPECT_EQ(read_java_double(" \t-1.5e3 \x01"), -1500.0);
  EXPECT_EQ(read_java_double("+.5"), 0.5);
  EXPECT_EQ(read_java_double("5."), 5.0);
  EXPECT_EQ(read_java_double("1e0000000001"), 10.0);
  EXPECT_EQ(read_java_double("1f"), 1.0);
  EXPECT_EQ(read_java_double("1.e2D"), 100.0);
  EXPECT_EQ(read_java_double("0x1.8p1"), 3.0);
  EXPECT_EQ(read_java_double("-0X.8P+3f"), -4.0);
  EXPECT_EQ(read_java_double("Infinity"), kInfinity);
  EXPECT_EQ(read_java_double("-Infinity"), -kInfinity);
  EXPECT_TRUE(std::isnan(*read_java_double("NaN")));
  EXPECT_TRUE(std::isnan(*read_java_double("-NaN")));
  EXPECT_TRUE(std::signbit(*read_java_double("-0.0")));
  for (const char* text :
       {"",      " ",    "-",    ".",   "e5",  ".e5",      "1e",        "1e+",  "f",   ".f",
        "1ff",   "1 f",  "1L",   "nan", "inf", "infinity", "Infinityf", "NaNd", "0x1", "0x1f",
        "0x.p1", "0xp1", "0x1p", "1,5", "- 1", "+-1",      "1_0",       "x"}) {
    EXPECT_EQ(read_java_double(text), std::nullopt) << text;
  }
}

TEST(JavaNumber, DoublesOutOfRangeAreInfiniteOrZero) {
  EXPECT_EQ(read_java_double("1e309"), kInfinity);
  EXPECT_EQ(read_java_double("-1e99999999999999999999"), -kInfinity);
  EXPECT_EQ(read_java_double("1e-99999999999999999999"), 0.0);
  EXPECT_EQ(read_java_double("0e99999999999999999999"), 0.0);
  EXPECT_EQ(read_java_double("2e-324"), 0.0);
  EXPECT_EQ(read_java_double("4.9e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(read_java_double("1e-310"), 1e-310);
  EXPECT_EQ(read_java_double("0x1p99999999999"), kInfinity);
  EXPECT_EQ(read_java_double("0x1p-1075"), 0.0);
  EXPECT_EQ(read_java_double("0x1.8p-1075"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(read_java_double(std::string(400, '9')), kInfinity);
  EXPECT_EQ(read_java_double("0." + std::string(400, '0') + "1e401"), 1.0);
}

TEST(JavaNumber, DoublesHaveATotalOrder) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double ascending[] = {-kInfinity, -1, -0.0, 0.0, 1, kInfinity, nan};
  for (size_t left = 0; left < std::size(ascending); ++left) {
    for (size_t right = 0; right < std::size(ascending); ++right) {
      const int order = compare_java_doubles(ascending[left], ascending[right]);
      EXPECT_EQ(order < 0, left < right) << left << ' ' << right;
      EXPECT_EQ(order == 0, left == right) << left << ' ' << right;
    }
  }
}

}  // namespace
}  // namespace petrel::filter
