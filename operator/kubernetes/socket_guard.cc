// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/socket_guard.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "common/check.h"

namespace petrel::k8s {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Between two tries to end a call that goes on.
constexpr milliseconds kRepeat{5};
// A condition variable that waits until the end of time overflows in some libraries.
constexpr std::chrono::hours kLookAtLeastEvery{1};

}  // namespace

SocketGuard::SocketGuard() : thread_([this] { run(); }) {}

SocketGuard::~SocketGuard() {
  {
    MutexLock lock(mutex_);
    PETREL_CHECK(calls_.empty());
    stopping_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void SocketGuard::run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    next_wake_ = look(steady_clock::now());
    changed_.wait_until(mutex_, next_wake_);
  }
}

SocketGuard::Time SocketGuard::look(Time now) {
  Time next = now + kLookAtLeastEvery;
  for (Entry& call : calls_) {
    if (call.next_look <= now) {
      if (call.end == End::kNone) {
        call.end = End::kDeadline;
      }
      if (call.fd >= 0) {
        shutdown(call.fd, SHUT_RDWR);
      }
      call.next_look = now + kRepeat;
    }
    next = std::min(next, call.next_look);
  }
  return next;
}

SocketGuard::Call::Call(SocketGuard& guard, int64_t deadline_ms)
    : guard_(guard), deadline_(steady_clock::now() + milliseconds(deadline_ms)) {
  MutexLock lock(guard_.mutex_);
  entry_ = guard_.calls_.insert(guard_.calls_.end(), Entry{.next_look = deadline_});
  if (deadline_ < guard_.next_wake_) {
    guard_.changed_.notify_one();
  }
}

SocketGuard::Call::~Call() {
  MutexLock lock(guard_.mutex_);
  if (entry_->fd >= 0) {
    close(entry_->fd);
  }
  guard_.calls_.erase(entry_);
}

void SocketGuard::Call::uses(int fd) {
  const int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  MutexLock lock(guard_.mutex_);
  if (entry_->fd >= 0) {
    close(entry_->fd);
  }
  // Without a free descriptor the library's own limits are what there is.
  entry_->fd = duplicate;
}

void SocketGuard::Call::interrupt() {
  MutexLock lock(guard_.mutex_);
  if (entry_->end == End::kNone) {
    entry_->end = End::kInterrupted;
  }
  entry_->next_look = Time::min();
  guard_.changed_.notify_one();
}

SocketGuard::End SocketGuard::Call::end() const {
  MutexLock lock(guard_.mutex_);
  return entry_->end;
}

int64_t SocketGuard::Call::remaining_ms() const {
  const auto left = deadline_ - steady_clock::now();
  return std::max<int64_t>(0, std::chrono::duration_cast<milliseconds>(left).count());
}

}  // namespace petrel::k8s
