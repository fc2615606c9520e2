// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/answer_memory.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace petrel::frontend {
namespace {

class AnswerMemoryTest : public testing::Test {
 protected:
  // Who asks, by number; told in the order of being granted.
  void wait(int who, int64_t bytes) {
    memory_.wait(bytes, [this, who](AnswerMemory::Share share) {
      (share ? granted_ : refused_).push_back(who);
      shares_.push_back(std::move(share));
    });
  }
  ManualClock clock_;
  AnswerMemory memory_{clock_, {.bytes_max = 100, .wait_ms = 1'000}};
  std::vector<int> granted_;
  std::vector<int> refused_;
  std::vector<AnswerMemory::Share> shares_;
};

TEST_F(AnswerMemoryTest, IsTakenUntilItIsFullAndGivenBack) {
  std::optional<AnswerMemory::Share> first = memory_.try_take(60);
  ASSERT_TRUE(*first);
  EXPECT_FALSE(memory_.try_take(41));
  const AnswerMemory::Share second = memory_.try_take(40);
  EXPECT_TRUE(second);
  EXPECT_EQ(memory_.held_bytes(), 100);
  first.reset();
  EXPECT_EQ(memory_.held_bytes(), 40);
}

TEST_F(AnswerMemoryTest, OneIsGrantedHoweverLarge) {
  const AnswerMemory::Share large = memory_.try_take(1'000);
  EXPECT_TRUE(large);
  EXPECT_FALSE(memory_.try_take(1));
}

TEST_F(AnswerMemoryTest, WhoWaitsIsServedInOrderAndNobodyOvertakes) {
  std::optional<AnswerMemory::Share> first = memory_.try_take(90);
  wait(1, 50);
  wait(2, 10);
  EXPECT_FALSE(memory_.try_take(5)) << "others came before";
  EXPECT_TRUE(granted_.empty());
  first.reset();
  EXPECT_EQ(granted_, (std::vector<int>{1, 2}));
  EXPECT_EQ(memory_.held_bytes(), 60);
  EXPECT_EQ(memory_.waiting(), 0U);
}

TEST_F(AnswerMemoryTest, WhoFindsRoomMeanwhileDoesNotWait) {
  wait(1, 10);
  EXPECT_EQ(granted_, std::vector<int>{1});
}

TEST_F(AnswerMemoryTest, WhoWaitedTooLongGetsNoneAndMakesRoomForOthers) {
  const AnswerMemory::Share first = memory_.try_take(50);
  wait(1, 60);
  clock_.advance_ms(999);
  wait(2, 40);
  memory_.expire();
  EXPECT_TRUE(refused_.empty());
  clock_.advance_ms(1);
  memory_.expire();
  EXPECT_EQ(refused_, std::vector<int>{1});
  EXPECT_EQ(granted_, std::vector<int>{2});
}

}  // namespace
}  // namespace petrel::frontend
