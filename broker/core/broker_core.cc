// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/broker_core.h"

#include <algorithm>
#include <utility>

#include "broker/core/events.h"
#include "common/check.h"
#include "common/concat.h"
#include "petrel/state/v1/state.pb.h"
#include "store/log/record.h"

namespace petrel::core {

using store::LogOffset;

// Rebuilds the state while the store opens.
class BrokerCore::ReplayState final : public store::MessageStore::Replay {
 public:
  explicit ReplayState(BrokerState& state) : state_(state) {}

  absl::Status restore(std::string_view snapshot) override {
    knows_beginning_ = !snapshot.empty();
    return snapshot.empty() ? absl::OkStatus() : state_.restore(snapshot);
  }

  absl::Status apply(store::MessageStore& store, const store::RecordView& record) override {
    if (record.queue_id >= 0 && record.queue_id < kQueuesPerTopicMax) {
      state_.totals(record.topic).count(record.queue_id, record.bytes.size(), record.store_ms);
    }
    if (record.topic != kStateTopic) return absl::OkStatus();
    if (!knows_beginning_ && record.queue_offset > store::QueueOffset(0)) {
      return at(record, absl::DataLossError(
                            concat("this is state record ", record.queue_offset.value(),
                                   ", those before are deleted, and there is no snapshot; restore "
                                   "a file of snapshots/ from a copy")));
    }
    knows_beginning_ = true;
    if (!record_.ParseFromArray(record.body.data(), static_cast<int>(record.body.size()))) {
      return at(record, absl::DataLossError("a state record does not parse"));
    }
    for (const auto& event : record_.events()) {
      if (event.has_topic_deleted()) store.delete_topic(event.topic_deleted().name());
      if (absl::Status applied = state_.apply(event); !applied.ok()) return at(record, applied);
    }
    return absl::OkStatus();
  }

  bool may_lack(std::string_view topic) const override { return topic != kStateTopic; }

 private:
  static absl::Status at(const store::RecordView& record, const absl::Status& status) {
    return absl::Status(status.code(),
                        concat("log offset ", record.log_offset.value(), ": ", status.message()));
  }
  BrokerState& state_;
  bool knows_beginning_ = false;  // of the state: a snapshot, or the first record of all
  state::v1::StateRecord record_;
};

namespace {

OutcomeCode append_failure(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return OutcomeCode::kOverloaded;
    case absl::StatusCode::kInvalidArgument:
      return OutcomeCode::kInvalidArgument;
    default:
      return OutcomeCode::kStoreFailed;
  }
}

}  // namespace

BrokerCore::BrokerCore(const CoreOptions& options, const Clock& clock,
                       const ClientLiveness& liveness, ReplySink& replies, Registry& registry)
    : options_(options),
      clock_(clock),
      liveness_(liveness),
      replies_(replies),
      registry_(registry),
      journal_(std::min<int64_t>(1 << 20, options.state_record_bytes_max / 4)),
      replay_(std::make_unique<ReplayState>(state_)) {}

BrokerCore::~BrokerCore() = default;

store::MessageStore::Replay& BrokerCore::replay() { return *replay_; }

void BrokerCore::start(store::MessageStore& store, CorePort& self, RetentionObserver* observer) {
  replay_.reset();
  store_ = &store;
  self_ = &self;
  writer_ = std::make_unique<QueueWriter>(store);
  pop_ = std::make_unique<PopService>(
      PopService::Parts{options_, store, state_, journal_, outbox_, liveness_},
      [&self](std::string topic, int32_t queue_id, auto page) {
        self.post_internal(
            std::make_unique<PageLoaded>(std::move(topic), queue_id, std::move(page)));
      });
  catalog_ = std::make_unique<Catalog>(
      Catalog::Parts{options_, store, state_, journal_, outbox_, *writer_, *pop_, registry_});
  retention_ = std::make_unique<RetentionService>(
      RetentionService::Parts{store, state_, journal_, *pop_},
      [&self](auto result) {
        self.post_internal(std::make_unique<DeletionDone>(std::move(result)));
      },
      [this] {
        if (journal_.full()) append_journal();
      },
      observer);
  forget_deleted_totals();
  if (store.log().damage().count() > 0) keep_seen_offsets();
  catalog_->publish_all();
  committed_ = store.log().end();
  stats_.committed_offset = committed_.value();
}

// A snapshot may have counted what was deleted before the next one.
void BrokerCore::forget_deleted_totals() {
  for (const auto& [name, topic] : state_.topics()) {
    for (size_t i = 0; i < topic->totals->queues.size(); ++i) {
      const auto queue_id = static_cast<int32_t>(i);
      const store::ConsumeQueue* queue = store_->find_queue(name, queue_id);
      if (queue == nullptr || queue->min() < queue->max()) continue;
      topic->totals->forget(queue_id, topic->totals->of(queue_id).bytes, 0);
    }
  }
}

// Damage may have taken the last messages of a queue. Groups know that they were there, and would
// never look at other messages in their places.
void BrokerCore::keep_seen_offsets() {
  const store::QueueEntry hole = store::QueueEntry::hole(store_->log().end());
  for (const auto& [name, group] : state_.groups()) {
    for (const auto& [topic, subscription] : group->subscriptions) {
      for (size_t i = 0; i < subscription->queues.size(); ++i) {
        const GroupQueue* const seen = subscription->queues[i].get();
        if (seen == nullptr || seen->next() == store::QueueOffset(0)) continue;
        store::ConsumeQueue* const queue = store_->queue(topic, static_cast<int32_t>(i));
        while (queue->max() < seen->next()) queue->append(hole);
      }
    }
  }
}

void BrokerCore::adopt(const Adopted& adopted) {
  if (adopted.fingerprint.empty() || adopted.fingerprint == state_.adopted()) return;
  time_ = {.wall_ms = clock_.wall_ms(), .mono_us = clock_.mono_us()};
  const auto keep_records_small = [this] {
    if (journal_.full()) append_journal();
  };
  for (const TopicConfig& topic : adopted.topics) {
    catalog_->adopt(topic);
    keep_records_small();
  }
  for (const GroupConfig& group : adopted.groups) {
    catalog_->adopt(group);
    keep_records_small();
  }
  for (const Adopted::Position& position : adopted.positions) {
    adopt(position);
    keep_records_small();
  }
  state_.set_adopted(adopted.fingerprint);
  journal_.adopted(adopted.fingerprint);
  append_journal();
  store_->log().submit();
}

// Of a group that both brokers know: what is in flight above stays so; what the other one finished
// is done.
void BrokerCore::adopt(const Adopted::Position& position) {
  TopicState* const topic = state_.find_topic(position.topic);
  if (topic == nullptr) return;
  if (state_.find_group(position.group) == nullptr) {
    catalog_->adopt(GroupConfig{.name = position.group});
  }
  Subscription& subscription = state_.subscription(*state_.find_group(position.group), *topic);
  const bool begun = subscription.find(position.queue_id) != nullptr;
  GroupQueue& queue = subscription.at(position.queue_id);
  const store::QueueOffset end = store_->queue(position.topic, position.queue_id)->max();
  const store::QueueOffset next = std::min(position.next, end);
  const Journal::Queue where{position.group, position.topic, position.queue_id};
  while (!queue.in_flight().empty() && queue.in_flight().begin()->first < next) {
    const store::QueueOffset done = queue.in_flight().begin()->first;
    queue.acknowledge(done);
    journal_.acked(where, done);
  }
  const bool forward = next > queue.next();
  const bool back = next < queue.next() && queue.in_flight().empty();
  if (begun && !forward && !back) return;
  queue.reposition(next);
  journal_.positioned(where, next);
}

std::optional<int64_t> BrokerCore::turn(std::vector<std::unique_ptr<Request>>& batch) {
  time_ = {.wall_ms = clock_.wall_ms(), .mono_us = clock_.mono_us()};
  pop_->set_time(time_);
  const LogOffset end_before = store_->log().end();
  for (auto& request : batch) {
    if (!admit(*request)) {
      request->outcome = refusal_;
      outbox_.now(std::move(request));
      continue;
    }
    Request& r = *request;
    r.run(*this, std::move(request));
    if (journal_.full()) append_journal();
  }
  pop_->finish_turn();
  append_journal();

  const LogOffset end = store_->log().end();
  outbox_.seal_turn(end, committed_);
  if (end > end_before) store_->log().submit();
  maybe_snapshot();
  registry_.publish_version(state_.config_version());

  stats_.turns.fetch_add(1, std::memory_order_relaxed);
  stats_.requests.fetch_add(static_cast<int64_t>(batch.size()), std::memory_order_relaxed);
  stats_.waiting_replies.store(static_cast<int64_t>(outbox_.waiting()), std::memory_order_relaxed);
  stats_.waiting_receives.store(static_cast<int64_t>(pop_->waiting_receives()),
                                std::memory_order_relaxed);
  batch.clear();
  if (auto finished = outbox_.take_finished(); !finished.empty()) {
    replies_.deliver(std::move(finished));
  }
  return pop_->next_deadline_us();
}

bool BrokerCore::admit(const Request& request) const {
  if (refusal_.ok()) return true;
  switch (request.admission()) {
    case Request::Admission::kWork:
      return false;
    case Request::Admission::kSettling:
      return refusal_.code == OutcomeCode::kShuttingDown;
    case Request::Admission::kInternal:
      return true;
  }
  return false;
}

// --- requests ----------------------------------------------------------------------------------

void BrokerCore::send(std::unique_ptr<SendRequest> request) {
  const auto answer = [&](OutcomeCode code, std::string text) {
    request->outcome = {code, std::move(text)};
    outbox_.now(std::move(request));
  };
  if (disk_full_) return answer(OutcomeCode::kDiskFull, "the broker's disk is full");
  int64_t bytes = 0;
  for (const auto& message : request->messages)
    bytes += static_cast<int64_t>(message.record.size());
  store::CommitLog& log = store_->log();
  if (log.end().value() - log.progress().written.value() + bytes > options_.unwritten_bytes_max) {
    return answer(OutcomeCode::kOverloaded, "the disk does not keep up; try again");
  }
  TopicState* topic = catalog_->ensure_topic(request->topic, request->outcome);
  if (topic == nullptr) return outbox_.now(std::move(request));
  const TopicConfig& config = topic->config;
  if ((config.permission & permission::kWrite) == 0) {
    return answer(OutcomeCode::kNoWritableQueue,
                  concat("topic '", config.name, "' does not allow sending"));
  }
  for (const auto& message : request->messages) {
    if (message.type != config.message_type) {
      return answer(OutcomeCode::kMessageTypeConflict,
                    concat("topic '", config.name, "' takes messages of another type"));
    }
  }
  QueueWriter::Topic& queues = writer_->topic(config.name);
  const int32_t queue_id = queues.next_queue(config.write_queues);
  for (auto& message : request->messages) {
    const auto placed =
        writer_->append(queues, queue_id, message.record, message.tags_code, time_.wall_ms);
    // Of a request that fails half way, some messages may be stored: the sender is told of the
    // failure, sends all of them again, and consumers see duplicates.
    if (!placed.ok())
      return answer(append_failure(placed.status()), std::string(placed.status().message()));
    topic->totals->count(queue_id, message.record.size(), time_.wall_ms);
    message.queue_id = queue_id;
    message.queue_offset = placed->queue_offset;
    message.log_offset = placed->log_offset;
  }
  outbox_.after_commit(std::move(request));
}

void BrokerCore::receive(std::unique_ptr<ReceiveRequest> request) {
  TopicState* topic = catalog_->ensure_topic(request->topic, request->outcome);
  if (topic == nullptr) return outbox_.now(std::move(request));
  GroupState* group = catalog_->ensure_group(request->group, request->outcome);
  if (group == nullptr) return outbox_.now(std::move(request));
  const auto answer = [&](OutcomeCode code, std::string text) {
    request->outcome = {code, std::move(text)};
    outbox_.now(std::move(request));
  };
  const TopicConfig& config = topic->config;
  if ((config.permission & permission::kRead) == 0) {
    return answer(OutcomeCode::kNoReadableQueue,
                  concat("topic '", config.name, "' does not allow receiving"));
  }
  if (!group->config.consume_enabled) {
    return answer(OutcomeCode::kNoReadableQueue,
                  concat("consumer group '", group->config.name, "' is switched off"));
  }
  if (request->queue_id >= config.read_queues) {
    return answer(OutcomeCode::kInvalidArgument,
                  concat("topic '", config.name, "' has no queue ", request->queue_id));
  }
  pop_->receive(*group, *topic, std::move(request));
}

void BrokerCore::ensure_topic(std::unique_ptr<EnsureTopicRequest> request) {
  if (catalog_->ensure_topic(request->topic, request->outcome) == nullptr) {
    return outbox_.now(std::move(request));
  }
  outbox_.after_commit(std::move(request));
}

// --- the log -----------------------------------------------------------------------------------

void BrokerCore::append_journal() {
  if (journal_.empty()) return;
  const std::string body = journal_.take();
  const auto record = store::encode_record({.topic = kStateTopic,
                                            .body = body,
                                            .born_ms = time_.wall_ms,
                                            .born_host = options_.store_host,
                                            .store_host = options_.store_host});
  PETREL_CHECK(record.ok()) << record.status().ToString();
  const auto placed = writer_->append(writer_->topic(kStateTopic), 0, *record, 0, time_.wall_ms);
  if (!placed.ok()) return log_failed(placed.status());
  store_->log().must_not_lack(placed->log_offset);
  state_.totals(kStateTopic).count(0, record->size(), time_.wall_ms);
}

void BrokerCore::log_progress(const store::LogProgress& progress) {
  const LogOffset committed(options_.flush_mode == store::FlushMode::kSync
                                ? progress.synced.value()
                                : progress.written.value());
  if (committed <= committed_) return;
  if (captured_ && captured_->applied <= committed) {
    commit(captured_->applied);
    write_captured();
  }
  commit(committed);
}

void BrokerCore::commit(LogOffset committed) {
  writer_->commit(committed, [this](std::string_view topic) { pop_->arrived(topic); });
  outbox_.commit(committed);
  store_->indexer().committed(committed);
  committed_ = committed;
  stats_.committed_offset.store(committed.value(), std::memory_order_relaxed);
}

void BrokerCore::log_failed(const absl::Status& status) {
  stats_.store_failed.store(true, std::memory_order_relaxed);
  refusal_ = {OutcomeCode::kStoreFailed, concat("the store failed: ", status.message())};
  outbox_.fail_all(refusal_.code, refusal_.text);
  pop_->fail_all(refusal_.code, refusal_.text);
}

void BrokerCore::disk_measured(const std::optional<store::DiskSpace>& space, bool full) {
  disk_full_ = full;
  if (refusal_.ok()) retention_->check(space, time_.wall_ms);
}

void BrokerCore::deletion_done(std::shared_ptr<store::MessageStore::RetentionResult> result) {
  if (refusal_.code != OutcomeCode::kStoreFailed) retention_->finished(std::move(result));
}

void BrokerCore::begin_shutdown() {
  if (!refusal_.ok()) return;
  refusal_ = {OutcomeCode::kShuttingDown, "the broker is shutting down"};
  pop_->fail_all(OutcomeCode::kNoMessage, "the broker is shutting down");
}

// The state belongs to the end of this turn, but the queues hold committed entries only: it is
// captured now and handed over when exactly these records are committed.
void BrokerCore::maybe_snapshot() {
  if (captured_ || snapshot_running_ || !store_->snapshot_due()) return;
  snapshot_running_ = true;
  captured_ = CapturedSnapshot{store_->log().end(), state_.snapshot()};
  if (captured_->applied <= committed_) write_captured();
}

void BrokerCore::write_captured() {
  CapturedSnapshot captured = *std::exchange(captured_, std::nullopt);
  store_->begin_snapshot(captured.applied, std::move(captured.state), [self = self_](auto result) {
    self->post_internal(std::make_unique<SnapshotDone>(std::move(result)));
  });
}

void BrokerCore::snapshot_done(
    absl::StatusOr<std::shared_ptr<store::MessageStore::SnapshotResult>> result) {
  snapshot_running_ = false;
  if (result.ok()) {
    store_->finish_snapshot(*std::move(result));
    stats_.snapshots.fetch_add(1, std::memory_order_relaxed);
  } else {
    stats_.snapshot_failures.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace petrel::core
