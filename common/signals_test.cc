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

// The read end of a pipe that nobody reads from is closed: writing raises SIGPIPE.
class BrokenPipe {
 public:
  BrokenPipe() {
    EXPECT_EQ(pipe(ends_), 0);
    close(ends_[0]);
  }
  ~BrokenPipe() { close(ends_[1]); }
  bool write_fails_with_epipe() const { return write(ends_[1], "x", 1) == -1 && errno == EPIPE; }

 private:
  int ends_[2] = {-1, -1};
};

TEST(SigpipeGuard, KeepsTheProcessAliveAsLongAsItLivesAndNoLonger) {
  signal(SIGPIPE, SIG_DFL);
  const BrokenPipe broken;
  {
    const SigpipeGuard guard;
    EXPECT_TRUE(broken.write_fails_with_epipe());
    {
      const SigpipeGuard inner;
      EXPECT_TRUE(broken.write_fails_with_epipe());
    }
    EXPECT_TRUE(broken.write_fails_with_epipe());
  }
  EXPECT_EXIT(broken.write_fails_with_epipe(), ::testing::KilledBySignal(SIGPIPE), "");
}

TEST(SigpipeGuard, ASignalOfThreadsWithoutOneIsNotTaken) {
  signal(SIGPIPE, SIG_DFL);
  sigset_t pipe_only;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_only, nullptr);
  const BrokenPipe broken;
  {
    const SigpipeGuard guard;
    EXPECT_TRUE(broken.write_fails_with_epipe());
  }
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 1) << "who blocked it himself may want to see it";
  signal(SIGPIPE, SIG_IGN);  // which also forgets it
  pthread_sigmask(SIG_UNBLOCK, &pipe_only, nullptr);
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
