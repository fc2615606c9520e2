// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/housekeeper.h"

#include <pthread.h>

#include <chrono>

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
  }
  changed_.notify_all();
}

void Housekeeper::run() {
  using std::chrono::steady_clock;
  int64_t told = -1;
  auto next = steady_clock::now() + std::chrono::seconds(1);
  while (true) {
    int64_t latest = -1;
    {
      const MutexLock lock(mutex_);
      while (!stopping_ && latest_ == told && steady_clock::now() < next) {
        changed_.wait_until(mutex_, next);
      }
      if (stopping_) return;
      latest = latest_;
    }
    if (latest != told) duties_.config_changed(latest);
    told = latest;
    if (steady_clock::now() < next) continue;
    duties_.every_second();
    next = steady_clock::now() + std::chrono::seconds(1);
  }
}

}  // namespace petrel::broker
