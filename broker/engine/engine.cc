// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/engine/engine.h"

#include <utility>

#include "broker/core/events.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/mutex.h"
#include "common/status.h"

namespace petrel::engine {
namespace {

class BeginLeading final : public core::InternalEvent {
 public:
  BeginLeading(core::CoreAssembly& assembly, core::Adopted adopted, Notification& leads)
      : assembly_(assembly), adopted_(std::move(adopted)), leads_(leads) {}
  void run(core::BrokerCore& /*core*/, std::unique_ptr<Request> /*self*/) override {
    assembly_.lead(adopted_);
    leads_.notify();
  }

 private:
  core::CoreAssembly& assembly_;
  const core::Adopted adopted_;
  Notification& leads_;
};

}  // namespace

Engine::Engine(const Options& options, const Parts& parts)
    : options_(options),
      parts_(parts),
      assembly_(options.assembly, parts.core),
      core_thread_(assembly_.core(), parts.core.clock, options.mailbox) {}

Engine::~Engine() {
  if (!stopped_) (void)stop(How::kDrop);
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::start(const Options& options, const Parts& parts) {
  std::unique_ptr<Engine> engine(new Engine(options, parts));
  if (absl::Status opened = engine->open(); !opened.ok()) {
    engine->release();
    return opened;
  }
  engine->core_thread_.start();
  engine->log_thread_->start();
  return engine;
}

absl::Status Engine::open() {
  readers_ = make_thread_pool("reader", options_.reader_threads);
  queue_readers_ = make_thread_pool("queue-reader", 1);
  background_ = make_thread_pool("background", 1);
  PETREL_RETURN_IF_ERROR(assembly_.open({*background_, *queue_readers_}, core_thread_));
  if (const int64_t bytes = store().log().segment_bytes(); bytes < options_.segment_bytes_min) {
    return absl::FailedPreconditionError(
        concat("the log was made with files of ", bytes,
               " bytes, which limits.body-size does not let go below ", options_.segment_bytes_min,
               "; make that limit smaller"));
  }
  log_thread_ = std::make_unique<LogThread>(options_.log_thread, store(), core_thread_,
                                            parts_.core.clock, [this](const absl::Status& status) {
                                              log_failed_ = true;
                                              parts_.failed(status);
                                            });
  return absl::OkStatus();
}

absl::Status Engine::lead() {
  PETREL_ASSIGN_OR_RETURN(core::Adopted adopted, assembly_.read_foreign_config());
  Notification leads;
  core_thread_.post_internal(std::make_unique<BeginLeading>(assembly_, std::move(adopted), leads));
  leads.wait();
  return absl::OkStatus();
}

bool Engine::failed() const { return log_failed_ || core_stats().store_failed; }

absl::Status Engine::stop(How how) {
  PETREL_CHECK(!stopped_);
  absl::Status status;
  if (how == How::kClose && !failed()) {
    status = close();
  } else {
    drop();
  }
  if (failed()) status = absl::InternalError("a write or sync failed");
  release();
  return status;
}

// The log's thread goes last, so that what the core appends in its last turn is written.
absl::Status Engine::close() {
  core_thread_.post_internal(std::make_unique<core::BeginShutdown>());
  core_thread_.stop();
  log_thread_->stop();
  if (failed()) {
    assembly_.abandon();
    return absl::OkStatus();  // stop() says why
  }
  assembly_.end();
  return assembly_.close();
}

// The log's thread goes first: what the core appends now stays in memory.
void Engine::drop() {
  log_thread_->abandon();
  core_thread_.stop();
  assembly_.abandon();
}

// The store waits for its jobs, whose last words go to the core's closed mailbox; the readers'
// threads end with the last of these.
void Engine::release() {
  stopped_ = true;
  log_thread_.reset();
  assembly_.drop_store();
  readers_.reset();
  queue_readers_.reset();
  background_.reset();
}

const char* to_string(Engine::How how) { return how == Engine::How::kClose ? "close" : "drop"; }

}  // namespace petrel::engine
