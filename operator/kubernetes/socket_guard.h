// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <thread>

#include "common/mutex.h"

namespace petrel::k8s {

// Ends blocking calls on sockets when their time is over or somebody asks for it, whatever the
// other end does: the library that reads and writes them has time limits per read only. A thread of
// its own shuts such sockets down, again and again until the call is over, so that one which is
// opened just then is met, too.
class SocketGuard {
 public:
  SocketGuard();
  // No call may be under way.
  ~SocketGuard();
  SocketGuard(const SocketGuard&) = delete;
  SocketGuard& operator=(const SocketGuard&) = delete;

  enum class End { kNone, kDeadline, kInterrupted };

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Entry {
    Time next_look;
    int fd = -1;  // our own duplicate: the number cannot come to mean another socket
    End end = End::kNone;
  };

 public:
  // One call; lives on the stack of the thread that makes it.
  class Call {
   public:
    Call(SocketGuard& guard, int64_t deadline_ms);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    // The socket that the call uses from now on.
    void uses(int fd);
    // Ends the call. From any thread.
    void interrupt();
    // Why it was ended; kNone when it was not.
    End end() const;
    int64_t remaining_ms() const;

   private:
    SocketGuard& guard_;
    const Time deadline_;
    std::list<Entry>::iterator entry_;
  };

 private:
  void run();
  // Shuts down what is over; returns when to look again.
  Time look(Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Time next_wake_ ABSL_GUARDED_BY(mutex_) = Time::max();
  // As many as there are threads that call.
  std::list<Entry> calls_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace petrel::k8s
