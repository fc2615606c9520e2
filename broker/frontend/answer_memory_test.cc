// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/answer_memory.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace petrel::frontend {
namespace {

class AnswerMemoryTest : public testing::Test {
 protected:
  // Who asks, by number; told in the order of being granted.
  void wait(int who, int64_t bytes, std::string_view client = "") {
    memory_.wait(client.empty() ? std::to_string(who) : client, bytes,
                 [this, who](AnswerMemory::Share share) {
                   (share ? granted_ : refused_).push_back(who);
                   shares_.push_back(std::move(share));
                 });
  }
  ManualClock clock_;
  AnswerMemory memory_{clock_, {.bytes_max = 100, .client_percent = 40, .wait_ms = 1'000}};
  std::vector<int> granted_;
  std::vector<int> refused_;
  std::vector<AnswerMemory::Share> shares_;
};

TEST_F(AnswerMemoryTest, IsTakenUntilItIsFullAndGivenBack) {
  std::optional<AnswerMemory::Share> first = memory_.try_take("a", 60);
  ASSERT_TRUE(*first);
  EXPECT_FALSE(memory_.try_take("b", 41));
  const AnswerMemory::Share second = memory_.try_take("b", 40);
  EXPECT_TRUE(second);
  EXPECT_EQ(memory_.held_bytes(), 100);
  first.reset();
  EXPECT_EQ(memory_.held_bytes(), 40);
}

TEST_F(AnswerMemoryTest, OneIsGrantedHoweverLarge) {
  const AnswerMemory::Share large = memory_.try_take("a", 1'000);
  EXPECT_TRUE(large);
  EXPECT_FALSE(memory_.try_take("b", 1));
}

TEST_F(AnswerMemoryTest, WhoWaitsIsServedInOrderAndNobodyOvertakes) {
  std::optional<AnswerMemory::Share> first = memory_.try_take("a", 90);
  wait(1, 50);
  wait(2, 10);
  EXPECT_FALSE(memory_.try_take("b", 5)) << "others came before";
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
  const AnswerMemory::Share first = memory_.try_take("a", 50);
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

TEST_F(AnswerMemoryTest, OneClientWaitsBeyondItsPartAndOthersGoPastIt) {
  std::optional<AnswerMemory::Share> unread = memory_.try_take("slow", 30);
  EXPECT_FALSE(memory_.try_take("slow", 11));
  wait(1, 11, "slow");
  wait(2, 5, "slow");
  EXPECT_TRUE(granted_.empty()) << "not even what is small enough overtakes its own";
  EXPECT_FALSE(memory_.try_take("slow", 5));
  const AnswerMemory::Share fast = memory_.try_take("fast", 40);
  EXPECT_TRUE(fast) << "at once";
  wait(3, 30);
  EXPECT_EQ(granted_, std::vector<int>{3});
  unread.reset();
  EXPECT_EQ(granted_, (std::vector<int>{3, 1, 2}));
}

TEST_F(AnswerMemoryTest, OneAnswerOfAClientMayBeLargerThanItsPart) {
  const AnswerMemory::Share large = memory_.try_take("a", 70);
  EXPECT_TRUE(large);
  EXPECT_TRUE(memory_.try_take("b", 30));
}

TEST_F(AnswerMemoryTest, RoomThatOthersMadeGoesToTheFirstThatIsWithinItsPart) {
  const AnswerMemory::Share unread = memory_.try_take("slow", 40);
  std::optional<AnswerMemory::Share> other = memory_.try_take("other", 60);
  wait(1, 10, "slow");
  wait(2, 50);
  wait(3, 20);
  other.reset();
  EXPECT_EQ(granted_, std::vector<int>{2}) << "3 waits for the room that there is not";
  clock_.advance_ms(1'000);
  memory_.expire();
  EXPECT_EQ(refused_, (std::vector<int>{1, 3}));
  EXPECT_EQ(memory_.waiting(), 0U);
}

TEST_F(AnswerMemoryTest, WhoGaveAllBackIsAsIfItHadNeverAsked) {
  { const AnswerMemory::Share share = memory_.try_take("a", 40); }
  EXPECT_EQ(memory_.held_bytes(), 0);
  EXPECT_TRUE(memory_.try_take("a", 40));
}

}  // namespace
}  // namespace petrel::frontend
