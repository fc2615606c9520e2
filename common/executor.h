// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"

namespace petrel {

// Runs tasks somewhere else than on the caller's thread: a pool in a program, a seeded scheduler in
// the simulator. post never blocks. Tasks posted before stop are run; those posted after are
// dropped with their destructor.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(absl::AnyInvocable<void() &&> task) = 0;
};

// `threads` threads named `name`. The destructor runs what was posted and joins.
std::unique_ptr<Executor> make_thread_pool(std::string name, int threads);

}  // namespace petrel
