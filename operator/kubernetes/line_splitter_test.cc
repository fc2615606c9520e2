// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/line_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace petrel::k8s {
namespace {

using ::testing::ElementsAre;

class Lines {
 public:
  explicit Lines(size_t line_bytes_max) : splitter(line_bytes_max) {}

  absl::Status add(std::string_view bytes) {
    return splitter.add(bytes, [this](std::string_view line) {
      told.emplace_back(line);
      return line == "bad" ? absl::DataLossError("bad") : absl::OkStatus();
    });
  }

  LineSplitter splitter;
  std::vector<std::string> told;
};

TEST(LineSplitterTest, LinesComeOutWhereverTheBytesAreCut) {
  const std::string text = "{\"a\":1}\n\n{\"b\":\"\xc3\xa4\"}\n{}\n";
  for (size_t first = 0; first <= text.size(); ++first) {
    for (size_t second = first; second <= text.size(); ++second) {
      Lines lines(100);
      ASSERT_TRUE(lines.add(text.substr(0, first)).ok());
      ASSERT_TRUE(lines.add(text.substr(first, second - first)).ok());
      ASSERT_TRUE(lines.add(text.substr(second)).ok());
      ASSERT_THAT(lines.told, ElementsAre("{\"a\":1}", "", "{\"b\":\"\xc3\xa4\"}", "{}"));
      ASSERT_EQ(lines.splitter.pending_bytes(), 0U);
    }
  }
}

TEST(LineSplitterTest, ALineWithoutItsEndIsPending) {
  Lines lines(100);
  ASSERT_TRUE(lines.add("one\ntw").ok());
  EXPECT_THAT(lines.told, ElementsAre("one"));
  EXPECT_EQ(lines.splitter.pending_bytes(), 2U);
}

TEST(LineSplitterTest, ALineOfTheLimitPassesAndALongerOneDoesNot) {
  Lines fits(4);
  EXPECT_TRUE(fits.add("ab").ok());
  EXPECT_TRUE(fits.add("cd\n").ok());
  EXPECT_THAT(fits.told, ElementsAre("abcd"));

  Lines too_long(4);
  EXPECT_TRUE(too_long.add("abcd").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(too_long.add("e")));

  Lines at_once(4);
  EXPECT_TRUE(absl::IsResourceExhausted(at_once.add("abcde\n")));
}

TEST(LineSplitterTest, TheFirstErrorEndsTheTelling) {
  Lines lines(100);
  EXPECT_TRUE(absl::IsDataLoss(lines.add("one\nbad\nthree\n")));
  EXPECT_THAT(lines.told, ElementsAre("one", "bad"));
}

}  // namespace
}  // namespace petrel::k8s
