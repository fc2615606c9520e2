// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/engine/engine_host.h"

#include <utility>

#include "common/log.h"
#include "common/status.h"

namespace petrel::engine {
namespace {

constexpr log::Logger kLog("engine");

}  // namespace

EngineHost::EngineHost(const Engine::Options& options, const Engine::Parts& parts)
    : options_(options), parts_(parts), restarts_(make_thread_pool("engine", 1)) {}

EngineHost::~EngineHost() {
  (void)stop(Engine::How::kDrop);
  restarts_.reset();
}

absl::Status EngineHost::start() {
  const MutexLock lock(mutex_);
  if (engine_ != nullptr || ended_) {
    return absl::FailedPreconditionError("the engine was started before");
  }
  return start_engine();
}

absl::StatusOr<int64_t> EngineHost::restart(Engine::How how) {
  const MutexLock lock(mutex_);
  if (ended_ || engine_ == nullptr || engine_->failed()) {
    return absl::FailedPreconditionError(ended_ ? "the broker is stopping"
                                                : "the broker's store has failed, or is not open");
  }
  const int64_t begun_us = parts_.core.clock.mono_us();
  if (const absl::Status restarted = restart_engine(how); !restarted.ok()) {
    const absl::Status why = annotate(restarted, "the engine could not be started again");
    parts_.failed(why);
    return why;
  }
  return (parts_.core.clock.mono_us() - begun_us) / 1000;
}

// A store that failed on the way may have lost what the kernel took for written: no process that
// has seen that may open it again.
absl::Status EngineHost::restart_engine(Engine::How how) {
  PETREL_RETURN_IF_ERROR(stop_engine(how));
  return start_engine();
}

void EngineHost::restart_soon(Engine::How how, Done done) {
  restarts_->post([this, how, done = std::move(done)]() mutable { std::move(done)(restart(how)); });
}

void EngineHost::no_more_restarts() {
  const MutexLock lock(mutex_);
  ended_ = true;
}

absl::Status EngineHost::stop(Engine::How how) {
  const MutexLock lock(mutex_);
  ended_ = true;
  return engine_ == nullptr ? absl::OkStatus() : stop_engine(how);
}

absl::Status EngineHost::start_engine() {
  const int64_t begun_us = parts_.core.clock.mono_us();
  PETREL_ASSIGN_OR_RETURN(engine_, Engine::start(options_, parts_));
  if (const absl::Status leads = engine_->lead(); !leads.ok()) {
    engine_.reset();
    return leads;
  }
  const store::CommitLog& log = engine_->store().log();
  kLog.info("started", {{"start_ms", (parts_.core.clock.mono_us() - begun_us) / 1000},
                        {"starts", slot_.starts() + 1},
                        {"topics", parts_.core.registry.topic_count()},
                        {"log_begin", log.begin().value()},
                        {"log_end", log.end().value()}});
  slot_.serve(*engine_);
  return absl::OkStatus();
}

absl::Status EngineHost::stop_engine(Engine::How how) {
  const int64_t begun_us = parts_.core.clock.mono_us();
  slot_.withdraw();
  absl::Status stopped = engine_->stop(how);
  engine_.reset();
  kLog.info("stopped", {{"how", to_string(how)},
                        {"stop_ms", (parts_.core.clock.mono_us() - begun_us) / 1000},
                        {"status", stopped.ToString()}});
  return stopped;
}

}  // namespace petrel::engine
