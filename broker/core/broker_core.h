// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/ack_service.h"
#include "broker/core/adopted.h"
#include "broker/core/catalog.h"
#include "broker/core/changes.h"
#include "broker/core/client_liveness.h"
#include "broker/core/commit_rule.h"
#include "broker/core/core_port.h"
#include "broker/core/dead_letter_service.h"
#include "broker/core/leases.h"
#include "broker/core/listings.h"
#include "broker/core/log_time.h"
#include "broker/core/log_writer.h"
#include "broker/core/options.h"
#include "broker/core/outbox.h"
#include "broker/core/pop_service.h"
#include "broker/core/record_loader.h"
#include "broker/core/registry.h"
#include "broker/core/request.h"
#include "broker/core/reset_service.h"
#include "broker/core/retention_service.h"
#include "broker/core/send_service.h"
#include "broker/core/sent_marks.h"
#include "broker/core/service.h"
#include "broker/core/snapshot_service.h"
#include "broker/core/state_applier.h"
#include "broker/core/turn_time.h"
#include "store/message_store.h"

namespace petrel::core {

// What the core counts about itself. Written by the core thread, read by any.
struct CoreStats {
  std::atomic<int64_t> turns{0};
  std::atomic<int64_t> requests{0};
  std::atomic<int64_t> waiting_replies{0};
  std::atomic<int64_t> waiting_receives{0};
  std::atomic<int64_t> leases_in_grace{0};
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
// Lifecycle: construct; MessageStore::open with owner(); start(), which applies what the log has
// behind the snapshot; lead(); turn()...; end() and capture_for_close(),
// or abandon(). Only a core that leads decides
// anything: before, requests are answered kNotServing.
// I-6: a state change is applied when it is decided, a message is shown when it is committed; so a
// reply that depends on a change waits for the commit of the turn that made it.
class BrokerCore final : private StateApplier::Follower {
 public:
  BrokerCore(const CoreOptions& options, LogTime& log_time, ClientLiveness& liveness,
             ReplySink& replies, Registry& registry);
  ~BrokerCore() override;

  // Give this to MessageStore::open.
  store::MessageStore::Owner& owner() { return applier_; }
  // Applies and commits what the log has, and completes the store's opening. `self` is where the
  // results of background work are posted back; `store` and `self` outlive the core's turns, and so
  // does `observer`, which may be null.
  absl::Status start(store::MessageStore& store, CorePort& self,
                     MessageObserver* observer = nullptr);
  // Begins to decide. Before a turn, or in one; what it decides is appended with that turn.
  void lead();
  // While it leads: takes over what another broker did with the directory, once.
  void adopt(const Adopted& adopted);

  // One turn over `batch`. Returns when the next turn is due even if nothing comes in (mono_us).
  std::optional<int64_t> turn(std::vector<std::unique_ptr<Request>>& batch);

  // The end, after the last turn; the caller stands for the core thread, which is gone. Either
  // all that was appended is in the log up to `progress`, and what waited for it is answered ...
  void end(const store::LogProgress& progress);
  // ... or nothing more is written: what waits is answered kNotServing, as nobody knows what became
  // of it.
  void abandon();

  // After end(): the state for MessageStore::close. All of the log must be committed.
  std::vector<std::string> capture_for_close();
  bool idle() const { return outbox_.waiting() == 0; }

  const CoreStats& stats() const { return stats_; }
  // Core thread, or while no turn runs.
  const BrokerState& state() const { return applier_.state(); }

  // --- called by requests and by the threads around, in a turn ---
  SendService& sends() { return work_->sends; }
  PopService& pop() { return work_->pop; }
  AckService& acks() { return work_->acks; }
  DeadLetterService& dead_letters() { return work_->dead_letters; }
  Catalog& catalog() { return work_->catalog; }
  Listings& listings() { return work_->listings; }
  ResetService& resets() { return work_->resets; }
  RetentionService& retention() { return work_->retention; }
  RecordLoader& records() { return work_->records; }
  // The log thread wrote or synced up to here.
  void log_progress(const store::LogProgress& progress);
  // A write or sync failed, which is final: all that waits is answered kStoreFailed, and so is all
  // that comes.
  void log_failed(const absl::Status& status);
  void disk_measured(const std::optional<store::DiskSpace>& space, bool full);
  void retention_due(std::shared_ptr<store::MessageStore::RetentionResult> result);
  void snapshot_done(absl::StatusOr<std::shared_ptr<store::MessageStore::SnapshotResult>> result);
  // No new work: waiting receives end, everything that comes is answered kShuttingDown.
  void begin_shutdown();

 private:
  // What there is once the store is: everything that decides.
  struct Work {
    Work(BrokerCore& core, store::MessageStore& store, CorePort& self, MessageObserver* observer);
    LogWriter writer;
    Catalog catalog;
    Listings listings;
    SendService sends;
    Leases leases;
    SentMarks marks;
    PopService pop;
    AckService acks;
    ResetService resets;
    RetentionService retention;
    SnapshotService snapshots;
    RecordLoader records;
    DeadLetterService dead_letters;
    std::vector<Service*> services;
  };

  enum class Phase {
    kStarting,  // decides nothing yet
    kLeading,
    kEnding,  // decides about what was delivered already
    kOver,    // decides and appends nothing any more
  };
  bool decides() const { return phase_ == Phase::kLeading || phase_ == Phase::kEnding; }

  absl::Status apply_and_commit(store::LogOffset end);
  void read_time();
  // Why the request may not run, if so.
  std::optional<Outcome> refuse(const Request& request) const;
  void run(std::vector<std::unique_ptr<Request>>& batch);
  void commit_up_to(store::CommittedOffset committed);
  void end_work(Phase phase, const Outcome& refusal, const Outcome& of_waiting);
  void end_if_writer_failed();
  void expire_replies();
  void count_turn(size_t requests);

  // --- StateApplier::Follower ---
  void topic_changed(const TopicState& topic) override;
  void group_changed(const GroupState& group) override;
  void topic_gone(const TopicState& topic) override;
  void group_gone(const GroupState& group) override;
  void subscription_gone(const Subscription& subscription) override;

  CoreOptions options_;  // as the store allows, from start() on
  LogTime& log_time_;
  ClientLiveness& liveness_;
  ReplySink& replies_;
  StateApplier applier_;
  Changes changes_;
  CommitRule rule_;
  Outbox outbox_;
  store::MessageStore* store_ = nullptr;
  std::unique_ptr<Work> work_;  // null before start
  TurnTime time_;
  store::LogOffset submitted_{0};
  Phase phase_ = Phase::kStarting;
  Outcome refusal_;  // what is told unless it leads
  CoreStats stats_;
};

}  // namespace petrel::core
