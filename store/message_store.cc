// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/message_store.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <limits>
#include <utility>

#include "common/check.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/executor.h"
#include "common/log.h"
#include "common/status.h"
#include "store/job_count.h"
#include "store/log/damage_list.h"
#include "store/queue/queue_files.h"
#include "store/queue/queue_repair.h"
#include "store/queue/queue_table.h"
#include "store/retention/expired_queue_files.h"
#include "store/retention/file_removal.h"
#include "store/retention/retention_job.h"
#include "store/snapshot/snapshots.h"
#include "store/store_paths.h"
#include "store/store_recovery.h"

namespace petrel::store {

// Entries that were read for one queue, on their way to the core thread.
struct MessageStore::LoadedPage {
  std::string topic;
  int32_t queue_id = 0;
  uint64_t generation = 0;
  std::shared_ptr<const QueuePage> page;
  std::vector<CorrectedEntry> corrected;
};

struct MessageStore::SnapshotResult {
  Snapshots::Written written;
};

struct MessageStore::RetentionResult {
  std::shared_ptr<const RetentionJob> job;
};

namespace {

constexpr log::Logger kLog("store");

// Freed at a time.
constexpr uint64_t kRemovalStepBytes = 64 << 20;

class MessageStoreImpl final : public MessageStore {
 public:
  MessageStoreImpl(Disk& disk, Clock& clock, Executor& executor, const Options& options)
      : disk_(disk),
        clock_(clock),
        executor_(executor),
        options_(options),
        paths_(options.directory) {}
  ~MessageStoreImpl() override {
    stopping_.store(true, std::memory_order_relaxed);
    jobs_.wait_for_none();
  }

  absl::Status start(Replay& replay);

  CommitLog& log() override { return *log_; }
  Indexer& indexer() override { return *indexer_; }
  ConsumeQueue* queue(std::string_view topic, int32_t queue_id) override {
    return queues_.queue(topic, queue_id);
  }
  ConsumeQueue* find_queue(std::string_view topic, int32_t queue_id) override {
    return queues_.find(topic, queue_id);
  }
  void delete_topic(std::string_view topic) override;
  void load_queue_page(
      ConsumeQueue* queue, QueueOffset from,
      absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<LoadedPage>>) &&> loaded) override;
  void finish_load(ConsumeQueue* queue, std::shared_ptr<LoadedPage> page) override;
  Distrusted distrust(ConsumeQueue* queue, QueueOffset offset, LogOffset led_to) override;
  int64_t repaired_entries() const override {
    return repaired_entries_.load(std::memory_order_relaxed);
  }
  bool snapshot_due() const override;
  void begin_snapshot(
      LogOffset applied, std::string state,
      absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<SnapshotResult>>) &&> done) override;
  void finish_snapshot(std::shared_ptr<SnapshotResult> result) override;
  std::vector<ConfigFile> foreign_config() const override { return foreign_config_; }
  bool was_ours() const override { return was_ours_; }
  bool begin_retention(const std::optional<DiskSpace>& disk, FindUnread unread,
                       std::span<const ExpiringQueue> expiring,
                       absl::AnyInvocable<void(std::shared_ptr<RetentionResult>) &&> done) override;
  Deleted finish_retention(std::shared_ptr<RetentionResult> result) override;
  absl::StatusOr<DiskSpace> disk_space() const override { return disk_.space(paths_.root()); }
  absl::Status close(std::string state) override;

 private:
  void follow_expiry(const RetentionJob::Queue& expired);
  void remove_expired_queue_files();
  void free_removed_files(JobCount::Job running);
  QueueExtent extent_of(const QueueView& queue) const;
  void take_over(QueueView& queue, std::span<const CorrectedEntry> corrected);

  Disk& disk_;
  Clock& clock_;
  Executor& executor_;
  const Options options_;
  const StorePaths paths_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<CommitLog> log_;
  std::unique_ptr<RocketmqFiles> rocketmq_files_;  // null: not kept
  std::vector<ConfigFile> foreign_config_;
  bool was_ours_ = false;
  std::unique_ptr<Indexer> indexer_;
  JobCount jobs_;
  std::atomic<bool> stopping_{false};  // no job begins or goes on with a search in the log
  std::atomic<int64_t> repaired_entries_{0};

  // Core thread.
  QueueTable queues_;
  std::unique_ptr<Snapshots> snapshots_;
  ExpiredQueueFiles expired_queue_files_;
  std::atomic<bool> deletion_running_{false};  // until the files are freed
};

absl::Status MessageStoreImpl::start(Replay& replay) {
  PETREL_RETURN_IF_ERROR(disk_.create_directories(paths_.root()));
  PETREL_ASSIGN_OR_RETURN(lock_, disk_.lock(paths_.lock()));
  PETREL_ASSIGN_OR_RETURN(log_, CommitLog::open(disk_, paths_.log(), options_.log));
  PETREL_RETURN_IF_ERROR(disk_.create_directories(paths_.snapshots()));
  PETREL_RETURN_IF_ERROR(disk_.create_directories(paths_.queues()));
  if (options_.make_rocketmq_config) {
    rocketmq_files_ = std::make_unique<RocketmqFiles>(disk_, paths_, options_.make_rocketmq_config);
    PETREL_RETURN_IF_ERROR(rocketmq_files_->open());
    foreign_config_ = rocketmq_files_->foreign();
  }
  snapshots_ = std::make_unique<Snapshots>(
      Snapshots::Parts{disk_, clock_, executor_, *log_, queues_, paths_, rocketmq_files_.get()},
      Snapshots::Options{options_.snapshot_log_bytes, options_.snapshot_interval_ms,
                         options_.snapshots_kept});
  PETREL_ASSIGN_OR_RETURN(const LogOffset snapshot,
                          StoreRecovery(disk_, paths_, *log_, queues_).run(*this, replay));
  Indexer::Options index = options_.index;
  index.files.directory = paths_.root();
  indexer_ = std::make_unique<Indexer>(Indexer::Parts{disk_, clock_, executor_, *log_}, index);
  PETREL_RETURN_IF_ERROR(snapshots_->start(snapshot));
  was_ours_ = !snapshots_->on_disk().empty();
  expired_queue_files_.list_all(queues_, log_->end(), snapshot);
  const absl::StatusOr<std::vector<std::string>> removed = disk_.list(paths_.removed());
  if (removed.ok() && !removed->empty()) {
    deletion_running_.store(true, std::memory_order_relaxed);
    free_removed_files(JobCount::Job(jobs_));
  }
  return absl::OkStatus();
}

// ---- queues

void MessageStoreImpl::delete_topic(std::string_view topic) {
  std::string name(topic);
  if (queues_.delete_topic(name)) snapshots_->topic_deleted(std::move(name), log_->end());
}

QueueExtent MessageStoreImpl::extent_of(const QueueView& queue) const {
  const LogOffset written(log_->progress().written.value());
  const std::deque<LogOffset>& snapshots = snapshots_->on_disk();
  return {.topic = queue.topic(),
          .queue_id = queue.queue_id(),
          .min = queue.min(),
          .durable = queue.durable(),
          .front = queue.listed_front().value_or(LogOffset(0)),
          .end = snapshots.empty() ? written : std::min(snapshots.back(), written)};
}

void MessageStoreImpl::load_queue_page(
    ConsumeQueue* queue, QueueOffset from,
    absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<LoadedPage>>) &&> loaded) {
  const QueueView& view = static_cast<const QueueView&>(*queue);
  const int64_t page_first = from.value() / kQueuePageEntries * kQueuePageEntries;
  const QueueOffset first = std::max(QueueOffset(page_first), view.min());
  const QueueOffset end = std::min(QueueOffset(page_first + kQueuePageEntries), view.durable());
  auto result = std::make_shared<LoadedPage>();
  result->topic = view.topic();
  result->queue_id = view.queue_id();
  result->generation = view.generation();
  auto page = std::make_shared<QueuePage>();
  page->first = first;
  page->entries.resize(static_cast<size_t>(std::max<int64_t>(end - first, 0)));
  result->page = page;
  jobs_.started();
  executor_.post([this, page = std::move(page), result = std::move(result),
                  extent = extent_of(view), known = view.corrections(first, end),
                  distrusted = view.distrusted(first, end), done = std::move(loaded)]() mutable {
    const std::string directory = paths_.queue(extent.topic, extent.queue_id);
    QueueRepair repair(disk_, *log_, directory, std::move(extent), stopping_);
    absl::Status read = repair.read(*page, known, distrusted);
    result->corrected = repair.corrected();
    jobs_.ended();
    if (read.ok()) {
      std::move(done)(std::move(result));
    } else {
      std::move(done)(std::move(read));
    }
  });
}

void MessageStoreImpl::finish_load(ConsumeQueue* queue, std::shared_ptr<LoadedPage> page) {
  // The topic may have been deleted meanwhile, and `queue` with it.
  QueueView* const view = queues_.find(page->topic, page->queue_id);
  if (view == nullptr || view != queue || view->generation() != page->generation) return;
  if (page->page->entries.empty()) return;
  take_over(*view, page->corrected);
  queues_.put_page(view, std::move(page->page));
}

void MessageStoreImpl::take_over(QueueView& queue, std::span<const CorrectedEntry> corrected) {
  if (corrected.empty()) return;
  const int64_t gone = std::count_if(corrected.begin(), corrected.end(),
                                     [](const auto& entry) { return entry.entry.is_hole(); });
  const int64_t found = static_cast<int64_t>(corrected.size()) - gone;
  kLog.warn("a consume queue's file is damaged; its entries are made again from the log",
            {{"file", queue_file_path(paths_.queue(queue.topic(), queue.queue_id()),
                                      corrected.front().offset)},
             {"queue_offset", corrected.front().offset.value()},
             {"last_queue_offset", corrected.back().offset.value()},
             {"entries", found},
             {"without_a_record", gone}});
  repaired_entries_.fetch_add(found, std::memory_order_relaxed);
  for (int64_t i = 0; i < gone; ++i) log_->damage().read_refused();
  queue.correct(corrected);
}

MessageStore::Distrusted MessageStoreImpl::distrust(ConsumeQueue* queue, QueueOffset offset,
                                                    LogOffset led_to) {
  QueueView& view = static_cast<QueueView&>(*queue);
  if (offset < view.min()) return Distrusted::kGone;
  QueueEntry entry;
  const bool loaded = view.read(offset, std::span(&entry, 1)) == 1;
  if (loaded && (entry.is_hole() || entry.log_offset != led_to)) return Distrusted::kReadAgain;
  if (offset >= view.durable()) {  // as it was appended
    log_->damage().read_refused();
    return Distrusted::kGone;
  }
  view.distrust(offset);
  return Distrusted::kReadAgain;
}

// ---- snapshots

bool MessageStoreImpl::snapshot_due() const { return snapshots_->due(); }

void MessageStoreImpl::begin_snapshot(
    LogOffset applied, std::string state,
    absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<SnapshotResult>>) &&> done) {
  PETREL_CHECK_LE(applied.value(), log_->progress().written.value());
  // A topic deleted since is gone from the queues but not from `state`. Rare: the next one will do.
  if (!snapshots_->begin(applied, log_->begin())) {
    executor_.post([done = std::move(done)]() mutable {
      std::move(done)(absl::AbortedError("a topic was deleted behind the snapshot's offset"));
    });
    return;
  }
  PETREL_CHECK(snapshots_->capture_some(std::numeric_limits<size_t>::max()));
  std::vector<std::string> pieces;
  pieces.push_back(std::move(state));
  snapshots_->write(std::move(pieces), indexer_->stats().full_files_ms,
                    [done = std::move(done)](absl::StatusOr<Snapshots::Written> written) mutable {
                      if (!written.ok()) return std::move(done)(written.status());
                      auto result = std::make_shared<SnapshotResult>();
                      result->written = *std::move(written);
                      std::move(done)(std::move(result));
                    });
}

void MessageStoreImpl::finish_snapshot(std::shared_ptr<SnapshotResult> result) {
  snapshots_->finish(std::move(result->written));
  PETREL_CHECK(snapshots_->finish_some(std::numeric_limits<size_t>::max()));
}

// ---- deletion

bool MessageStoreImpl::begin_retention(
    const std::optional<DiskSpace>& disk, FindUnread unread,
    std::span<const ExpiringQueue> expiring,
    absl::AnyInvocable<void(std::shared_ptr<RetentionResult>) &&> done) {
  if (deletion_running_.load(std::memory_order_acquire)) return false;
  remove_expired_queue_files();
  auto job = std::make_shared<RetentionJob>(RetentionJob{.paths = paths_});
  job->segments = log_->segments();
  // The older snapshot must stay of use when the newer one turns out to be damaged, so there must
  // be two of them.
  const std::deque<LogOffset>& snapshots = snapshots_->on_disk();
  const bool spare = snapshots.size() >= 2;
  job->input = {.now_ms = clock_.wall_ms(),
                .segments = job->segments,
                .needed_from = spare ? snapshots.front() : LogOffset(0),
                .disk = disk,
                .lacks_room = log_->lacks_room()};
  job->plan = plan_retention(options_.retention, job->input);
  snapshots_->want(job->plan.waits_for_snapshot);
  const LogOffset begin = std::max(job->plan.must, job->plan.may);
  if (begin <= log_->begin() && expiring.empty()) return false;
  if (begin > log_->begin()) job->add_with_log(queues_.with_front_below(begin));
  job->add_expiring(expiring);
  if (options_.retention.keep_unread) job->ask_for_unread(queues_, unread);
  deletion_running_.store(true, std::memory_order_relaxed);
  executor_.post([this, running = JobCount::Job(jobs_), job = std::move(job),
                  done = std::move(done)]() mutable {
    job->run(disk_, *log_, stopping_);
    auto result = std::make_shared<RetentionResult>();
    result->job = std::move(job);
    std::move(done)(std::move(result));
  });
  return true;
}

MessageStore::Deleted MessageStoreImpl::finish_retention(std::shared_ptr<RetentionResult> result) {
  const std::shared_ptr<const RetentionJob> job = std::move(result->job);
  Deleted deleted{.begin = job->begin, .log_bytes = job->deleted_bytes, .status = job->status};
  for (const RetentionJob::Queue& shortened : job->queues) {
    // The topic may have been deleted meanwhile.
    QueueView* const queue = queues_.find(shortened.topic, shortened.queue_id);
    if (queue == nullptr || queue->generation() != shortened.generation) continue;
    const bool moved = shortened.new_min != shortened.min;
    if (shortened.with_log || moved) {
      queues_.move_min(queue, shortened.new_min, shortened.front);
    }
    if (shortened.before_ms.has_value()) follow_expiry(shortened);
    if (!moved && shortened.oldest_ms == 0) continue;
    deleted.queues.push_back({queue, shortened.min, shortened.deleted_bytes, shortened.oldest_ms});
  }
  log_->forget_before(job->begin);
  executor_.post([this, running = JobCount::Job(jobs_), job]() mutable {
    log_->damage().remove_if([&](const DamagedRange& range) { return range.end <= job->begin; });
    indexer_->remove_before(job->begin);
    const absl::Status removed = job->remove_queue_files(disk_);
    if (!removed.ok()) {
      kLog.warn("cannot remove a consume queue's file", {{"error", concat(removed.message())}});
    }
    free_removed_files(std::move(running));
  });
  return deleted;
}

void MessageStoreImpl::follow_expiry(const RetentionJob::Queue& expired) {
  if (expired.new_min.value() / kQueueFileEntries != expired.min.value() / kQueueFileEntries) {
    expired_queue_files_.add({.topic = expired.topic,
                              .queue_id = expired.queue_id,
                              .expired = expired.expired,
                              .snapshot = snapshots_->last_begun()});
  }
  // With many queues and little to write a snapshot would wait longer, but not for ever.
  if (expired.waits_for_snapshot && snapshots_->interval_passed()) snapshots_->want(true);
}

void MessageStoreImpl::remove_expired_queue_files() {
  if (snapshots_->on_disk().empty()) return;
  std::vector<ExpiredQueueFiles::Files> removable =
      expired_queue_files_.take_removable(snapshots_->on_disk().front());
  if (removable.empty()) return;
  executor_.post([this, running = JobCount::Job(jobs_), removable = std::move(removable)] {
    ExpiredQueueFiles::remove(disk_, paths_, removable);
  });
}

// Step by step, so that reads wait for no more than one step.
void MessageStoreImpl::free_removed_files(JobCount::Job running) {
  executor_.post([this, running = std::move(running)]() mutable {
    const absl::StatusOr<bool> done =
        FileRemoval(disk_, paths_.removed(), kRemovalStepBytes).step();
    if (done.ok() && !*done) return free_removed_files(std::move(running));
    if (!done.ok()) {
      kLog.warn("cannot free deleted files, it is tried again with the next deletion",
                {{"error", concat(done.status().message())}});
    }
    deletion_running_.store(false, std::memory_order_release);
  });
}

absl::Status MessageStoreImpl::close(std::string state) {
  stopping_.store(true, std::memory_order_relaxed);
  jobs_.wait_for_none();
  PETREL_RETURN_IF_ERROR(log_->close());
  indexer_->committed(log_->end());
  indexer_->close();
  std::vector<std::string> pieces;
  pieces.push_back(std::move(state));
  PETREL_RETURN_IF_ERROR(
      snapshots_->write_last(log_->begin(), std::move(pieces), indexer_->stats().full_files_ms));
  if (rocketmq_files_ != nullptr) PETREL_RETURN_IF_ERROR(rocketmq_files_->close());
  lock_.reset();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<MessageStore>> MessageStore::open(Disk& disk, Clock& clock,
                                                                 Executor& executor,
                                                                 const Options& options,
                                                                 Replay& replay) {
  auto store = std::make_unique<MessageStoreImpl>(disk, clock, executor, options);
  PETREL_RETURN_IF_ERROR(store->start(replay));
  return store;
}

}  // namespace petrel::store
