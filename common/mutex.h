// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace petrel {

// std::mutex with the annotations that clang's -Wthread-safety checks. Not absl::Mutex: the
// packaged Abseil is built without ThreadSanitizer's hooks, so that TSan would see a race in
// everything that it guards.
class ABSL_LOCKABLE Mutex {
 public:
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a mutex for the length of a scope.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits may end without a reason, so they stand in a loop over the condition.
class CondVar {
 public:
  void wait(Mutex& mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }

  void wait_until(Mutex& mutex, std::chrono::steady_clock::time_point deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait_until(lock, deadline);
    lock.release();
  }

  void wait_for(Mutex& mutex, std::chrono::microseconds time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    wait_until(mutex, std::chrono::steady_clock::now() + time);
  }

  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

// Something that happens once.
class Notification {
 public:
  void notify() {
    MutexLock lock(mutex_);
    happened_ = true;
    condition_.notify_all();
  }
  void wait() {
    MutexLock lock(mutex_);
    while (!happened_) {
      condition_.wait(mutex_);
    }
  }
  // Whether it happens within `time`.
  bool wait_for(std::chrono::microseconds time) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    MutexLock lock(mutex_);
    while (!happened_ && std::chrono::steady_clock::now() < deadline) {
      condition_.wait_until(mutex_, deadline);
    }
    return happened_;
  }

 private:
  Mutex mutex_;
  CondVar condition_;
  bool happened_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace petrel
