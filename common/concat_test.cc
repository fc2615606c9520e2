// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/concat.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "absl/strings/string_view.h"

namespace petrel {
namespace {

TEST(Concat, JoinsTextAndNumbers) {
  const std::string name = "seg";
  EXPECT_EQ(
      concat(name, std::string_view(" at "), absl::string_view("x"), ' ', -3, ' ', UINT64_MAX),
      "seg at x -3 18446744073709551615");
  EXPECT_EQ(concat(0.5, " ", true, " ", uint8_t{7}), "0.5 true 7");
  EXPECT_EQ(concat(), "");
}

}  // namespace
}  // namespace petrel
