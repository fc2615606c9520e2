// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/housekeeper.h"

#include <pthread.h>

#include <chrono>
#include <utility>

namespace petrel::broker {

void Housekeeper::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "housekeeper");
    run();
  });
}

void Housekeeper::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Housekeeper::config_changed(int64_t config_version) {
  {
    const MutexLock lock(mutex_);
    latest_ = config_version;
    news_ = true;
  }
  changed_.notify_all();
}

void Housekeeper::run() {
  using std::chrono::steady_clock;
  auto next = steady_clock::now() + std::chrono::seconds(1);
  while (true) {
    bool news = false;
    int64_t latest = 0;
    {
      const MutexLock lock(mutex_);
      while (!stopping_ && !news_ && steady_clock::now() < next) {
        changed_.wait_until(mutex_, next);
      }
      if (stopping_) return;
      latest = latest_;
      news = std::exchange(news_, false);
    }
    if (news) duties_.config_changed(latest);
    if (steady_clock::now() < next) continue;
    duties_.every_second();
    next = steady_clock::now() + std::chrono::seconds(1);
  }
}

}  // namespace petrel::broker
