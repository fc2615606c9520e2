// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>

#include "common/check.h"
#include "common/mutex.h"

namespace petrel {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

sigset_t sigpipe_only() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

}  // namespace

struct StopSignal::State {
  int signal_fd = -1;
  int request_fd = -1;
  Mutex mutex;
  std::string reason ABSL_GUARDED_BY(mutex);
};

StopSignal::StopSignal() : state_(std::make_unique<State>()) {
  const sigset_t set = stop_signals();
  PETREL_CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, nullptr), 0);
  PETREL_CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  state_->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  state_->request_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  PETREL_CHECK_GE(state_->signal_fd, 0) << "errno " << errno;
  PETREL_CHECK_GE(state_->request_fd, 0) << "errno " << errno;
}

StopSignal::~StopSignal() {
  close(state_->signal_fd);
  close(state_->request_fd);
}

std::string StopSignal::wait() {
  for (;;) {
    std::array<pollfd, 2> fds = {{{state_->signal_fd, POLLIN, 0}, {state_->request_fd, POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), -1) < 0) {
      PETREL_CHECK_EQ(errno, EINTR);
      continue;
    }
    signalfd_siginfo info{};
    if (read(state_->signal_fd, &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
      return info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT";
    }
    if ((fds[1].revents & POLLIN) != 0) {
      MutexLock lock(state_->mutex);
      return state_->reason;
    }
  }
}

void StopSignal::request(const std::string& reason) {
  {
    MutexLock lock(state_->mutex);
    if (!state_->reason.empty()) {
      return;
    }
    state_->reason = reason;
  }
  const uint64_t one = 1;
  PETREL_CHECK_EQ(write(state_->request_fd, &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
}

void unblock_stop_signals() {
  const sigset_t set = stop_signals();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

SigpipeGuard::SigpipeGuard() {
  const sigset_t set = sigpipe_only();
  sigset_t before;
  PETREL_CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, &before), 0);
  was_blocked_ = sigismember(&before, SIGPIPE) == 1;
}

// A SIGPIPE goes to the thread that wrote: what is pending here came up under this guard.
SigpipeGuard::~SigpipeGuard() {
  if (was_blocked_) {
    return;
  }
  const sigset_t set = sigpipe_only();
  const timespec at_once{};
  while (sigtimedwait(&set, nullptr, &at_once) < 0 && errno == EINTR) {
  }
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace petrel
