// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "broker/core/core_port.h"
#include "broker/engine/engine.h"
#include "broker/engine/engine_gate.h"
#include "common/executor.h"
#include "common/mutex.h"
#include "store/log/commit_log.h"

namespace petrel::engine {

// The place of the engine that serves, or of none: what front ends, administration and gauges hold
// for as long as the process lives. Any thread; nothing here waits for an engine.
class EngineSlot final : public core::CorePort, public Executor {
 public:
  // So many results that the core waits for are kept for the next engine.
  static constexpr size_t kKeptMax = 4'096;

  // The engine, which does not stop before the lease ends: for a read or two, not for long.
  class Lease {
   public:
    explicit operator bool() const { return static_cast<bool>(pass_); }
    Engine* operator->() const { return engine_; }
    Engine& operator*() const { return *engine_; }

   private:
    friend class EngineSlot;
    Lease(EngineGate::Pass pass, Engine* engine) : pass_(std::move(pass)), engine_(engine) {}
    EngineGate::Pass pass_;
    Engine* engine_;
  };
  // Empty while no engine serves.
  Lease lease() const;
  bool serving() const { return gate_.is_open(); }
  // Engines that have served so far.
  int64_t starts() const { return starts_.load(std::memory_order_relaxed); }

  // While no engine serves, the request is completed here and now, with kNotServing.
  bool try_post(std::unique_ptr<core::Request>& request) override;
  // While no engine serves, the next one gets it. What is beyond kKeptMax is dropped, and told in
  // the process's log.
  void post_internal(std::unique_ptr<core::Request> request) override;

  // A task that reads records for consumers, on the engine's reader threads; while no engine
  // serves, on a thread of the slot's own. A task takes a lease itself: that may fail, or find the
  // next engine.
  void post(absl::AnyInvocable<void() &&> task) override;

  // May block: on reader threads only. Unavailable while no engine serves.
  absl::StatusOr<store::LogSlice> read_record(store::LogOffset offset, int32_t size) const;

  // --- for the engine's host; one thread at a time
  void serve(Engine& engine);
  // Returns when nobody uses the engine any more. Nothing if none serves.
  void withdraw();

 private:
  using Requests = std::vector<std::unique_ptr<core::Request>>;

  mutable EngineGate gate_;
  Engine* engine_ = nullptr;  // written while the gate is closed and empty, read inside
  std::atomic<int64_t> starts_{0};
  Mutex mutex_;
  Requests kept_ ABSL_GUARDED_BY(mutex_);
  int64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  const std::unique_ptr<Executor> idle_reader_ = make_thread_pool("idle-reader", 1);
};

// What callers are told while no engine serves.
absl::Status not_serving();

}  // namespace petrel::engine
