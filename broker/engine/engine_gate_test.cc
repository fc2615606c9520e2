// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/engine/engine_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace petrel::engine {
namespace {

TEST(EngineGate, LetsThreadsInOnlyWhileItIsOpen) {
  EngineGate gate;
  EXPECT_FALSE(gate.enter());
  gate.open();
  EXPECT_TRUE(gate.is_open());
  EXPECT_TRUE(gate.enter());
  gate.close();
  EXPECT_FALSE(gate.is_open());
  EXPECT_FALSE(gate.enter());
}

TEST(EngineGate, ClosingWaitsForTheLastThatIsInside) {
  EngineGate gate;
  gate.open();
  std::atomic<bool> left = false;
  auto pass = std::make_unique<EngineGate::Pass>(gate.enter());
  std::thread inside([&] {
    while (gate.is_open()) std::this_thread::yield();
    EXPECT_FALSE(gate.enter()) << "nobody comes in while it closes";
    left = true;
    pass.reset();
  });
  gate.close();
  EXPECT_TRUE(left);
  inside.join();
}

TEST(EngineGate, NobodyIsInsideWhileItIsClosed) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 2'000;
  EngineGate gate;
  int guarded = 0;  // a data race, and a value that changes, if somebody is inside
  std::atomic<bool> over = false;
  std::atomic<int64_t> entered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      while (!over) {
        const auto pass = gate.enter();
        if (!pass) continue;
        const int before = guarded;
        EXPECT_EQ(guarded, before);
        ++entered;
      }
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    gate.open();
    std::this_thread::yield();
    gate.close();
    guarded = round;
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(entered, 0);
}

}  // namespace
}  // namespace petrel::engine
