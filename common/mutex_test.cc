// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/mutex.h"

#include <chrono>
#include <thread>

#include "gtest/gtest.h"

namespace petrel {
namespace {

TEST(NotificationTest, IsSeenByWhoWaitedAndByWhoComesLater) {
  Notification happened;
  int value = 0;
  std::thread other([&] {
    value = 1;
    happened.notify();
  });
  happened.wait();
  EXPECT_EQ(value, 1);
  EXPECT_TRUE(happened.wait_for(std::chrono::microseconds(0)));
  other.join();
}

TEST(NotificationTest, WaitsNoLongerThanAsked) {
  Notification never;
  EXPECT_FALSE(never.wait_for(std::chrono::milliseconds(1)));
}

TEST(CondVarTest, AWaitWithATimeEndsWithoutANotification) {
  Mutex mutex;
  CondVar never;
  const MutexLock lock(mutex);
  never.wait_for(mutex, std::chrono::milliseconds(1));
}

}  // namespace
}  // namespace petrel
