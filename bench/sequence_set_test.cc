// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/sequence_set.h"

#include <gtest/gtest.h>

namespace petrel::bench {
namespace {

TEST(SequenceSet, ANumberIsNewOnlyOnce) {
  SequenceSet set;
  EXPECT_TRUE(set.insert(1000));
  EXPECT_FALSE(set.insert(1000));
  EXPECT_TRUE(set.insert(0));
  EXPECT_TRUE(set.insert(63));
  EXPECT_TRUE(set.insert(64));
  EXPECT_EQ(set.count(), 4U);
}

TEST(SequenceSet, MissingNumbersAreCountedOneWay) {
  SequenceSet sent, received;
  for (uint64_t i = 0; i < 500; ++i) sent.insert(i);
  for (uint64_t i = 3; i < 1000; ++i) received.insert(i);
  EXPECT_EQ(sent.count_missing_in(received), 3U);
  EXPECT_EQ(received.count_missing_in(sent), 500U);
}

TEST(SequenceSet, MergingKeepsTheNumbersOfBoth) {
  SequenceSet left, right;
  left.insert(1);
  right.insert(1);
  right.insert(7000);
  left.merge(right);
  EXPECT_EQ(left.count(), 2U);
  EXPECT_EQ(right.count_missing_in(left), 0U);
}

TEST(SequenceSet, ANumberBeyondTheLimitTakesNoMemoryAndCountsAsNew) {
  SequenceSet set;
  EXPECT_TRUE(set.insert(SequenceSet::kLimit));
  EXPECT_TRUE(set.insert(SequenceSet::kLimit));
  EXPECT_EQ(set.count(), 0U);
}

}  // namespace
}  // namespace petrel::bench
