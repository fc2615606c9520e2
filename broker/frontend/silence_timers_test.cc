// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/silence_timers.h"

#include <gtest/gtest.h>

#include <optional>

namespace petrel::frontend {
namespace {

class SilenceTimersTest : public testing::Test {
 protected:
  void start(SilenceTimers::Timer& timer) {
    timer.start(1'000, [this] { ++expired_; });
  }
  void pass(int64_t ms) {
    clock_.advance_ms(ms);
    timers_.expire();
  }
  ManualClock clock_;
  SilenceTimers timers_{clock_};
  int expired_ = 0;
};

TEST_F(SilenceTimersTest, ATimerExpiresOnce) {
  SilenceTimers::Timer timer(timers_);
  start(timer);
  EXPECT_EQ(timers_.running(), 1U);
  pass(999);
  EXPECT_EQ(expired_, 0);
  pass(1);
  EXPECT_EQ(expired_, 1);
  EXPECT_EQ(timers_.running(), 0U);
  pass(1'000);
  EXPECT_EQ(expired_, 1);
}

TEST_F(SilenceTimersTest, WhoIsHeardOfHasTimeAnew) {
  SilenceTimers::Timer timer(timers_);
  start(timer);
  pass(999);
  timer.restart(1'000);
  pass(999);
  EXPECT_EQ(expired_, 0);
  pass(1);
  EXPECT_EQ(expired_, 1);
}

TEST_F(SilenceTimersTest, ATimerThatIsStoppedOrGoneDoesNotExpire) {
  SilenceTimers::Timer stopped(timers_);
  start(stopped);
  stopped.stop();
  stopped.restart(1'000);
  {
    SilenceTimers::Timer gone(timers_);
    start(gone);
  }
  EXPECT_EQ(timers_.running(), 0U);
  pass(5'000);
  EXPECT_EQ(expired_, 0);
}

}  // namespace
}  // namespace petrel::frontend
