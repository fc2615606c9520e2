// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/broker_core.h"

#include <algorithm>
#include <utility>

#include "broker/core/events.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::core {

using store::CommittedOffset;
using store::LogOffset;

BrokerCore::Work::Work(BrokerCore& core, store::MessageStore& store, CorePort& self,
                       MessageObserver* observer)
    : writer({core.options_, store, core.applier_, core.changes_, core.time_}),
      catalog({core.options_, store, core.state(), core.changes_, writer, core.outbox_}),
      listings({core.options_, store, core.state(), core.applier_.publications(), core.outbox_,
                core.time_}),
      sends({core.options_, store, catalog, writer, core.outbox_}),
      leases({core.options_, core.state(), core.liveness_, core.time_}),
      marks({core.state(), core.changes_, writer, core.liveness_, core.time_}),
      pop({core.options_, store, core.state(), catalog, core.changes_, writer, core.outbox_, leases,
           core.time_, self}),
      acks({store, core.state(), core.changes_, core.outbox_, pop, core.time_}),
      resets({store, core.state(), core.changes_, writer, core.outbox_, pop, self}),
      retention({store, core.state(), core.changes_, writer, pop, core.time_, self, observer}),
      snapshots({store, core.applier_.writable_state(), core.time_, self}),
      records(store, self, core.options_.loading_bytes_max),
      dead_letters({core.options_, store, core.state(), catalog, writer, core.outbox_, pop, acks,
                    records, core.time_, observer}),
      services({&leases, &sends, &marks, &pop, &dead_letters, &listings, &retention, &snapshots}) {}

BrokerCore::BrokerCore(const CoreOptions& options, LogTime& log_time, ClientLiveness& liveness,
                       ReplySink& replies, Registry& registry)
    : options_(options),
      log_time_(log_time),
      liveness_(liveness),
      replies_(replies),
      applier_(registry),
      changes_(applier_.writable_state(), options_),
      rule_(options.flush_mode),
      outbox_(rule_, options.flush_timeout_ms * 1000),
      refusal_{OutcomeCode::kNotServing, "the broker is starting"} {}

BrokerCore::~BrokerCore() = default;

absl::Status BrokerCore::start(store::MessageStore& store, CorePort& self,
                               MessageObserver* observer) {
  PETREL_CHECK(store_ == nullptr) << "a core is started once";
  store_ = &store;
  read_time();
  options_.state_record_bytes_max = std::min(
      options_.state_record_bytes_max, reserved_state_record_bytes(store.log().segment_bytes()));
  const LogOffset end = store.log().end();
  rule_.own_progress(store.log().progress());
  PETREL_RETURN_IF_ERROR(apply_and_commit(end));
  PETREL_RETURN_IF_ERROR(store.finish_open());
  work_ = std::make_unique<Work>(*this, store, self, observer);
  submitted_ = end;
  stats_.committed_offset = store.committed().value();
  return absl::OkStatus();
}

absl::Status BrokerCore::apply_and_commit(LogOffset end) {
  LogOffset before{-1};
  while (before < store_->applied()) {
    before = store_->applied();
    PETREL_RETURN_IF_ERROR(store_->apply_to(end, options_.applied_at_once_bytes).status());
    store_->commit(std::min(rule_.committed(), CommittedOffset(store_->applied().value())),
                   [](std::string_view /*topic*/) {});
  }
  PETREL_CHECK_EQ(store_->applied().value(), end.value());
  return absl::OkStatus();
}

void BrokerCore::lead() {
  PETREL_CHECK(work_ != nullptr);
  PETREL_CHECK(phase_ == Phase::kStarting);
  PETREL_CHECK_EQ(store_->committed().value(), store_->log().end().value())
      << "what the log has is not committed yet";
  phase_ = Phase::kLeading;
  log_time_.continue_from(store_->last_store_ms());
  read_time();
  applier_.attach(*store_, this);
  applier_.publications().begin(state());
  for (Service* service : work_->services) {
    service->lead();
  }
}

void BrokerCore::adopt(const Adopted& adopted) {
  PETREL_CHECK(phase_ == Phase::kLeading);
  read_time();
  work_->catalog.adopt(adopted);
}

void BrokerCore::end(const store::LogProgress& progress) {
  begin_shutdown();
  work_->listings.end_work({OutcomeCode::kShuttingDown, "the broker is shutting down"});
  log_progress(progress);
  replies_.deliver(outbox_.take_finished());
}

void BrokerCore::abandon() {
  const Outcome refusal{OutcomeCode::kNotServing, "the broker opens its store again; try again"};
  outbox_.fail_all(refusal);
  end_work(Phase::kOver, refusal, {OutcomeCode::kNoMessage, "no new message"});
  replies_.deliver(outbox_.take_finished());
}

std::vector<std::string> BrokerCore::capture_for_close() {
  PETREL_CHECK_EQ(store_->applied().value(), store_->log().end().value());
  applier_.writable_state().abandon_capture();
  return state().capture_all();
}

void BrokerCore::read_time() { time_ = log_time_.now(); }

// --- a turn ------------------------------------------------------------------------------------

std::optional<int64_t> BrokerCore::turn(std::vector<std::unique_ptr<Request>>& batch) {
  PETREL_CHECK(work_ != nullptr);
  read_time();
  const size_t requests = batch.size();
  if (decides()) {
    for (Service* service : work_->services) {
      service->begin_turn();
    }
  }
  run(batch);
  if (decides()) {
    for (Service* service : work_->services) {
      service->finish_turn();
    }
    (void)work_->writer.append_changes();
    end_if_writer_failed();
  }

  const LogOffset end = store_->log().end();
  outbox_.seal_turn(end, time_.mono_us);
  expire_replies();
  if (end > submitted_) {
    store_->log().submit();
    submitted_ = end;
  }
  std::optional<int64_t> deadline = outbox_.next_deadline_us();
  for (Service* service : work_->services) {
    if (phase_ == Phase::kLeading) {
      service->appended(end);
    }
    if (decides()) {
      deadline = earlier(deadline, service->next_deadline_us());
    }
  }
  count_turn(requests);
  if (auto finished = outbox_.take_finished(); !finished.empty()) {
    replies_.deliver(std::move(finished));
  }
  return deadline;
}

void BrokerCore::run(std::vector<std::unique_ptr<Request>>& batch) {
  for (auto& request : batch) {
    if (auto refusal = refuse(*request)) {
      outbox_.refuse(*std::move(refusal), std::move(request));
      continue;
    }
    Request& r = *request;
    r.run(*this, std::move(request));
    work_->writer.append_if_full();
    end_if_writer_failed();
  }
  batch.clear();
}

// Not where it fails: that is in the midst of what ends then.
void BrokerCore::end_if_writer_failed() {
  if (phase_ != Phase::kOver && !work_->writer.failure().ok()) {
    log_failed(work_->writer.failure());
  }
}

std::optional<Outcome> BrokerCore::refuse(const Request& request) const {
  const Request::Admission admission = request.admission();
  if (admission == Request::Admission::kInternal) {
    return std::nullopt;
  }
  const bool late = admission != Request::Admission::kWork;
  if (phase_ != Phase::kLeading && !(late && phase_ == Phase::kEnding)) {
    return refusal_;
  }
  return admission == Request::Admission::kEssential ? std::nullopt : work_->writer.why_scarce();
}

// The log thread may have come further than this thread has heard, as after a pause of the process.
void BrokerCore::expire_replies() {
  const std::optional<int64_t> deadline_us = outbox_.next_deadline_us();
  if (!deadline_us.has_value() || *deadline_us > time_.mono_us) {
    return;
  }
  log_progress(store_->log().progress());
  outbox_.expire(time_.mono_us);
}

void BrokerCore::count_turn(size_t requests) {
  const SnapshotService::Counts& snapshots = work_->snapshots.counts();
  stats_.turns.fetch_add(1, std::memory_order_relaxed);
  stats_.requests.fetch_add(static_cast<int64_t>(requests), std::memory_order_relaxed);
  stats_.waiting_replies.store(static_cast<int64_t>(outbox_.waiting()), std::memory_order_relaxed);
  stats_.waiting_receives.store(static_cast<int64_t>(work_->pop.waiting_receives()),
                                std::memory_order_relaxed);
  stats_.leases_in_grace.store(static_cast<int64_t>(work_->leases.in_grace()),
                               std::memory_order_relaxed);
  stats_.snapshots.store(snapshots.written, std::memory_order_relaxed);
  stats_.snapshot_failures.store(snapshots.failed, std::memory_order_relaxed);
}

// --- the log -----------------------------------------------------------------------------------

void BrokerCore::log_progress(const store::LogProgress& progress) {
  rule_.own_progress(progress);
  if (const auto first = work_->snapshots.commit_first();
      first.has_value() && rule_.covers(*first)) {
    commit_up_to(CommittedOffset(first->value()));
  }
  commit_up_to(rule_.committed());
}

void BrokerCore::commit_up_to(CommittedOffset committed) {
  if (committed <= store_->committed()) {
    return;
  }
  PETREL_CHECK_LE(committed.value(), store_->applied().value());
  store_->commit(committed, [this](std::string_view topic) { work_->pop.arrived(topic); });
  applier_.publications().committed(committed);
  outbox_.commit();
  for (Service* service : work_->services) {
    service->committed(committed);
  }
  stats_.committed_offset.store(committed.value(), std::memory_order_relaxed);
}

void BrokerCore::log_failed(const absl::Status& status) {
  stats_.store_failed.store(true, std::memory_order_relaxed);
  const Outcome failure{OutcomeCode::kStoreFailed, concat("the store failed: ", status.message())};
  outbox_.fail_all(failure);
  end_work(Phase::kOver, failure, failure);
}

void BrokerCore::begin_shutdown() {
  if (phase_ != Phase::kLeading) {
    return;
  }
  end_work(Phase::kEnding, {OutcomeCode::kShuttingDown, "the broker is shutting down"},
           {OutcomeCode::kNoMessage, "the broker is shutting down"});
}

void BrokerCore::end_work(Phase phase, const Outcome& refusal, const Outcome& of_waiting) {
  phase_ = phase;
  refusal_ = refusal;
  work_->listings.end_work(refusal);  // "no message" would be no answer to a list
  work_->resets.end_work(refusal);
  for (Service* service : work_->services) {
    service->end_work(of_waiting);
  }
}

void BrokerCore::disk_measured(const std::optional<store::DiskSpace>& space, bool full) {
  work_->sends.set_disk_full(full);
  if (phase_ == Phase::kLeading) {
    work_->retention.check(space);
  }
}

void BrokerCore::retention_due(std::shared_ptr<store::MessageStore::RetentionResult> result) {
  if (phase_ == Phase::kLeading) {
    work_->retention.found(std::move(result));
  }
}

void BrokerCore::snapshot_done(
    absl::StatusOr<std::shared_ptr<store::MessageStore::SnapshotResult>> result) {
  work_->snapshots.written(std::move(result));
}

// --- what events did ---------------------------------------------------------------------------

void BrokerCore::topic_changed(const TopicState& topic) { work_->pop.topic_changed(topic); }

void BrokerCore::group_changed(const GroupState& group) { work_->pop.group_changed(group); }

void BrokerCore::topic_gone(const TopicState& topic) {
  work_->sends.topic_gone(topic.id());
  work_->pop.topic_gone(topic);
  work_->pop.answer_orphans(
      {OutcomeCode::kTopicNotFound, concat("topic '", topic.config.name, "' was deleted")});
}

void BrokerCore::group_gone(const GroupState& group) {
  work_->pop.group_gone(group);
  work_->pop.answer_orphans({OutcomeCode::kGroupNotFound,
                             concat("consumer group '", group.config.name, "' was deleted")});
}

void BrokerCore::subscription_gone(const Subscription& subscription) {
  work_->pop.subscription_gone(subscription);
}

}  // namespace petrel::core
