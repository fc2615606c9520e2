// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

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
    absl::MutexLock lock(&mutex_);
    ++running_;
  }
  void ended() {
    absl::MutexLock lock(&mutex_);
    --running_;
  }
  void wait_for_none() {
    const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_ == 0; };
    absl::MutexLock lock(&mutex_, absl::Condition(&none));
  }

 private:
  absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace petrel::store
