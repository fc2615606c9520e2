// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/work_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace petrel::k8s {
namespace {

const ObjectKey kA{"ns", "a"};
const ObjectKey kB{"ns", "b"};

TEST(WorkQueue, AKeyWaitsOnceHoweverOftenItIsAdded) {
  const ManualWaitableClock clock;
  WorkQueue queue(clock);
  queue.add(kA);
  queue.add(kB);
  queue.add(kA);
  EXPECT_EQ(queue.stats().waiting, 2u);
  EXPECT_EQ(queue.take(), kA);
  EXPECT_EQ(queue.take(), kB);
  EXPECT_EQ(queue.stats().waiting, 0u);
}

TEST(WorkQueue, AKeyAddedWhileItIsHeldWaitsAgainAfter) {
  const ManualWaitableClock clock;
  WorkQueue queue(clock);
  queue.add(kA);
  ASSERT_EQ(queue.take(), kA);
  queue.add(kA);
  queue.add(kA);
  EXPECT_EQ(queue.stats().waiting, 0u) << "no two workers hold one key";
  queue.done(kA, true);
  EXPECT_EQ(queue.stats().waiting, 1u);
  EXPECT_EQ(queue.take(), kA);
}

TEST(WorkQueue, UserEditsComeBeforeResync) {
  const ManualWaitableClock clock;
  WorkQueue queue(clock);
  for (int i = 0; i < 1000; ++i) {
    queue.add({"ns", "resync-" + std::to_string(i)}, Priority::kResync);
  }
  queue.add(kA, Priority::kUser);
  EXPECT_EQ(queue.take(), kA);
}

TEST(WorkQueue, AnEditRaisesAKeyThatWaitsForResync) {
  const ManualWaitableClock clock;
  WorkQueue queue(clock);
  queue.add(kB, Priority::kResync);
  queue.add(kA, Priority::kResync);
  queue.add(kA, Priority::kUser);
  EXPECT_EQ(queue.take(), kA);
  queue.done(kA, true);
  EXPECT_EQ(queue.take(), kB);
  EXPECT_EQ(queue.stats().waiting, 0u) << "the raised key waits once";
}

TEST(WorkQueue, ADelayedKeyIsTakenWhenItsTimeHasCome) {
  ManualWaitableClock clock;
  WorkQueue queue(clock);
  queue.add_after(kA, 5'000);
  queue.add_after(kA, 9'000);
  queue.add_after(kA, 2'000);
  std::optional<ObjectKey> taken;
  std::thread worker([&] { taken = queue.take(); });
  EXPECT_EQ(clock.await_waiter_ms(), 2'000);
  clock.advance_ms(2'000);
  worker.join();
  EXPECT_EQ(taken, kA);
  EXPECT_EQ(queue.stats().delayed, 0u);
}

// The time after which a key that was given back as failed is taken again.
int64_t retry_after_ms(WorkQueue& queue, ManualWaitableClock& clock, const ObjectKey& key) {
  queue.done(key, false);
  std::optional<ObjectKey> taken;
  std::thread worker([&] { taken = queue.take(); });
  const int64_t wait_ms = clock.await_waiter_ms();
  clock.advance_ms(wait_ms);
  worker.join();
  EXPECT_EQ(taken, key);
  return wait_ms;
}

TEST(WorkQueue, FailuresBackOffFromFiveMillisecondsAndSuccessForgetsThem) {
  ManualWaitableClock clock;
  WorkQueue queue(clock);
  queue.add(kA);
  ASSERT_EQ(queue.take(), kA);
  for (const int64_t expected_ms : {5, 10, 20, 40}) {
    EXPECT_EQ(retry_after_ms(queue, clock, kA), expected_ms);
  }
  queue.done(kA, true);
  queue.add(kA);
  ASSERT_EQ(queue.take(), kA);
  EXPECT_EQ(retry_after_ms(queue, clock, kA), 5);
}

TEST(WorkQueue, BackoffHasAnEnd) {
  ManualWaitableClock clock;
  WorkQueue queue(clock);
  queue.add(kA);
  ASSERT_EQ(queue.take(), kA);
  for (int i = 0; i < 70; ++i) {
    retry_after_ms(queue, clock, kA);
  }
  EXPECT_EQ(retry_after_ms(queue, clock, kA), 1'000'000);
}

TEST(WorkQueue, AnEditDoesNotWaitForTheBackoff) {
  const ManualWaitableClock clock;
  WorkQueue queue(clock);
  queue.add(kA);
  ASSERT_EQ(queue.take(), kA);
  queue.done(kA, false);
  queue.add(kA);
  EXPECT_EQ(queue.take(), kA);
}

TEST(WorkQueue, ManyFailuresShareOneRateOfRetries) {
  ManualWaitableClock clock;
  WorkQueue queue(clock, {.retries_per_second = 10, .retry_burst = 3});
  for (int i = 0; i < 5; ++i) {
    queue.add({"ns", std::to_string(i)});
  }
  for (int i = 0; i < 5; ++i) {
    const auto key = queue.take();
    ASSERT_TRUE(key);
    queue.done(*key, false);
  }
  // Three within the burst, then one each 100 ms.
  clock.advance_ms(5);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(queue.take());
  }
  EXPECT_EQ(queue.stats().delayed, 2u);
  std::thread worker([&] { queue.take(); });
  EXPECT_EQ(clock.await_waiter_ms(), 95);
  clock.advance_ms(95);
  worker.join();
}

TEST(WorkQueue, StopWakesAllWorkersAndTakesBackWhatTheyHold) {
  const ManualWaitableClock clock;
  WorkQueue queue(clock);
  queue.add(kA);
  ASSERT_EQ(queue.take(), kA);
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] { EXPECT_EQ(queue.take(), std::nullopt); });
  }
  queue.stop();
  for (std::thread& worker : workers) {
    worker.join();
  }
  queue.done(kA, false);
  EXPECT_EQ(queue.stats().delayed, 0u);
}

TEST(WorkQueue, StatsShowAWorkerThatIsStuck) {
  ManualWaitableClock clock;
  WorkQueue queue(clock);
  queue.add(kA);
  queue.add(kB);
  ASSERT_EQ(queue.take(), kA);
  clock.advance_ms(90'000);
  EXPECT_EQ(queue.stats().held, 1u);
  EXPECT_EQ(queue.stats().longest_held_ms, 90'000);
  EXPECT_EQ(queue.stats().oldest_waiting_ms, 90'000);
}

TEST(WorkQueue, NoTwoWorkersHoldOneKeyAndNoAddIsLost) {
  const SystemWaitableClock clock;
  WorkQueue queue(clock);
  constexpr int kKeys = 8;
  constexpr int kAdds = 4'000;
  std::array<std::atomic<int>, kKeys> held{};
  std::array<std::atomic<int>, kKeys> wanted{};
  std::array<std::atomic<int>, kKeys> seen{};
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      while (const auto key = queue.take()) {
        const auto index = static_cast<size_t>(std::stoi(key->name));
        EXPECT_EQ(held[index].fetch_add(1), 0);
        seen[index] = wanted[index].load();
        held[index].fetch_sub(1);
        queue.done(*key, true);
      }
    });
  }
  for (int i = 0; i < kAdds; ++i) {
    const auto index = static_cast<size_t>(i % kKeys);
    ++wanted[index];
    queue.add({"", std::to_string(index)});
  }
  for (WorkQueue::Stats stats = queue.stats(); stats.waiting + stats.held > 0;
       stats = queue.stats()) {
    std::this_thread::yield();
  }
  queue.stop();
  for (std::thread& worker : workers) {
    worker.join();
  }
  for (size_t i = 0; i < kKeys; ++i) {
    EXPECT_EQ(seen[i], wanted[i]) << "the last add of each key was seen";
  }
}

}  // namespace
}  // namespace petrel::k8s
