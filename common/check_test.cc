// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/check.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace petrel {
namespace {

enum class Color : uint8_t { kRed = 7 };
struct Opaque {
  bool operator==(const Opaque&) const { return false; }
};

TEST(Check, PassingChecksEvaluateTheirOperandsOnce) {
  int evaluations = 0;
  PETREL_CHECK(++evaluations == 1);
  PETREL_CHECK_EQ(++evaluations, 2);
  EXPECT_EQ(evaluations, 2);
}

TEST(Check, ComparesIntegersOfDifferentSignByValue) {
  const std::vector<int> items = {1, 2};
  PETREL_CHECK_EQ(items.size(), 2);
  PETREL_CHECK_LT(-1, items.size());
  PETREL_CHECK_GE(items.size(), -5);
}

TEST(Check, MayStandBeforeAnElse) {
  bool reached_else = false;
  if (reached_else)  // NOLINT(readability-braces-around-statements): what is tested
    PETREL_CHECK(false);
  else  // NOLINT(readability-braces-around-statements)
    reached_else = true;
  EXPECT_TRUE(reached_else);
}

TEST(CheckDeathTest, PrintsConditionAndStreamedWords) {
  EXPECT_DEATH(PETREL_CHECK(1 > 2) << "offset " << 42,
               "check_test.cc:[0-9]+: check failed: 1 > 2 offset 42");
}

TEST(CheckDeathTest, PrintsBothOperands) {
  const int64_t synced = 9;
  const int64_t written = 4;
  EXPECT_DEATH(PETREL_CHECK_LE(synced, written), "synced <= written \\(9 vs 4\\)");
  EXPECT_DEATH(PETREL_CHECK_NE(Color::kRed, Color::kRed), "\\(7 vs 7\\)");
  EXPECT_DEATH(PETREL_CHECK_EQ(Opaque(), Opaque()), "unprintable");
}

TEST(CheckDeathTest, PrintsTheStatusThatIsNotOk) {
  EXPECT_DEATH(PETREL_CHECK_OK(absl::DataLossError("torn")), "DATA_LOSS: torn");
  const absl::StatusOr<int> result = absl::NotFoundError("gone");
  EXPECT_DEATH(PETREL_CHECK_OK(result) << "queue 3", "NOT_FOUND: gone queue 3");
}

}  // namespace
}  // namespace petrel
