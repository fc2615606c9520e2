// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/core/core_assembly.h"
#include "broker/engine/core_thread.h"
#include "broker/engine/log_thread.h"
#include "common/executor.h"

namespace petrel::engine {

// The broker's inside as one object with a life: a store, the core over it, the core's thread, the
// log's, and a few that read and work in the background: one kind of work never waits for another.
// Everything that it needs is handed in and
// outlives it; nothing of it outlives stop(): no task, no page load, no snapshot job, and no
// request without its answer.
//
// Lifecycle, by one thread at a time: start, lead, stop. An engine that has stopped is over; the
// next one is made from the same options and parts (engine_host.h). Front ends reach an engine
// through engine_slot.h, which knows when there is none.
class Engine {
 public:
  struct Options {
    core::CoreAssembly::Options assembly;
    LogThread::Options log_thread;
    CoreThread::MailboxLimits mailbox;
    int reader_threads = 2;  // that read records for consumers
    // A log that was made with smaller files does not open: its files could not take the largest
    // record.
    int64_t segment_bytes_min = 0;
  };
  struct Parts {
    core::CoreAssembly::Parts core;
    // Called when a write or sync has failed, on a thread of the engine's: the process must end.
    // By its host also when it cannot be started again.
    std::function<void(const absl::Status&)> failed;
  };
  // kClose: everything appended is synced and answered, a last snapshot is written, the store
  // unlocked. kDrop: as after a crash of the process, only without the process ending: what is not
  // written is lost, and whoever waits for it is told that the fate of it is not known. For a
  // leader that was deposed, and for tests.
  enum class How { kClose, kDrop };

  // Opens the store, which may take long, and starts the threads.
  static absl::StatusOr<std::unique_ptr<Engine>> start(const Options& options, const Parts& parts);
  // kDrop, if it was not stopped.
  ~Engine();

  // From now on what only a leader does is done. Before any request is posted; returns when the
  // core leads, and topics and groups are shown.
  absl::Status lead();

  // Nobody else uses the engine any more. Waiting receives are answered "no new message"; what the
  // mailbox holds is run and answered. The error of the store, if it failed before or now: what is
  // on disk is then what a crash would leave.
  absl::Status stop(How how);

  // A write or sync has failed: all is refused, and only a new process may go on.
  bool failed() const;

  // What callers use from start() to stop(); any thread, as each of them says.
  CoreThread& port() { return core_thread_; }
  const core::CoreStats& core_stats() const { return assembly_.core().stats(); }
  const LogThread& log_thread() const { return *log_thread_; }
  store::MessageStore& store() { return assembly_.store(); }
  // Records for consumers, and nothing that takes longer.
  Executor& readers() { return *readers_; }

 private:
  Engine(const Options& options, const Parts& parts);

  absl::Status open();
  absl::Status close();
  void drop();
  void release();

  const Options options_;
  const Parts parts_;
  std::atomic<bool> log_failed_{false};
  core::CoreAssembly assembly_;
  CoreThread core_thread_;
  std::unique_ptr<Executor> readers_;
  std::unique_ptr<Executor> queue_readers_;  // queue pages
  std::unique_ptr<Executor> background_;     // snapshots, the index, retention, deletion
  std::unique_ptr<LogThread> log_thread_;
  bool stopped_ = false;
};

const char* to_string(Engine::How how);

}  // namespace petrel::engine
