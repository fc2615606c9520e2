// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/executor.h"

#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace petrel {
namespace {

TEST(ThreadPool, RunsTasksOnOtherThreads) {
  std::latch done(1);
  std::thread::id runner;
  auto pool = make_thread_pool("test", 2);
  pool->post([&] {
    runner = std::this_thread::get_id();
    done.count_down();
  });
  done.wait();
  EXPECT_NE(runner, std::this_thread::get_id());
}

TEST(ThreadPool, RunsAsManyTasksAtOnceAsItHasThreads) {
  std::latch all_running(3);
  auto pool = make_thread_pool("a name that is longer than Linux keeps", 3);
  for (int i = 0; i < 3; ++i) {
    pool->post([&all_running] { all_running.arrive_and_wait(); });  // ends when three are in
  }
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
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(order[static_cast<size_t>(i)], i);
  }
}

TEST(ThreadPool, DestructorRunsWhatWasPostedAndFreesIt) {
  std::atomic<int> runs = 0;
  auto token = std::make_shared<int>(1);
  std::latch posted(1);
  {
    auto pool = make_thread_pool("test", 1);
    pool->post([&runs, &posted] {
      posted.wait();
      ++runs;
    });
    pool->post([&runs, token] { ++runs; });
    posted.count_down();
  }
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace petrel
