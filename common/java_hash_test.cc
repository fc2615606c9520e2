// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/java_hash.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace petrel {
namespace {

// The expected numbers are what OpenJDK 17 prints for String.hashCode().
TEST(JavaHashCode, IsJavasForAscii) {
  EXPECT_EQ(java_hash_code(""), 0);
  EXPECT_EQ(java_hash_code("TagA"), 2598919);
  EXPECT_EQ(java_hash_code("hello world, this wraps around"), 800652910);
}

TEST(JavaHashCode, MayBeTheSmallestInteger) {
  EXPECT_EQ(java_hash_code("polygenelubricants"), std::numeric_limits<int32_t>::min());
}

TEST(JavaHashCode, CountsUtf16Units) {
  EXPECT_EQ(java_hash_code("\xC3\xA9"), 233);                      // U+00E9
  EXPECT_EQ(java_hash_code("\xE8\xAE\xA2\xE5\x8D\x95"), 1129459);  // U+8BA2 U+5355
  EXPECT_EQ(java_hash_code("a\xF0\x9F\x98\x80z"), 57849718);       // U+1F600, a surrogate pair
}

TEST(JavaHashCode, CountsEachInvalidByteAsOneReplacementCharacter) {
  const int32_t replacement = java_hash_code("\xEF\xBF\xBD");
  EXPECT_EQ(replacement, 0xFFFD);
  for (const std::string text : {"\x80", "\xFF", "\xC3", "\xE2", "\xF0"}) {
    EXPECT_EQ(java_hash_code(text), replacement);
  }
  const int32_t two = replacement * 31 + replacement;
  EXPECT_EQ(java_hash_code("\xC0\xAF"), two);  // overlong
  EXPECT_EQ(java_hash_code("\xE8\xAE"), two);  // cut short
  const int32_t three = two * 31 + replacement;
  EXPECT_EQ(java_hash_code("\xED\xA0\x80"), three);  // a surrogate
  EXPECT_EQ(java_hash_code("\xE0\x80\xAF"), three);  // overlong
  EXPECT_EQ(java_hash_code("\xE8"
                           "ab"),
            (replacement * 31 + 'a') * 31 + 'b');
}

}  // namespace
}  // namespace petrel
