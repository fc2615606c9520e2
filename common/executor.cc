// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/executor.h"

#include <pthread.h>

#include <algorithm>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/check.h"

namespace petrel {
namespace {

constexpr size_t kThreadNameBytesMax = 15;  // what Linux keeps

class ThreadPool final : public Executor {
 public:
  ThreadPool(std::string name, int threads) : name_(std::move(name)) {
    PETREL_CHECK_GT(threads, 0);
    name_.resize(std::min(name_.size(), kThreadNameBytesMax));
    threads_.reserve(static_cast<size_t>(threads));
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { run(); });
    }
  }

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  ~ThreadPool() override {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    for (std::thread& thread : threads_) thread.join();
  }

  void post(absl::AnyInvocable<void() &&> task) override {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    tasks_.push_back(std::move(task));
  }

 private:
  void run() {
    pthread_setname_np(pthread_self(), name_.c_str());
    while (true) {
      absl::AnyInvocable<void() &&> task;
      {
        absl::MutexLock lock(&mutex_, absl::Condition(this, &ThreadPool::has_work));
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      std::move(task)();
    }
  }

  bool has_work() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !tasks_.empty();
  }

  std::string name_;
  mutable absl::Mutex mutex_;
  std::deque<absl::AnyInvocable<void() &&>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Executor> make_thread_pool(std::string name, int threads) {
  return std::make_unique<ThreadPool>(std::move(name), threads);
}

}  // namespace petrel
