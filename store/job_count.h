// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "absl/base/thread_annotations.h"
#include "common/mutex.h"

namespace petrel {
class Executor;
}

namespace petrel::store {

class CommitLog;
class Disk;
class JobCount;
class StorePaths;

// What a part of the store needs that has work done on the executor.
struct JobParts {
  Disk& disk;
  CommitLog& log;
  Executor& executor;
  const StorePaths& paths;
  JobCount& jobs;
};

// Counts what runs on the executor for the store, so that it can wait for the end of it. Any
// thread.
class JobCount {
 public:
  // One job, from its making to its destruction; also when the executor drops its task.
  class Job {
   public:
    explicit Job(JobCount& count) : count_(&count) { count.started(); }
    Job(Job&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
    Job& operator=(Job&&) = delete;
    ~Job() {
      if (count_ != nullptr) count_->ended();
    }

   private:
    JobCount* count_;
  };

  void started() {
    MutexLock lock(mutex_);
    ++running_;
  }
  void ended() {
    MutexLock lock(mutex_);
    if (--running_ == 0) none_.notify_all();
  }
  void wait_for_none() {
    MutexLock lock(mutex_);
    while (running_ > 0) none_.wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar none_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace petrel::store
