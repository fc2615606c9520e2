// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/executor.h"

#include <pthread.h>

#include <algorithm>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/mutex.h"

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
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  void post(absl::AnyInvocable<void() &&> task) override {
    {
      const MutexLock lock(mutex_);
      if (stopping_) {
        return;
      }
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
  }

 private:
  void run() {
    pthread_setname_np(pthread_self(), name_.c_str());
    while (true) {
      absl::AnyInvocable<void() &&> task;
      {
        const MutexLock lock(mutex_);
        while (tasks_.empty() && !stopping_) {
          changed_.wait(mutex_);
        }
        if (tasks_.empty()) {
          return;
        }
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      std::move(task)();
    }
  }

  std::string name_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<absl::AnyInvocable<void() &&>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Executor> make_thread_pool(std::string name, int threads) {
  return std::make_unique<ThreadPool>(std::move(name), threads);
}

}  // namespace petrel
