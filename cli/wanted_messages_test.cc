// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/wanted_messages.h"

#include <gtest/gtest.h>

#include <thread>

namespace petrel::cli {
namespace {

TEST(WantedMessages, NoMoreAreAskedForThanAreWanted) {
  WantedMessages wanted(3, 2);
  EXPECT_EQ(wanted.take(0), 1u);
  EXPECT_EQ(wanted.take(1), 1u);
  EXPECT_EQ(wanted.take(0), 1u);
  EXPECT_FALSE(wanted.is_contended());
  wanted.settle(1, 1);
  wanted.settle(1, 0);
  EXPECT_EQ(wanted.take(1), 1u);
  wanted.settle(1, 1);
  wanted.settle(1, 1);
  EXPECT_EQ(wanted.take(0), 0u);
}

TEST(WantedMessages, ManyAreSharedOutInBatches) {
  WantedMessages wanted(3000, 2);
  EXPECT_EQ(wanted.take(0), WantedMessages::kBatchMax);
  EXPECT_EQ(wanted.take(1), WantedMessages::kBatchMax);
}

TEST(WantedMessages, WhatOneBrokerDoesNotHaveTheNextOneIsAskedFor) {
  WantedMessages wanted(1, 2);
  ASSERT_EQ(wanted.take(0), 1u);
  size_t taken_by_other = 0;
  std::thread other([&] { taken_by_other = wanted.take(1); });
  while (!wanted.is_contended()) {
    std::this_thread::yield();
  }
  wanted.settle(1, 0);
  other.join();
  EXPECT_EQ(taken_by_other, 1u);
  wanted.settle(1, 1);
  EXPECT_EQ(wanted.take(0), 0u);
}

TEST(WantedMessages, ABrokerThatHasJustHadItsTurnWaitsForTheOthers) {
  WantedMessages wanted(1, 2);
  ASSERT_EQ(wanted.take(0), 1u);
  size_t taken_by_other = 0;
  std::thread other([&] {
    taken_by_other = wanted.take(1);
    wanted.settle(1, 1);
  });
  while (!wanted.is_contended()) {
    std::this_thread::yield();
  }
  wanted.settle(1, 0);
  EXPECT_EQ(wanted.take(0), 0u);
  other.join();
  EXPECT_EQ(taken_by_other, 1u);
}

TEST(WantedMessages, TheEndEndsAllWaits) {
  WantedMessages wanted(1, 2);
  ASSERT_EQ(wanted.take(0), 1u);
  std::thread other([&] { EXPECT_EQ(wanted.take(1), 0u); });
  wanted.end();
  other.join();
}

}  // namespace
}  // namespace petrel::cli
