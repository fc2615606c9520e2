// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/stamp.h"

#include <gtest/gtest.h>

namespace petrel::bench {
namespace {

TEST(Stamp, WhatIsWrittenIsRead) {
  const Stamp stamp{.sent_ns = 0x0102030405060708, .run_id = 0xfedcba9876543210, .number = 77};
  std::string body(100, 'x');
  write_stamp(stamp, body.data());
  EXPECT_EQ(read_stamp(body), stamp);
  EXPECT_EQ(body.substr(0, 4), "\x01\x02\x03\x04");
  EXPECT_EQ(body.substr(kStampBytes), std::string(100 - kStampBytes, 'x'));
}

TEST(Stamp, ABodyThatIsTooShortHasNone) {
  EXPECT_TRUE(read_stamp(std::string(kStampBytes, 'x')).has_value());
  EXPECT_FALSE(read_stamp(std::string(kStampBytes - 1, 'x')).has_value());
  EXPECT_FALSE(read_stamp("").has_value());
}

TEST(IncompressibleBytes, AreTheSameForTheSameSeedOnlyAndUseEveryByteValueEvenly) {
  const std::string bytes = incompressible_bytes(1 << 16, 1);
  EXPECT_EQ(bytes, incompressible_bytes(1 << 16, 1));
  EXPECT_NE(bytes, incompressible_bytes(1 << 16, 2));
  int counts[256] = {};
  for (char byte : bytes) ++counts[static_cast<unsigned char>(byte)];
  for (int count : counts) {
    EXPECT_GT(count, 256 / 2);
    EXPECT_LT(count, 256 * 2);
  }
}

TEST(MonotonicNs, NeverGoesBack) {
  const int64_t first = monotonic_ns();
  EXPECT_GE(monotonic_ns(), first);
}

}  // namespace
}  // namespace petrel::bench
