// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "operator/plan/plan.h"

namespace petrel::ops {

// Where a cluster runs. Used from one thread.
class Runtime {
 public:
  virtual ~Runtime() = default;

  // What is there now. A member that does not answer is no error.
  virtual absl::StatusOr<Snapshot> observe() = 0;

  // Does one thing, or fails having done some or none of it; each action may be done again.
  virtual absl::Status act(const Action& action) = 0;

  // Returns after a change of what observe() tells, or after a while that is short for a person.
  virtual void wait() = 0;
};

struct ReconcileResult {
  // Of the last round.
  Plan plan;
  // Those that succeeded.
  int64_t actions_done = 0;
  // Why actions failed: those that were refused, and of the last round those that may succeed a
  // little later.
  std::vector<absl::Status> errors;
};

// Told of each action before it is done.
using Progress = std::function<void(const Action&)>;

// Told which members are waited for, and why, again and again.
using Waits = std::function<void(const std::string&)>;

// Observes, decides and acts until all is as desired, waiting is of no use, or a step took
// `timeout_ms`: the time begins anew with each member that is started or stopped.
// An action that fails for another reason than being unreachable is refused: it is not tried again,
// and all others go on. Of a call about several topics or groups only those count as refused that
// are refused alone.
// Fails only when observing does. `desired` loses the documents that are forgotten.
absl::StatusOr<ReconcileResult> reconcile(
    Desired& desired, Runtime& runtime, const Clock& clock, int64_t timeout_ms,
    const Progress& progress, const Waits& waits = [](const std::string&) {});

}  // namespace petrel::ops
