// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace petrel {
namespace {

TEST(StopSignal, WaitEndsWithTheNameOfTheSignal) {
  StopSignal stop;
  kill(getpid(), SIGTERM);
  EXPECT_EQ(stop.wait(), "SIGTERM");
  kill(getpid(), SIGINT);
  EXPECT_EQ(stop.wait(), "SIGINT");
}

TEST(StopSignal, WaitEndsWithTheFirstReasonThatIsRequested) {
  StopSignal stop;
  std::thread other([&stop] {
    stop.request("disk failed");
    stop.request("again");
  });
  EXPECT_EQ(stop.wait(), "disk failed");
  other.join();
}

TEST(StopSignal, WritingToAClosedSocketIsAnErrorAndNoDeath) {
  StopSignal stop;
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  close(ends[1]);
  EXPECT_EQ(write(ends[0], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  close(ends[0]);
}

TEST(StopSignal, ChildThatUnblocksDiesOfTheSignal) {
  StopSignal stop;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    unblock_stop_signals();
    pause();
    _exit(1);
  }
  kill(child, SIGTERM);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

}  // namespace
}  // namespace petrel
