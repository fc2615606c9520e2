// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/bounded_mailbox.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace petrel {
namespace {

TEST(BoundedMailbox, DrainTakesEverythingInOrder) {
  BoundedMailbox<int> mailbox(8);
  EXPECT_TRUE(mailbox.try_push(1));
  EXPECT_TRUE(mailbox.try_push(2));
  std::vector<int> out = {99};
  EXPECT_TRUE(mailbox.drain(&out, 0));
  EXPECT_EQ(out, (std::vector<int>{1, 2}));
  EXPECT_TRUE(mailbox.drain(&out, 0));
  EXPECT_TRUE(out.empty());
}

TEST(BoundedMailbox, FullMailboxRefusesAndLeavesTheValueToItsOwner) {
  BoundedMailbox<std::unique_ptr<int>> mailbox(1);
  EXPECT_TRUE(mailbox.try_push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(mailbox.try_push(std::move(second)));
  ASSERT_NE(second, nullptr);  // NOLINT(bugprone-use-after-move): the refusal is what is tested
  EXPECT_EQ(mailbox.size(), 1U);
  std::vector<std::unique_ptr<int>> out;
  mailbox.drain(&out, 0);
  EXPECT_TRUE(mailbox.try_push(std::move(second)));
}

TEST(BoundedMailbox, IsFullOfBytesBeforeItIsFullOfValues) {
  BoundedMailbox<int> mailbox(8, 100);
  EXPECT_TRUE(mailbox.try_push(1, 60));
  EXPECT_FALSE(mailbox.try_push(2, 41));
  EXPECT_TRUE(mailbox.try_push(2, 40));
  EXPECT_EQ(mailbox.bytes(), 100U);
  EXPECT_TRUE(mailbox.try_push(3)) << "what holds nothing has room";
  EXPECT_FALSE(mailbox.try_push(4, 1));
  EXPECT_TRUE(mailbox.push_unbounded(4));
  std::vector<int> out;
  mailbox.drain(&out, 0);
  EXPECT_EQ(out.size(), 4U);
  EXPECT_EQ(mailbox.bytes(), 0U);
}

TEST(BoundedMailbox, OneValueIsTakenHoweverMuchItHolds) {
  BoundedMailbox<int> mailbox(8, 100);
  EXPECT_TRUE(mailbox.try_push(1, 1'000));
  EXPECT_FALSE(mailbox.try_push(2, 1));
  std::vector<int> out;
  mailbox.drain(&out, 0);
  EXPECT_TRUE(mailbox.try_push(2, 1));
}

TEST(BoundedMailbox, ClosedMailboxRefusesButGivesOutWhatItHolds) {
  BoundedMailbox<int> mailbox(8);
  EXPECT_TRUE(mailbox.try_push(1));
  mailbox.close();
  EXPECT_FALSE(mailbox.try_push(2));
  std::vector<int> out;
  EXPECT_TRUE(mailbox.drain(&out, BoundedMailbox<int>::kWaitForever));
  EXPECT_EQ(out, std::vector<int>{1});
  EXPECT_FALSE(mailbox.drain(&out, BoundedMailbox<int>::kWaitForever));
  EXPECT_TRUE(out.empty());
}

TEST(BoundedMailbox, WaitEndsAtItsDeadlineWithNothing) {
  BoundedMailbox<int> mailbox(8);
  std::vector<int> out;
  EXPECT_TRUE(mailbox.drain(&out, 1000));
  EXPECT_TRUE(out.empty());
}

TEST(BoundedMailbox, CloseWakesASleepingConsumer) {
  BoundedMailbox<int> mailbox(8);
  std::thread consumer([&] {
    std::vector<int> out;
    EXPECT_FALSE(mailbox.drain(&out, BoundedMailbox<int>::kWaitForever));
  });
  mailbox.close();
  consumer.join();
}

TEST(BoundedMailbox, ManyProducersLoseNothingAndKeepTheirOwnOrder) {
  constexpr int kProducers = 4;
  constexpr int kValuesEach = 20'000;
  struct Value {
    int producer;
    int number;
  };
  BoundedMailbox<Value> mailbox(64);
  std::vector<std::thread> producers;
  for (int producer = 0; producer < kProducers; ++producer) {
    producers.emplace_back([&mailbox, producer] {
      for (int number = 0; number < kValuesEach; ++number) {
        while (!mailbox.try_push({producer, number})) {
          std::this_thread::yield();
        }
      }
    });
  }
  std::vector<int> next(kProducers, 0);
  std::vector<Value> out;
  for (int received = 0; received < kProducers * kValuesEach;) {
    ASSERT_TRUE(mailbox.drain(&out, BoundedMailbox<Value>::kWaitForever));
    ASSERT_LE(out.size(), 64U);
    for (const Value& value : out) {
      ASSERT_EQ(value.number, next[static_cast<size_t>(value.producer)]++);
      ++received;
    }
  }
  for (std::thread& producer : producers) {
    producer.join();
  }
}

}  // namespace
}  // namespace petrel
