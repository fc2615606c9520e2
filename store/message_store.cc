// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/message_store.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/synchronization/mutex.h"
#include "common/check.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/executor.h"
#include "common/log.h"
#include "common/status.h"
#include "store/queue_files.h"
#include "store/queue_view.h"
#include "store/snapshot_file.h"
#include "store/snapshot_job.h"

namespace petrel::store {

// Entries that were read for one queue, on their way to the core thread.
struct MessageStore::LoadedPage {
  std::string topic;
  int32_t queue_id = 0;
  uint64_t generation = 0;
  std::shared_ptr<const QueuePage> page;
};

struct MessageStore::SnapshotResult {
  std::shared_ptr<const SnapshotJob> job;
};

namespace {

constexpr log::Logger kLog("store");

// Loaded pages of all queues together; about 24 KiB each.
constexpr size_t kLoadedPagesMax = 1024;
// Newest entries of a queue that stay in memory after they are on disk, for consumers that keep up.
constexpr int64_t kWarmEntries = 256;

QueueEntry entry_of(const RecordView& record) {
  return {.log_offset = record.log_offset,
          .size = static_cast<int32_t>(record.bytes.size()),
          .tags_code = tags_code(find_property(record.properties, "TAGS"))};
}

// Counts what runs on the executor for the store, so that it can wait for the end of it.
class JobCount {
 public:
  void started() {
    absl::MutexLock lock(&mutex_);
    ++running_;
  }
  void ended() {
    absl::MutexLock lock(&mutex_);
    --running_;
  }
  void wait_for_none() {
    const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_ == 0; };
    absl::MutexLock lock(&mutex_, absl::Condition(&none));
  }

 private:
  absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
};

class MessageStoreImpl final : public MessageStore {
 public:
  MessageStoreImpl(Disk& disk, Clock& clock, Executor& executor, const Options& options)
      : disk_(disk), clock_(clock), executor_(executor), options_(options) {}
  ~MessageStoreImpl() override { jobs_.wait_for_none(); }

  absl::Status start(Replay& replay);

  CommitLog& log() override { return *log_; }
  ConsumeQueue* queue(std::string_view topic, int32_t queue_id) override {
    return view(topic, queue_id);
  }
  ConsumeQueue* find_queue(std::string_view topic, int32_t queue_id) override {
    return find_view(topic, queue_id);
  }
  void delete_topic(std::string_view topic) override;
  void load_queue_page(
      ConsumeQueue* queue, QueueOffset from,
      absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<LoadedPage>>) &&> loaded) override;
  void finish_load(ConsumeQueue* queue, std::shared_ptr<LoadedPage> page) override;
  bool snapshot_due() const override;
  void begin_snapshot(
      LogOffset applied, std::string state,
      absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<SnapshotResult>>) &&> done) override;
  void finish_snapshot(std::shared_ptr<SnapshotResult> result) override;
  absl::StatusOr<DiskSpace> disk_space() const override { return disk_.space(options_.directory); }
  absl::Status close(std::string state) override;

 private:
  using Queues = absl::btree_map<int32_t, std::unique_ptr<QueueView>>;

  std::string commit_log_directory() const { return concat(options_.directory, "/commitlog"); }
  std::string snapshot_directory() const { return concat(options_.directory, "/snapshots"); }
  std::string queues_directory() const { return concat(options_.directory, "/consumequeue"); }
  std::string queue_directory(std::string_view topic, int32_t queue_id) const {
    return concat(queues_directory(), "/", topic, "/", queue_id);
  }

  absl::StatusOr<std::optional<Snapshot>> newest_sound_snapshot();
  absl::Status rebuild_damaged_queues(LogOffset snapshot_offset);
  absl::Status rebuild_queues(const std::vector<QueueView*>& damaged, LogOffset snapshot_offset);
  absl::Status replay_record(const RecordView& record, Replay& replay);

  QueueView* view(std::string_view topic, int32_t queue_id);
  QueueView* find_view(std::string_view topic, int32_t queue_id) const;
  QueueView* add_view(std::string_view topic, int32_t queue_id, QueueOffset min, QueueOffset max);
  std::shared_ptr<SnapshotJob> make_snapshot_job(LogOffset applied, std::string state);
  void apply_snapshot(const SnapshotJob& job);
  void remember_page(QueueView* view, QueueOffset first);

  Disk& disk_;
  Clock& clock_;
  Executor& executor_;
  const Options options_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<CommitLog> log_;
  JobCount jobs_;

  // Core thread.
  absl::btree_map<std::string, Queues, std::less<>> topics_;
  uint64_t next_generation_ = 1;
  std::vector<QueueView*> dirty_;  // have entries that are not durable
  std::vector<QueueView*> warm_;   // have durable entries in memory
  struct DeletedTopic {
    std::string name;
    LogOffset log_end{0};  // when it was deleted; the record that says so is behind
  };
  std::vector<DeletedTopic> deleted_topics_;  // whose files the next snapshot removes
  std::deque<std::pair<QueueView*, int64_t>> loaded_pages_;  // queue and page number, oldest first
  LogOffset snapshot_offset_{0};                             // of the last snapshot that was begun
  int64_t snapshot_us_ = 0;                                  // when that was
  std::atomic<bool> snapshot_running_{false};
};

// ---- start

absl::Status MessageStoreImpl::start(Replay& replay) {
  PETREL_RETURN_IF_ERROR(disk_.create_directories(options_.directory));
  PETREL_RETURN_IF_ERROR(disk_.create_directories(snapshot_directory()));
  PETREL_RETURN_IF_ERROR(disk_.create_directories(queues_directory()));
  PETREL_ASSIGN_OR_RETURN(lock_, disk_.lock(concat(options_.directory, "/lock")));
  PETREL_ASSIGN_OR_RETURN(log_, CommitLog::open(disk_, commit_log_directory(), options_.log));
  PETREL_ASSIGN_OR_RETURN(const std::optional<Snapshot> snapshot, newest_sound_snapshot());
  if (snapshot.has_value()) {
    for (const TopicBounds& topic : snapshot->topics) {
      for (const QueueBounds& queue : topic.queues) {
        add_view(topic.topic, queue.queue_id, queue.min, queue.max);
      }
    }
    snapshot_offset_ = snapshot->offset;
  }
  snapshot_us_ = clock_.mono_us();
  PETREL_RETURN_IF_ERROR(replay.restore(snapshot.has_value() ? snapshot->state : ""));
  PETREL_RETURN_IF_ERROR(log_->recover(
      snapshot_offset_, [&](const RecordView& record) { return replay_record(record, replay); }));
  return rebuild_damaged_queues(snapshot_offset_);
}

absl::StatusOr<std::optional<Snapshot>> MessageStoreImpl::newest_sound_snapshot() {
  PETREL_ASSIGN_OR_RETURN(const std::vector<LogOffset> offsets,
                          list_snapshots(disk_, snapshot_directory()));
  for (const LogOffset offset : offsets) {
    const std::string path = snapshot_path(snapshot_directory(), offset);
    absl::StatusOr<Snapshot> snapshot = read_snapshot(disk_, path);
    if (snapshot.ok()) return *std::move(snapshot);
    if (!absl::IsDataLoss(snapshot.status())) return snapshot.status();
    kLog.warn("a snapshot cannot be used, more of the log is read instead",
              {{"file", path}, {"error", concat(snapshot.status().message())}});
  }
  return std::nullopt;
}

// Queue files may be removed to have them rebuilt; a crash while a topic was deleted and made again
// leaves files that the replay has made irrelevant. So this comes after the replay, and looks only
// at queues that are still those of the snapshot: the last entry of each tells.
absl::Status MessageStoreImpl::rebuild_damaged_queues(LogOffset snapshot_offset) {
  std::vector<QueueView*> damaged;
  for (const auto& [topic, queues] : topics_) {
    for (const auto& [queue_id, queue] : queues) {
      if (queue->durable() == queue->min()) continue;
      QueueEntry last;
      const absl::Status read = read_queue_entries(disk_, queue_directory(topic, queue_id),
                                                   queue->durable() - 1, std::span(&last, 1));
      if (!read.ok() && !absl::IsDataLoss(read)) return read;
      const bool sound = read.ok() && last.log_offset + last.size <= snapshot_offset;
      if (!sound) damaged.push_back(queue.get());
    }
  }
  if (damaged.empty()) return absl::OkStatus();
  kLog.warn("consume queues are rebuilt from the log", {{"queues", damaged.size()}});
  return rebuild_queues(damaged, snapshot_offset);
}

absl::Status MessageStoreImpl::rebuild_queues(const std::vector<QueueView*>& damaged,
                                              LogOffset snapshot_offset) {
  absl::btree_map<std::pair<std::string_view, int32_t>, std::deque<QueueEntry>> found;
  for (const QueueView* queue : damaged) found[{queue->topic(), queue->queue_id()}];
  absl::btree_map<std::pair<std::string_view, int32_t>, QueueOffset> next;
  PETREL_RETURN_IF_ERROR(log_->visit(log_->begin(), snapshot_offset, [&](const RecordView& record) {
    const auto entries = found.find({record.topic, record.queue_id});
    if (entries == found.end()) return absl::OkStatus();
    QueueOffset& end = next[entries->first];
    // Elsewhere than behind the last: a topic of that name was deleted before and made again.
    if (record.queue_offset != end) entries->second.clear();
    entries->second.push_back(entry_of(record));
    end = record.queue_offset + 1;
    return absl::OkStatus();
  }));
  for (QueueView* queue : damaged) {
    const std::pair<std::string_view, int32_t> key(queue->topic(), queue->queue_id());
    std::deque<QueueEntry>& entries = found[key];
    if (next[key] != queue->durable()) {
      return absl::DataLossError(concat(queue_directory(queue->topic(), queue->queue_id()),
                                        " is damaged, and the log no longer has its records"));
    }
    while (static_cast<int64_t>(entries.size()) > queue->durable() - queue->min()) {
      entries.pop_front();
    }
    queue->rebuild(std::vector<QueueEntry>(entries.begin(), entries.end()));
  }
  return absl::OkStatus();
}

absl::Status MessageStoreImpl::replay_record(const RecordView& record, Replay& replay) {
  QueueView* const queue = view(record.topic, record.queue_id);
  const bool unused = queue->max() == QueueOffset(0);
  if (unused && record.queue_offset > QueueOffset(0)) queue->begin_at(record.queue_offset);
  if (queue->max() != record.queue_offset) {
    return absl::DataLossError(concat("the record at log offset ", record.log_offset.value(),
                                      " has queue offset ", record.queue_offset.value(), " in ",
                                      record.topic, "/", record.queue_id, ", where ",
                                      queue->max().value(), " is next"));
  }
  queue->append(entry_of(record));
  return replay.apply(*this, record);
}

// ---- queues

QueueView* MessageStoreImpl::find_view(std::string_view topic, int32_t queue_id) const {
  const auto queues = topics_.find(topic);
  if (queues == topics_.end()) return nullptr;
  const auto found = queues->second.find(queue_id);
  return found == queues->second.end() ? nullptr : found->second.get();
}

QueueView* MessageStoreImpl::view(std::string_view topic, int32_t queue_id) {
  if (QueueView* const found = find_view(topic, queue_id)) return found;
  return add_view(topic, queue_id, QueueOffset(0), QueueOffset(0));
}

QueueView* MessageStoreImpl::add_view(std::string_view topic, int32_t queue_id, QueueOffset min,
                                      QueueOffset max) {
  auto added = std::make_unique<QueueView>(std::string(topic), queue_id, next_generation_++, min,
                                           max, dirty_);
  QueueView* const queue = added.get();
  topics_[std::string(topic)][queue_id] = std::move(added);
  return queue;
}

void MessageStoreImpl::delete_topic(std::string_view topic) {
  const auto queues = topics_.find(topic);
  if (queues == topics_.end()) return;
  const auto of_topic = [&](const QueueView* queue) { return queue->topic() == topic; };
  std::erase_if(dirty_, of_topic);
  std::erase_if(warm_, of_topic);
  std::erase_if(loaded_pages_, [&](const auto& loaded) { return of_topic(loaded.first); });
  deleted_topics_.push_back({std::string(topic), log_->end()});
  topics_.erase(queues);
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
                  directory = queue_directory(view.topic(), view.queue_id()),
                  done = std::move(loaded)]() mutable {
    absl::Status read = read_queue_entries(disk_, directory, page->first, page->entries);
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
  QueueView* const view = find_view(page->topic, page->queue_id);
  if (view == nullptr || view != queue || view->generation() != page->generation) return;
  if (page->page->entries.empty()) return;
  remember_page(view, page->page->first);
  view->put_page(std::move(page->page));
}

void MessageStoreImpl::remember_page(QueueView* view, QueueOffset first) {
  const std::pair loaded(view, first.value() / kQueuePageEntries);
  std::erase(loaded_pages_, loaded);
  loaded_pages_.push_back(loaded);
  if (loaded_pages_.size() <= kLoadedPagesMax) return;
  const auto [oldest, number] = loaded_pages_.front();
  oldest->drop_page(number);
  loaded_pages_.pop_front();
}

// ---- snapshots

bool MessageStoreImpl::snapshot_due() const {
  if (snapshot_running_.load(std::memory_order_acquire)) return false;
  const int64_t log_bytes = log_->progress().written.value() - snapshot_offset_.value();
  if (log_bytes <= 0) return false;
  return log_bytes >= options_.snapshot_log_bytes ||
         clock_.mono_us() - snapshot_us_ >= options_.snapshot_interval_ms * 1000;
}

std::shared_ptr<SnapshotJob> MessageStoreImpl::make_snapshot_job(LogOffset applied,
                                                                 std::string state) {
  auto job = std::make_shared<SnapshotJob>();
  job->snapshot_directory = snapshot_directory();
  job->snapshots_kept = options_.snapshots_kept;
  job->queues_directory = queues_directory();
  for (const DeletedTopic& topic : deleted_topics_) job->removed_topics.push_back(topic.name);
  for (const QueueView* queue : dirty_) {
    job->queues.push_back({.topic = queue->topic(),
                           .queue_id = queue->queue_id(),
                           .generation = queue->generation(),
                           .directory = queue_directory(queue->topic(), queue->queue_id()),
                           .entries = queue->unwritten()});
  }
  Snapshot& snapshot = job->snapshot;
  snapshot.offset = applied;
  snapshot.created_ms = clock_.wall_ms();
  snapshot.state = std::move(state);
  for (const auto& [topic, queues] : topics_) {
    TopicBounds& bounds = snapshot.topics.emplace_back();
    bounds.topic = topic;
    for (const auto& [queue_id, queue] : queues) {
      bounds.queues.push_back({.queue_id = queue_id, .min = queue->min(), .max = queue->max()});
    }
  }
  return job;
}

void MessageStoreImpl::begin_snapshot(
    LogOffset applied, std::string state,
    absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<SnapshotResult>>) &&> done) {
  PETREL_CHECK(!snapshot_running_.exchange(true));
  PETREL_CHECK_LE(applied.value(), log_->progress().written.value());
  snapshot_offset_ = applied;
  snapshot_us_ = clock_.mono_us();
  // A topic deleted since is gone from the queues but not from `state`, and its deletion may still
  // be lost. Rare: the next snapshot will do.
  const bool deleted_behind = !deleted_topics_.empty() && deleted_topics_.back().log_end >= applied;
  if (deleted_behind) {
    snapshot_running_.store(false, std::memory_order_release);
    executor_.post([done = std::move(done)]() mutable {
      std::move(done)(absl::AbortedError("a topic was deleted behind the snapshot's offset"));
    });
    return;
  }
  jobs_.started();
  executor_.post(
      [this, job = make_snapshot_job(applied, std::move(state)), done = std::move(done)]() mutable {
        absl::Status written = job->run(disk_, *log_);
        if (!written.ok()) {
          kLog.error("a snapshot could not be written", {{"error", concat(written.message())}});
          snapshot_running_.store(false, std::memory_order_release);
          jobs_.ended();
          std::move(done)(std::move(written));
          return;
        }
        auto result = std::make_shared<SnapshotResult>();
        result->job = std::move(job);
        jobs_.ended();
        std::move(done)(std::move(result));
      });
}

void MessageStoreImpl::finish_snapshot(std::shared_ptr<SnapshotResult> result) {
  apply_snapshot(*result->job);
  snapshot_running_.store(false, std::memory_order_release);
}

void MessageStoreImpl::apply_snapshot(const SnapshotJob& job) {
  deleted_topics_.erase(
      deleted_topics_.begin(),
      deleted_topics_.begin() + static_cast<ptrdiff_t>(job.removed_topics.size()));
  std::vector<QueueView*> warm;
  for (const SnapshotJob::Queue& written : job.queues) {
    QueueView* const queue = find_view(written.topic, written.queue_id);
    if (queue == nullptr || queue->generation() != written.generation) continue;
    queue->set_durable(written.entries.end, kWarmEntries);
    warm.push_back(queue);
  }
  // What was warm and got nothing new leaves memory altogether.
  std::sort(warm.begin(), warm.end());
  for (QueueView* queue : warm_) {
    if (!std::binary_search(warm.begin(), warm.end(), queue)) queue->trim(/*keep=*/0);
  }
  warm_ = std::move(warm);
  std::erase_if(dirty_, [](QueueView* queue) {
    if (queue->has_unwritten()) return false;
    queue->clear_dirty();
    return true;
  });
}

absl::Status MessageStoreImpl::close(std::string state) {
  jobs_.wait_for_none();
  PETREL_RETURN_IF_ERROR(log_->close());
  const std::shared_ptr<SnapshotJob> job = make_snapshot_job(log_->end(), std::move(state));
  PETREL_RETURN_IF_ERROR(job->run(disk_, *log_));
  apply_snapshot(*job);
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
