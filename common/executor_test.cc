// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/executor.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace petrel {
namespace {

TEST(ThreadPool, RunsTasksOnOtherThreads) {
  auto pool = make_thread_pool("test", 2);
  absl::Notification done;
  std::thread::id runner;
  pool->post([&] {
    runner = std::this_thread::get_id();
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_NE(runner, std::this_thread::get_id());
}

TEST(ThreadPool, RunsAsManyTasksAtOnceAsItHasThreads) {
  auto pool = make_thread_pool("a name that is longer than Linux keeps", 3);
  auto* all_running = new absl::Barrier(3);  // lets nobody on before three are in
  absl::BlockingCounter done(3);
  for (int i = 0; i < 3; ++i) {
    pool->post([&done, all_running] {
      if (all_running->Block()) delete all_running;
      done.DecrementCount();
    });
  }
  done.Wait();
}

TEST(ThreadPool, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    auto pool = make_thread_pool("test", 1);
    for (int i = 0; i < 1000; ++i) {
      pool->post([&order, i] { order.push_back(i); });
    }
  }
  ASSERT_EQ(order.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(ThreadPool, DestructorRunsWhatWasPostedAndDropsWhatIsPostedThen) {
  std::atomic<int> runs = 0;
  auto token = std::make_shared<int>(1);
  {
    auto pool = make_thread_pool("test", 1);
    absl::Notification stopping;
    pool->post([&runs, &stopping] {
      stopping.WaitForNotification();
      ++runs;
    });
    pool->post([&runs, token] { ++runs; });
    stopping.Notify();
  }
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace petrel
