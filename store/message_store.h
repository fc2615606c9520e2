// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/index/indexer.h"
#include "store/log/commit_log.h"
#include "store/queue/consume_queue.h"
#include "store/retention/retention.h"
#include "store/rocketmq_files.h"
#include "store/types.h"

namespace petrel {
class Clock;
class Executor;
}  // namespace petrel

namespace petrel::store {

// A broker's store directory: the CommitLog, and what is derived from it.
//
//   commitlog/ consumequeue/ index/ snapshots/ removed/ (files that are being freed)
//   lock (one process at a time)
//
// The log is the truth. Everything else is a view: built by applying records in log order, bounded
// at start by a snapshot. A snapshot at log offset X says: consume queues are durable on disk up to
// X (it lists each queue's min and max), and it carries the owner's state up to X as opaque bytes.
// Start = newest sound snapshot + replay of the log from X. A missing or damaged snapshot costs
// time only: the next older one, or the whole log, is used.
//
// Threads: the core thread owns consume queues and begins snapshots; the executor's threads write
// queue files and snapshots and load queue pages; results come back through callbacks that the
// executor's threads call (the owner posts them to its core thread and then calls the matching
// finish function there).
class MessageStore {
 public:
  struct Options {
    std::string directory;
    CommitLog::Options log;
    int64_t snapshot_log_bytes = 256 << 20;  // a snapshot is due after this much log ...
    // ... or this long after the last, if as much was appended as a snapshot writes: with many
    // queues, what snapshots cost stays in proportion to what changes.
    int64_t snapshot_interval_ms = 60'000;
    int snapshots_kept = 2;  // with fewer, nothing is deleted from the log
    // Makes RocketMQ's config files from the owner's state; runs on executor threads. With it the
    // directory is kept so that a RocketMQ broker can open it (rocketmq_files.h). Null: it is not.
    RocketmqFiles::MakeConfig make_rocketmq_config;
    Indexer::Options index;  // but its directory, which is this one
    RetentionOptions retention;
  };

  // What the owner of the store (the broker core) does with records while the store opens.
  class Replay {
   public:
    virtual ~Replay() = default;
    // Once, first: the owner's state from the snapshot, and the offset from which apply will
    // follow. Empty without a snapshot.
    virtual absl::Status restore(std::string_view state) = 0;
    // Each record from the snapshot's offset on, in log order. The store has already put it into
    // its consume queue.
    // One that deletes a topic is answered with store.delete_topic, as when it was first appended.
    virtual absl::Status apply(MessageStore& store, const RecordView& record) = 0;
    // Whether the owner can do without some of the topic's records, where the log is damaged. If
    // not, the store does not open.
    virtual bool may_lack(std::string_view /*topic*/) const { return true; }
  };

  // Takes the lock, reads the newest snapshot, replays. FailedPrecondition when another process has
  // the directory; DataLoss with file and offset when a file of the log is missing, its end is
  // damaged, or records that the owner cannot lack are. Other damage in the middle of the log
  // leaves holes in the queues, and is told by log().damage().
  static absl::StatusOr<std::unique_ptr<MessageStore>> open(Disk& disk, Clock& clock,
                                                            Executor& executor,
                                                            const Options& options, Replay& replay);
  virtual ~MessageStore() = default;

  virtual CommitLog& log() = 0;
  const CommitLog& log() const { return const_cast<MessageStore*>(this)->log(); }
  // Topic and key -> records. The owner tells it what is committed.
  virtual Indexer& indexer() = 0;
  const Indexer& indexer() const { return const_cast<MessageStore*>(this)->indexer(); }

  // Core thread. The queue, made empty if absent. The pointer lives until delete_topic.
  virtual ConsumeQueue* queue(std::string_view topic, int32_t queue_id) = 0;
  // Core thread. Null if absent.
  virtual ConsumeQueue* find_queue(std::string_view topic, int32_t queue_id) = 0;
  // Core thread, before the record that says so is appended (during replay: from apply). Forgets
  // the
  // topic's queues; their files go with the next snapshot. A topic of the same name made later
  // starts its queues at offset 0 again.
  virtual void delete_topic(std::string_view topic) = 0;

  // Core thread: brings the page that holds `from` into memory. `loaded` runs on an executor
  // thread; the owner then calls finish_load on the core thread, after which queue->read(from)
  // gives entries. Entries that cannot be right are corrected from the log first
  // (queue_repair.h): in memory at once, on disk with the next snapshot. That may take as long as
  // reading the log between the neighbours' records.
  struct LoadedPage;
  virtual void load_queue_page(
      ConsumeQueue* queue, QueueOffset from,
      absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<LoadedPage>>) &&> loaded) = 0;
  virtual void finish_load(ConsumeQueue* queue, std::shared_ptr<LoadedPage> page) = 0;

  // Core thread: the queue's entry of `offset`, which said `led_to`, did not lead to its message's
  // record: the log has another one there, or none. What to do about the message:
  enum class Distrusted {
    kReadAgain,  // the entry was corrected meanwhile, or is proven when it is loaded next; a hole
                 // takes its place if the record is gone
    kGone,       // the entry is right: the log is damaged there
  };
  virtual Distrusted distrust(ConsumeQueue* queue, QueueOffset offset, LogOffset led_to) = 0;
  // Any thread: entries that were wrong on disk and found again in the log, since the start.
  virtual int64_t repaired_entries() const = 0;

  // Core thread. True when enough log or time has gone by since the last snapshot and none is being
  // written.
  virtual bool snapshot_due() const = 0;
  // Core thread. `state` is everything applied below `applied` (the end of the last applied record,
  // which must be written). Queue entries not yet on disk are written and synced first, then the
  // snapshot. `done` runs on an executor thread; the owner then calls finish_snapshot on the core
  // thread, unless it failed. Aborted when a topic was deleted by a record behind `applied`.
  struct SnapshotResult;
  virtual void begin_snapshot(
      LogOffset applied, std::string state,
      absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<SnapshotResult>>) &&> done) = 0;
  virtual void finish_snapshot(std::shared_ptr<SnapshotResult> result) = 0;

  // What a RocketMQ broker left in the directory when it had it last: config files that were not
  // written here. The owner takes over what they say, once.
  virtual std::vector<ConfigFile> foreign_config() const = 0;
  // Whether the directory was this store's before: a snapshot lay in it at start.
  virtual bool was_ours() const = 0;

  // Core thread, now and then: deletes from the front of the log what is due (retention.h) in the
  // background; `disk` as just measured. `unread` is asked with keep_unread about queues that may
  // lose entries: the first offset that some consumer group has not done with. Nothing happens, and
  // false is returned, when nothing is due, or while the last deletion is still under way. `done`
  // runs on an executor thread; the owner then calls finish_retention on the core thread.
  // A record is deleted only when two snapshots are behind it: snapshot_due() says so when that is
  // what a deletion waits for.
  // Queues in `expiring` lose their messages from before a time, though the log keeps the bytes as
  // long as it keeps others: their min moves, as far as entries are on disk, and is durable with
  // the next snapshot. After a crash before that it is as before, until the next deletion.
  struct RetentionResult;
  using FindUnread = store::FindUnread;
  virtual bool begin_retention(
      const std::optional<DiskSpace>& disk, FindUnread unread,
      std::span<const ExpiringQueue> expiring,
      absl::AnyInvocable<void(std::shared_ptr<RetentionResult>) &&> done) = 0;
  // What is gone, for the owner to follow.
  struct ShortenedQueue {
    ConsumeQueue* queue = nullptr;
    QueueOffset old_min{0};
    int64_t deleted_bytes = 0;  // of its records
    int64_t oldest_ms = 0;      // those left were stored then or later; 0: not known
  };
  struct Deleted {
    LogOffset begin{0};  // of the log
    std::array<int64_t, kRetentionReasons> log_bytes{};
    std::vector<ShortenedQueue> queues;  // whose min has moved, or whose oldest_ms is known
    absl::Status status;                 // a failure: some files could not be deleted yet
  };
  virtual Deleted finish_retention(std::shared_ptr<RetentionResult> result) = 0;

  virtual absl::StatusOr<DiskSpace> disk_space() const = 0;

  // After core and log thread have ended: writes what is pending, a last snapshot with `state`, and
  // unlocks.
  virtual absl::Status close(std::string state) = 0;
};

}  // namespace petrel::store
