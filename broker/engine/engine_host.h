// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/engine/engine.h"
#include "broker/engine/engine_slot.h"
#include "common/executor.h"
#include "common/mutex.h"

namespace petrel::engine {

// Makes the process's engine, stops it and makes it again, while listeners and connections stay.
// Who uses an engine does so through slot(), for as long as the host lives.
//
// start -> restart... -> stop; any thread, one after the other. An engine that does not come up
// again is final: Engine::Parts::failed is called, and the broker ends as with a failed store.
class EngineHost {
 public:
  EngineHost(const Engine::Options& options, const Engine::Parts& parts);
  // Stops with kDrop what was not stopped.
  ~EngineHost();

  // Opens, leads and serves. The error tells why it cannot; nothing is left running then.
  absl::Status start();

  // Stops the engine and makes the next. Requests meet kNotServing meanwhile. How long that took.
  // FailedPrecondition when there is no engine to restart: none was started, it has failed, or the
  // broker stops.
  absl::StatusOr<int64_t> restart(Engine::How how);
  // The same on a thread of the host's, which then calls `done`.
  using Done = absl::AnyInvocable<void(const absl::StatusOr<int64_t>& duration_ms) &&>;
  void restart_soon(Engine::How how, Done done);

  // Waits for a restart that is under way; later ones are refused.
  void no_more_restarts();
  // The last: waits for a restart that is under way. The error of the store.
  absl::Status stop(Engine::How how);

  EngineSlot& slot() { return slot_; }
  const EngineSlot& slot() const { return slot_; }

 private:
  absl::Status start_engine() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status stop_engine(Engine::How how) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status restart_engine(Engine::How how) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Engine::Options options_;
  const Engine::Parts parts_;
  EngineSlot slot_;
  Mutex mutex_;  // held while an engine starts or stops
  std::unique_ptr<Engine> engine_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Executor> restarts_;
};

}  // namespace petrel::engine
