// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/adopted.h"
#include "broker/core/catalog.h"
#include "broker/core/core_port.h"
#include "broker/core/journal.h"
#include "broker/core/options.h"
#include "broker/core/outbox.h"
#include "broker/core/pop_service.h"
#include "broker/core/queue_writer.h"
#include "broker/core/registry.h"
#include "broker/core/request.h"
#include "broker/core/retention_service.h"
#include "broker/core/state.h"
#include "common/clock.h"
#include "store/message_store.h"

namespace petrel::core {

// What the core counts about itself. Written by the core thread, read by any.
struct CoreStats {
  std::atomic<int64_t> turns{0};
  std::atomic<int64_t> requests{0};
  std::atomic<int64_t> waiting_replies{0};
  std::atomic<int64_t> waiting_receives{0};
  std::atomic<int64_t> committed_offset{0};
  std::atomic<int64_t> snapshots{0};
  std::atomic<int64_t> snapshot_failures{0};
  std::atomic<bool> store_failed{false};  // all is answered kStoreFailed
};

// The broker's state machine. One thread calls turn(); nothing in here locks, blocks, reads a clock
// of its own or starts a thread, so that the simulator runs the same code.
//
// A turn takes the requests that came in, lets each one decide, writes what was decided about the
// broker's own state as one record, hands everything appended to the log thread, and lets go the
// replies whose promise is kept.
//
// Lifecycle: construct, restore through replay() while the store opens, start(store), turn()...,
// snapshot_for_close(). I-6: a state change is applied when it is appended, a message is visible
// when it is committed; so a reply that depends on a change waits for the commit of the turn that
// made it.
class BrokerCore {
 public:
  BrokerCore(const CoreOptions& options, const Clock& clock, const ClientLiveness& liveness,
             ReplySink& replies, Registry& registry);
  ~BrokerCore();

  // Give this to MessageStore::open.
  store::MessageStore::Replay& replay();
  // `self` is where the results of background work are posted back; `store` and `self` outlive the
  // core's turns, and so does `observer`, which may be null.
  void start(store::MessageStore& store, CorePort& self, RetentionObserver* observer = nullptr);

  // After start, before the first turn: takes over what another broker did with the directory,
  // once.
  void adopt(const Adopted& adopted);

  // One turn over `batch`. Returns when the next turn is due even if nothing comes in (mono_us).
  std::optional<int64_t> turn(std::vector<std::unique_ptr<Request>>& batch);

  // After the last turn: the state for MessageStore::close. Everything must be committed.
  std::string snapshot_for_close() const { return state_.snapshot(); }
  bool idle() const { return outbox_.waiting() == 0; }

  const CoreStats& stats() const { return stats_; }

  // --- called by requests and by the threads around, in a turn ---
  void send(std::unique_ptr<SendRequest> request);
  void receive(std::unique_ptr<ReceiveRequest> request);
  void ensure_topic(std::unique_ptr<EnsureTopicRequest> request);
  PopService& pop() { return *pop_; }
  Catalog& catalog() { return *catalog_; }
  // The log thread wrote or synced up to here.
  void log_progress(const store::LogProgress& progress);
  // A write or sync failed, which is final: all that waits is answered kStoreFailed, and so is all
  // that comes.
  void log_failed(const absl::Status& status);
  void disk_measured(const std::optional<store::DiskSpace>& space, bool full);
  void deletion_done(std::shared_ptr<store::MessageStore::RetentionResult> result);
  // No new work: waiting receives end, everything that comes is answered kShuttingDown.
  void begin_shutdown();
  void snapshot_done(absl::StatusOr<std::shared_ptr<store::MessageStore::SnapshotResult>> result);

 private:
  class ReplayState;

  void keep_seen_offsets();
  void adopt(const Adopted::Position& position);
  bool admit(const Request& request) const;
  void forget_deleted_totals();
  void commit(store::LogOffset committed);
  void append_journal();
  void maybe_snapshot();
  void write_captured();

  const CoreOptions options_;
  const Clock& clock_;
  const ClientLiveness& liveness_;
  ReplySink& replies_;
  Registry& registry_;

  BrokerState state_;
  Journal journal_;
  Outbox outbox_;
  std::unique_ptr<ReplayState> replay_;
  store::MessageStore* store_ = nullptr;
  CorePort* self_ = nullptr;
  std::unique_ptr<QueueWriter> writer_;
  std::unique_ptr<PopService> pop_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<RetentionService> retention_;

  TurnTime time_;
  store::LogOffset committed_{0};
  // State captured at a turn's end, waiting until all records below `applied` are committed.
  struct CapturedSnapshot {
    store::LogOffset applied;
    std::string state;
  };
  std::optional<CapturedSnapshot> captured_;
  bool snapshot_running_ = false;
  bool disk_full_ = false;
  Outcome refusal_;  // not ok: shutting down or failed
  CoreStats stats_;
};

}  // namespace petrel::core
