// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <thread>

#include "common/mutex.h"

namespace petrel::broker {

// One thread for what is due every second, and for telling the world of changed topics and groups,
// which the core thread must not do itself. start() -> config_changed() -> stop().
class Housekeeper {
 public:
  struct Duties {
    std::function<void()> every_second;
    std::function<void(int64_t config_version)> config_changed;
  };
  explicit Housekeeper(Duties duties) : duties_(std::move(duties)) {}
  ~Housekeeper() { stop(); }

  void start();
  void stop();
  // Any thread; does not block. Several changes in short order may be told as one.
  void config_changed(int64_t config_version);

 private:
  void run();

  const Duties duties_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t latest_ ABSL_GUARDED_BY(mutex_) = 0;
  bool news_ ABSL_GUARDED_BY(mutex_) = false;  // latest_ is to be told, though it may be as before
  std::thread thread_;
};

}  // namespace petrel::broker
