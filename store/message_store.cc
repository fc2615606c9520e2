// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/message_store.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "common/check.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/executor.h"
#include "common/log.h"
#include "common/random.h"
#include "common/status.h"
#include "store/dispatcher.h"
#include "store/job_count.h"
#include "store/log_replay.h"
#include "store/queue/queue_dispatch.h"
#include "store/queue/queue_files.h"
#include "store/queue/queue_mending.h"
#include "store/queue/queue_table.h"
#include "store/queue_loader.h"
#include "store/queue_search.h"
#include "store/retention/deletion.h"
#include "store/retention/retention_job.h"
#include "store/snapshot/snapshot_restore.h"
#include "store/snapshot/snapshots.h"
#include "store/store_identity.h"
#include "store/store_paths.h"

namespace petrel::store {

struct MessageStore::SnapshotResult {
  Snapshots::Written written;
};

struct MessageStore::RetentionResult {
  std::shared_ptr<const RetentionJob> job;
};

namespace {

constexpr log::Logger kLog("store");

// Queues that are told in one turn that a snapshot has them.
constexpr size_t kQueuesFinishedAtOnce = 2000;

class MessageStoreImpl final : public MessageStore, private Dispatcher::Observer {
 public:
  MessageStoreImpl(Disk& disk, Clock& clock, const Executors& executors, const Options& options,
                   Owner& owner)
      : disk_(disk),
        clock_(clock),
        executors_(executors),
        options_(options),
        paths_(options.directory),
        owner_(owner) {}
  ~MessageStoreImpl() override {
    stopping_.store(true, std::memory_order_relaxed);
    jobs_.wait_for_none();
  }

  absl::Status open();
  absl::StatusOr<LogOffset> apply_to(LogOffset to, int64_t bytes_max) override;
  LogOffset applied() const override { return dispatcher_->applied(); }
  absl::Status finish_open() override;

  CommitLog& log() override { return *log_; }
  Indexer& indexer() override { return *indexer_; }
  const std::string& store_id() const override { return identity_.id; }

  absl::StatusOr<Placed> append(std::string_view record, int32_t queue_id,
                                int64_t store_ms) override;
  void commit(CommittedOffset committed,
              absl::FunctionRef<void(std::string_view topic)> arrived) override;
  CommittedOffset committed() const override { return dispatcher_->committed(); }
  int64_t last_store_ms() const override { return dispatcher_->last_store_ms(); }
  void delete_topic(std::string_view topic) override { dispatcher_->delete_topic(topic); }
  void move_min(std::string_view topic, int32_t queue_id, const MinMove& move) override {
    dispatcher_->move_min(topic, queue_id, move);
  }
  void skip_to(std::string_view topic, int32_t queue_id, QueueOffset next) override {
    dispatcher_->skip_to(topic, queue_id, next);
  }
  void move_begin(LogOffset begin) override { dispatcher_->move_begin(begin); }
  LogOffset begin() const override { return dispatcher_->begin(); }

  ConsumeQueue* queue(std::string_view topic, int32_t queue_id) override {
    return queues_.queue(topic, queue_id);
  }
  ConsumeQueue* find_queue(std::string_view topic, int32_t queue_id) override {
    return queues_.find(topic, queue_id);
  }
  void restore_totals(std::string_view topic, int32_t queue_id, const QueueTotals& totals) override;
  int32_t queue_id_end(std::string_view topic) const override;
  void load_record(LogOffset offset, int32_t size,
                   absl::AnyInvocable<void(absl::StatusOr<LogSlice>) &&> loaded) override;
  void load_queue_page(
      ConsumeQueue* queue, QueueOffset from,
      absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<LoadedPage>>) &&> loaded) override;
  void search_queue(const ConsumeQueue* queue, const QueuePoint& point,
                    absl::AnyInvocable<void(absl::StatusOr<QueueOffset>) &&> found) override;
  void finish_load(ConsumeQueue* queue, std::shared_ptr<LoadedPage> page) override {
    loader_->finish(queue, *page);
  }
  Distrusted distrust(ConsumeQueue* queue, QueueOffset offset, LogOffset led_to) override {
    return loader_->distrust(static_cast<QueueView&>(*queue), offset, led_to);
  }
  int64_t repaired_entries() const override { return loader_->repaired_entries(); }

  bool snapshot_due() const override { return snapshots_->due(); }
  void begin_snapshot() override;
  bool capture_snapshot(size_t queues_max) override { return snapshots_->capture_some(queues_max); }
  void abandon_snapshot() override { snapshots_->abandon(); }
  void write_snapshot(
      std::vector<std::string> state,
      absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<SnapshotResult>>) &&> done) override;
  void finish_snapshot(std::shared_ptr<SnapshotResult> result) override;
  void snapshot_failed() override { snapshots_->failed(); }
  std::vector<ConfigFile> foreign_config() const override { return foreign_config_; }
  bool was_ours() const override { return was_ours_; }

  bool begin_retention(const RetentionNow& now, FindUnread unread,
                       std::span<const ExpiringQueue> expiring,
                       absl::AnyInvocable<void(std::shared_ptr<RetentionResult>) &&> done) override;
  RetentionFound finish_retention(std::shared_ptr<RetentionResult> result) override;
  const std::vector<ShortenedQueue>& moved_at_open() const override { return moved_at_open_; }
  bool deletion_waits_for_record() const override { return snapshots_->waits_for_record(); }
  int64_t failed_deletions() const override { return deletion_->failures(); }
  absl::StatusOr<DiskSpace> disk_space() const override { return disk_.space(paths_.root()); }
  absl::Status close(std::vector<std::string> state, CommittedOffset committed) override;

 private:
  absl::Status open_files();
  absl::Status open_store_id();
  void keep_identity_if_it_is_not();
  void make_parts(const RestoredSnapshot& snapshot);
  std::shared_ptr<RetentionJob> plan_retention_job(const RetentionNow& now) const;
  LogOffset needed_from() const;
  LogOffset durable_queues_end() const;
  void go_on_finishing_snapshot();
  void delete_if_due();
  absl::Status write_last_files(std::vector<std::string> state);

  // Dispatcher::Observer
  void topic_gone(const std::string& topic, LogOffset record) override {
    snapshots_->topic_deleted(topic, record);
  }
  void min_moved(const QueueView& queue, QueueOffset old_min, const MinMove& move) override;
  void begin_moved(LogOffset /*begin*/) override { deletion_may_be_due_ = true; }

  Disk& disk_;
  Clock& clock_;
  const Executors executors_;
  const Options options_;
  const StorePaths paths_;
  Owner& owner_;
  std::unique_ptr<FileLock> lock_;
  StoreIdentity identity_;
  std::atomic<bool> identity_kept_{true};  // on the disk, or there is none
  std::unique_ptr<CommitLog> log_;
  std::unique_ptr<RocketmqFiles> rocketmq_files_;  // null: not kept
  std::vector<ConfigFile> foreign_config_;
  bool was_ours_ = false;
  LogOffset snapshot_used_{0};  // 0: none
  std::unique_ptr<Indexer> indexer_;
  JobCount jobs_;
  std::atomic<bool> stopping_{false};  // no job begins or goes on with a search in the log
  std::atomic<bool> search_running_{false};

  // Core thread.
  QueueTable queues_;
  std::optional<Dispatcher> dispatcher_;
  std::optional<LogReplay> replay_;
  std::optional<Snapshots> snapshots_;
  std::optional<QueueLoader> loader_;
  std::optional<Deletion> deletion_;
  std::vector<ShortenedQueue> moved_at_open_;
  bool is_finishing_snapshot_ = false;
  bool deletion_may_be_due_ = false;
};

// ---- opening

absl::Status MessageStoreImpl::open() {
  PETREL_RETURN_IF_ERROR(open_files());
  PETREL_ASSIGN_OR_RETURN(
      const RestoredSnapshot snapshot,
      restore_newest_snapshot(disk_, paths_, identity_.id, log_->begin(), queues_));
  PETREL_RETURN_IF_ERROR(log_->recover(snapshot.offset));
  make_parts(snapshot);
  PETREL_RETURN_IF_ERROR(snapshots_->start(snapshot.offset, snapshot.damaged));
  was_ours_ = !snapshots_->on_disk().empty() || !snapshot.damaged.empty();
  return owner_.restore(*this, snapshot.state);
}

absl::Status MessageStoreImpl::open_files() {
  PETREL_RETURN_IF_ERROR(disk_.create_directories(paths_.root()));
  PETREL_ASSIGN_OR_RETURN(lock_, disk_.lock(paths_.lock()));
  PETREL_RETURN_IF_ERROR(open_store_id());
  PETREL_ASSIGN_OR_RETURN(log_, CommitLog::open(disk_, paths_.log(), options_.log));
  PETREL_RETURN_IF_ERROR(disk_.create_directories(paths_.snapshots()));
  PETREL_RETURN_IF_ERROR(disk_.create_directories(paths_.queues()));
  if (!options_.make_rocketmq_config) return absl::OkStatus();
  rocketmq_files_ = std::make_unique<RocketmqFiles>(disk_, paths_, options_.make_rocketmq_config);
  PETREL_RETURN_IF_ERROR(rocketmq_files_->open());
  foreign_config_ = rocketmq_files_->foreign();
  return absl::OkStatus();
}

absl::Status MessageStoreImpl::open_store_id() {
  if (options_.store_id.empty() && options_.random == nullptr) return absl::OkStatus();
  SeededRandom unused(0);
  Random& random = options_.random == nullptr ? unused : *options_.random;
  PETREL_ASSIGN_OR_RETURN(std::string in_snapshots, store_id_in_snapshots(disk_, paths_));
  const IdentityClaims claims{.handed_in = options_.store_id,
                              .in_snapshots = std::move(in_snapshots)};
  PETREL_ASSIGN_OR_RETURN(identity_, open_identity(disk_, paths_.root(), claims, random));
  identity_kept_.store(identity_.kept, std::memory_order_relaxed);
  return absl::OkStatus();
}

// A snapshot is the next that needs room, and made when there is some again.
void MessageStoreImpl::keep_identity_if_it_is_not() {
  if (identity_kept_.load(std::memory_order_acquire)) return;
  const absl::Status kept = keep_identity(disk_, paths_.root(), identity_.id);
  if (kept.ok()) identity_kept_.store(true, std::memory_order_release);
}

void MessageStoreImpl::make_parts(const RestoredSnapshot& snapshot) {
  snapshot_used_ = snapshot.offset;
  dispatcher_.emplace(*log_, queues_, static_cast<MessageStore&>(*this), owner_,
                      static_cast<Dispatcher::Observer&>(*this));
  dispatcher_->start_at(snapshot.offset, snapshot.begin, snapshot.store_ms);
  replay_.emplace(*log_, queues_, *dispatcher_, owner_, log_->last_required());
  snapshots_.emplace(Snapshots::Parts{.disk = disk_,
                                      .clock = clock_,
                                      .executor = executors_.background,
                                      .log = *log_,
                                      .queues = queues_,
                                      .paths = paths_,
                                      .rocketmq_files = rocketmq_files_.get()},
                     Snapshots::Options{.log_bytes = options_.snapshot_log_bytes,
                                        .interval_ms = options_.snapshot_interval_ms,
                                        .kept = options_.snapshots_kept});
  loader_.emplace(JobParts{disk_, *log_, executors_.readers, paths_, jobs_}, queues_, stopping_);
  deletion_.emplace(JobParts{disk_, *log_, executors_.background, paths_, jobs_});
}

absl::StatusOr<LogOffset> MessageStoreImpl::apply_to(LogOffset to, int64_t bytes_max) {
  PETREL_RETURN_IF_ERROR(replay_->apply_to(to, bytes_max));
  return applied();
}

absl::Status MessageStoreImpl::finish_open() {
  PETREL_CHECK(indexer_ == nullptr) << "the store is open already";
  QueueMending mending(disk_, paths_, *log_, queues_, snapshot_used_);
  PETREL_RETURN_IF_ERROR(mending.run());
  for (const QueueMending::Moved& moved : mending.moved()) {
    moved_at_open_.push_back({moved.topic, moved.queue_id, moved.old_min, moved.move});
  }
  Indexer::Options index = options_.index;
  index.files.directory = paths_.root();
  indexer_ = std::make_unique<Indexer>(Indexer::Parts{disk_, clock_, executors_.background, *log_},
                                       index, LogOffset(committed().value()));
  deletion_->list_all(queues_);
  deletion_->free_removed();
  deletion_may_be_due_ = true;
  return absl::OkStatus();
}

void MessageStoreImpl::restore_totals(std::string_view topic, int32_t queue_id,
                                      const QueueTotals& totals) {
  QueueView* const queue = queues_.find(topic, queue_id);
  if (queue != nullptr && queue->min() < queue->max()) queue->set_totals(totals);
}

// ---- records

absl::StatusOr<MessageStore::Placed> MessageStoreImpl::append(std::string_view record,
                                                              int32_t queue_id, int64_t store_ms) {
  PETREL_CHECK_EQ(applied(), log_->end());
  PETREL_ASSIGN_OR_RETURN(RecordView view, decode_record(record, Verify::kStructure));
  PETREL_RETURN_IF_ERROR(check_batch(view));
  view.queue_id = queue_id;
  view.store_ms = store_ms;
  if (has_place(view)) view.queue_offset = dispatcher_->next_place(view.topic, queue_id);
  const auto room =
      owner_.required(view.topic) ? CommitLog::Room::kAll : CommitLog::Room::kButReserve;
  PETREL_ASSIGN_OR_RETURN(
      view.log_offset,
      log_->append(record,
                   {.queue_id = queue_id, .queue_offset = view.queue_offset, .store_ms = store_ms},
                   room));
  // What the owner has just decided it can apply: else a restart could not, either.
  PETREL_CHECK_OK(dispatcher_->dispatch(view));
  PETREL_CHECK_EQ(applied(), log_->end());
  return Placed{.queue_offset = view.queue_offset, .log_offset = view.log_offset};
}

void MessageStoreImpl::commit(CommittedOffset committed,
                              absl::FunctionRef<void(std::string_view topic)> arrived) {
  dispatcher_->commit(committed, arrived);
  if (indexer_ == nullptr) return;  // not open yet
  indexer_->committed(LogOffset(committed.value()));
  if (is_finishing_snapshot_) go_on_finishing_snapshot();
  if (deletion_may_be_due_) delete_if_due();
}

// ---- queues

int32_t MessageStoreImpl::queue_id_end(std::string_view topic) const {
  const auto queues = queues_.topics().find(topic);
  return queues == queues_.topics().end() || queues->second.empty()
             ? 0
             : queues->second.rbegin()->first + 1;
}

void MessageStoreImpl::load_record(LogOffset offset, int32_t size,
                                   absl::AnyInvocable<void(absl::StatusOr<LogSlice>) &&> loaded) {
  executors_.readers.post(
      [this, running = JobCount::Job(jobs_), offset, size, loaded = std::move(loaded)]() mutable {
        std::move(loaded)(log_->read(offset, size));
      });
}

void MessageStoreImpl::load_queue_page(
    ConsumeQueue* queue, QueueOffset from,
    absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<LoadedPage>>) &&> loaded) {
  loader_->load(static_cast<const QueueView&>(*queue), from, durable_queues_end(),
                std::move(loaded));
}

// All queue entries that are on disk are of records below.
LogOffset MessageStoreImpl::durable_queues_end() const {
  const LogOffset written(log_->progress().written.value());
  const auto& snapshots = snapshots_->on_disk();
  return snapshots.empty() ? written : std::min(snapshots.back(), written);
}

void MessageStoreImpl::search_queue(
    const ConsumeQueue* queue, const QueuePoint& point,
    absl::AnyInvocable<void(absl::StatusOr<QueueOffset>) &&> found) {
  auto search = std::make_unique<QueueSearch>(
      JobParts{disk_, *log_, executors_.readers, paths_, jobs_},
      static_cast<const QueueView&>(*queue), durable_queues_end(), point, stopping_);
  executors_.readers.post([search = std::move(search), found = std::move(found),
                           running = JobCount::Job(jobs_)]() mutable {
    absl::StatusOr<QueueOffset> result = search->run();
    search.reset();
    { const JobCount::Job ended = std::move(running); }  // `found` may end the store
    std::move(found)(std::move(result));
  });
}

// ---- snapshots

void MessageStoreImpl::begin_snapshot() {
  // Before the directory has the id, the next start may come to another one.
  if (identity_kept_.load(std::memory_order_acquire)) {
    snapshots_->set_store_id(identity_.id);
  } else {
    executors_.background.post(
        [this, running = JobCount::Job(jobs_)] { keep_identity_if_it_is_not(); });
  }
  // Every deletion that was shown is below.
  const Snapshots::LogState log{.begin = begin(), .store_ms = last_store_ms()};
  PETREL_CHECK(snapshots_->begin(LogOffset(committed().value()), log));
}

void MessageStoreImpl::write_snapshot(
    std::vector<std::string> state,
    absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<SnapshotResult>>) &&> done) {
  snapshots_->write(std::move(state), indexer_->stats().full_files_ms,
                    [done = std::move(done)](absl::StatusOr<Snapshots::Written> written) mutable {
                      if (!written.ok()) return std::move(done)(written.status());
                      auto result = std::make_shared<SnapshotResult>();
                      result->written = *std::move(written);
                      std::move(done)(std::move(result));
                    });
}

void MessageStoreImpl::finish_snapshot(std::shared_ptr<SnapshotResult> result) {
  snapshots_->finish(std::move(result->written));
  is_finishing_snapshot_ = true;
  go_on_finishing_snapshot();
  deletion_may_be_due_ = true;
  delete_if_due();
}

void MessageStoreImpl::go_on_finishing_snapshot() {
  is_finishing_snapshot_ = !snapshots_->finish_some(kQueuesFinishedAtOnce);
}

// ---- retention

// The older snapshot must stay of use when the newer one turns out to be damaged, so there must be
// two of them.
LogOffset MessageStoreImpl::needed_from() const {
  const auto& snapshots = snapshots_->on_disk();
  return snapshots.size() >= 2 ? snapshots.front() : LogOffset(0);
}

std::shared_ptr<RetentionJob> MessageStoreImpl::plan_retention_job(const RetentionNow& now) const {
  auto job = std::make_shared<RetentionJob>(RetentionJob{.paths = paths_});
  job->segments = log_->segments();
  while (!job->segments.empty() && job->segments.back().start >= log_->end()) {
    job->segments.pop_back();  // it was made beforehand: the one before is being written
  }
  job->input = {.now_ms = now.now_ms,
                .segments = job->segments,
                .needed_from = needed_from(),
                .disk = now.disk,
                .lacks_room = log_->lacks_room()};
  job->plan = plan_retention(options_.retention, job->input);
  return job;
}

bool MessageStoreImpl::begin_retention(
    const RetentionNow& now, FindUnread unread, std::span<const ExpiringQueue> expiring,
    absl::AnyInvocable<void(std::shared_ptr<RetentionResult>) &&> done) {
  if (is_finishing_snapshot_) go_on_finishing_snapshot();
  delete_if_due();
  if (search_running_.load(std::memory_order_acquire) || deletion_->is_running()) return false;
  // What was decided is not shown, or not deleted yet. Found again, it would count twice.
  const bool pending = dispatcher_->next_begin() >= log_->begin() + log_->segment_bytes();
  if (pending || dispatcher_->has_unshown_moves()) return false;
  std::shared_ptr<RetentionJob> job = plan_retention_job(now);
  snapshots_->want(job->plan.waits_for_snapshot);
  const LogOffset begin = std::max(job->plan.must, job->plan.may);
  const bool shortens = begin > log_->begin();
  if (!shortens && expiring.empty()) return false;
  if (shortens) {
    const size_t queues_max = options_.retention_queues_max;
    std::vector<QueueView*> queues = queues_.with_front_below(begin, queues_max + 1);
    if (queues.size() > queues_max) {
      job->left_out_from = queues.back()->listed_front();
      queues.pop_back();
    }
    job->add_with_log(queues);
  }
  job->add_expiring(expiring);
  if (options_.retention.keep_unread) job->ask_for_unread(queues_, unread);
  search_running_.store(true, std::memory_order_relaxed);
  executors_.background.post([this, running = JobCount::Job(jobs_), job = std::move(job),
                              done = std::move(done)]() mutable {
    job->run(disk_, *log_, stopping_);
    auto result = std::make_shared<RetentionResult>();
    result->job = std::move(job);
    std::move(done)(std::move(result));
  });
  return true;
}

MessageStore::RetentionFound MessageStoreImpl::finish_retention(
    std::shared_ptr<RetentionResult> result) {
  PETREL_CHECK(search_running_.exchange(false));
  const RetentionJob& job = *result->job;
  RetentionFound found{.begin = std::max(job.begin, dispatcher_->next_begin()),
                       .log_bytes = job.log_bytes,
                       .queues = {}};
  if (job.left_out_from.has_value() && *job.left_out_from < job.begin) {
    found.begin = dispatcher_->next_begin();
    found.log_bytes = {};
  }
  bool waits = false;
  for (const RetentionJob::Queue& each : job.queues) {
    // The topic may have been deleted meanwhile.
    const QueueView* const queue = queues_.find(each.topic, each.queue_id);
    if (queue == nullptr || queue->generation() != each.generation) continue;
    // What was summed up does not fit any more. Where it still leads below the new begin, that
    // waits, too.
    if (queue->min() != each.min) {
      if (queue->min() < each.new_min) found.begin = dispatcher_->next_begin();
      continue;
    }
    waits = waits || each.waits_for_snapshot;
    MinMove move = each.move();
    const bool moves = move.min > each.min;
    if (!moves && move.oldest_ms <= queue->totals().oldest_ms) continue;
    if (!moves) move = {.min = queue->min(), .front = queue->front(), .oldest_ms = move.oldest_ms};
    move.empty = move.min == queue->max();
    found.queues.push_back({each.topic, each.queue_id, queue->min(), move});
  }
  // With many queues and little to write a snapshot would wait longer, but not for ever.
  if (waits && snapshots_->interval_passed()) snapshots_->want(true);
  return found;
}

void MessageStoreImpl::min_moved(const QueueView& queue, QueueOffset old_min, const MinMove& move) {
  if (queue.min().value() / kQueueFileEntries == old_min.value() / kQueueFileEntries) return;
  deletion_->add_queue(queue, move.front);
  deletion_may_be_due_ = true;
}

// What is shown and below two snapshots leaves the disk.
void MessageStoreImpl::delete_if_due() {
  if (deletion_->is_running() || stopping_.load(std::memory_order_relaxed)) return;
  deletion_may_be_due_ = false;
  const LogOffset needed = needed_from();
  if (begin() >= log_->begin() + log_->segment_bytes() && begin() > needed) snapshots_->want(true);
  if (!deletion_->is_due(begin(), needed)) return;
  deletion_->run(std::min(begin(), needed), LogOffset(committed().value()), *indexer_);
}

// ---- the end

absl::Status MessageStoreImpl::close(std::vector<std::string> state, CommittedOffset committed) {
  stopping_.store(true, std::memory_order_relaxed);
  jobs_.wait_for_none();
  PETREL_CHECK_EQ(applied(), log_->end());
  keep_identity_if_it_is_not();
  PETREL_RETURN_IF_ERROR(log_->close());
  commit(committed, [](std::string_view) {});
  indexer_->close();
  if (committed.value() != log_->end().value()) {
    kLog.warn("the log has records that are not committed; the next start replays it",
              {{"committed", committed.value()}, {"end", log_->end().value()}});
  } else if (const absl::Status last = write_last_files(std::move(state)); !last.ok()) {
    kLog.warn("the last snapshot was not written; the next start replays the log",
              {{"error", concat(last.message())}});
  }
  lock_.reset();
  return absl::OkStatus();
}

absl::Status MessageStoreImpl::write_last_files(std::vector<std::string> state) {
  if (identity_kept_.load(std::memory_order_acquire)) snapshots_->set_store_id(identity_.id);
  PETREL_RETURN_IF_ERROR(snapshots_->write_last({begin(), last_store_ms()}, std::move(state),
                                                indexer_->stats().full_files_ms));
  return rocketmq_files_ == nullptr ? absl::OkStatus() : rocketmq_files_->close();
}

}  // namespace

absl::StatusOr<std::unique_ptr<MessageStore>> MessageStore::open(Disk& disk, Clock& clock,
                                                                 const Executors& executors,
                                                                 const Options& options,
                                                                 Owner& owner) {
  auto store = std::make_unique<MessageStoreImpl>(disk, clock, executors, options, owner);
  PETREL_RETURN_IF_ERROR(store->open());
  return store;
}

}  // namespace petrel::store
