// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "common/mutex.h"

namespace petrel::ops {

// Forwards connections to another port of this machine, until it freezes: then those that are open
// stay so and carry nothing any more, as when the machine behind them is gone. For tests.
class FreezableProxy {
 public:
  // "127.0.0.1:PORT"
  explicit FreezableProxy(const std::string& target);
  ~FreezableProxy();

  std::string address() const;
  // Also connections that come later carry nothing, until thaw().
  void freeze();
  // New connections carry again; frozen ones do not.
  void thaw();

 private:
  struct Pipe;
  void accept_all();
  void forward(const Pipe& pipe);

  const int target_port_;
  int listener_ = -1;
  int port_ = 0;
  mutable Mutex mutex_;
  bool frozen_ ABSL_GUARDED_BY(mutex_) = false;
  int epoch_ ABSL_GUARDED_BY(mutex_) = 0;  // connections of earlier ones are frozen
  std::vector<int> sockets_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> pipes_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

}  // namespace petrel::ops
