// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/quantity.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "operator/resources/schema.h"

namespace petrel::ops {
namespace {

TEST(Quantity, IsWhatThePatternOfTheApiServerSays) {
  const std::regex pattern(kQuantityPattern.begin(), kQuantityPattern.end());
  for (const char* text : {"0",
                           "1",
                           "10Gi",
                           "500m",
                           "1.5",
                           "0.125Ti",
                           "999999999999999Ti",
                           "2k",
                           "3M",
                           "4G",
                           "5T",
                           "6Ki",
                           "7Mi",
                           "",
                           "Gi",
                           "-1",
                           "+1",
                           "1.",
                           ".5",
                           "1.2345",
                           "1 Gi",
                           "1gi",
                           "1GB",
                           "1e3",
                           "1000000000000000",
                           "1.5.5",
                           "1Gi ",
                           "0x1",
                           "1n",
                           "1E"}) {
    EXPECT_EQ(is_quantity(text), std::regex_match(text, pattern)) << text;
  }
}

TEST(Quantity, ComparesAmountsAndNotTexts) {
  EXPECT_TRUE(compare_quantities("1Gi", "1024Mi") == 0);
  EXPECT_TRUE(compare_quantities("1Gi", "1G") > 0);
  EXPECT_TRUE(compare_quantities("1000m", "1") == 0);
  EXPECT_TRUE(compare_quantities("0.5", "500m") == 0);
  EXPECT_TRUE(compare_quantities("999m", "1") < 0);
  EXPECT_TRUE(compare_quantities("1.5Ti", "1536Gi") == 0);
  EXPECT_TRUE(compare_quantities("999999999999999Ti", "999999999999998.999Ti") > 0);
  EXPECT_TRUE(compare_quantities("0", "0m") == 0);
}

}  // namespace
}  // namespace petrel::ops
