// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
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
class Random;
}  // namespace petrel

namespace petrel::store {

// A place that records come to: one that stands there in the log or behind, or that was stored then
// or later.
struct QueuePoint {
  LogOffset log_offset{0};
  std::optional<int64_t> stored_ms = {};  // none: the place alone counts
  friend bool operator==(const QueuePoint&, const QueuePoint&) = default;
};

// A broker's store directory: the CommitLog, and what is derived from it.
//
//   commitlog/ consumequeue/ index/ snapshots/ removed/ (files that are being freed)
//   lock (one process at a time)
//
// The log is the truth. Everything else is a view: built by applying records in log order, bounded
// at start by a snapshot. A snapshot at log offset X says: consume queues are durable on disk up to
// X (it lists each queue's bounds and totals), and it carries the owner's state up to X as opaque
// bytes. Start = newest sound snapshot + the log from X. A missing or damaged snapshot costs time
// only: the next older one, or the whole log, is used.
//
// One dispatcher (dispatcher.h) says what a record does to queues and to the owner's state, whoever
// wrote it and whenever: just appended here, read at a start, or come from a leader. It works in
// two steps. A record is *applied* when it is dispatched: a queue's next() moves, the owner's state
// changes. It is *shown* when it is committed: a queue's max(), min() and totals() move, consumers
// and the index see it. committed <= applied <= the log's end; none goes back.
//
// Lifecycle: open, then apply_to and commit until the owner has what it needs, then finish_open;
// from then on append, commit, and in the background snapshots and retention; close at the end.
//
// Threads: the core thread owns consume queues and drives everything here; the threads of
// executors write queue files and snapshots, load queue pages and delete files; results come back
// through callbacks that these threads call (the owner posts them to its core thread and then calls
// the matching finish function there).
class MessageStore {
 public:
  struct Options {
    std::string directory;
    // Which store the directory must be (store_identity.h); empty: any. One that has no id yet gets
    // this one, or one that `random` mints; without both it stays without.
    std::string store_id;
    Random* random = nullptr;
    CommitLog::Options log;
    int64_t snapshot_log_bytes = 256 << 20;  // a snapshot is due after this much log ...
    // ... or this long after the last, if as much was appended as a snapshot writes: with many
    // queues, what snapshots cost stays in proportion to what changes.
    int64_t snapshot_interval_ms = 60'000;
    // Queues that one search for what is to be deleted shortens with the log, as all of them are
    // told in one go; the log begins later only when no queue is left.
    size_t retention_queues_max = 8'192;
    int snapshots_kept = 2;  // with fewer, nothing is deleted from the log
    // Makes RocketMQ's config files from the owner's state; runs on executor threads. With it the
    // directory is kept so that a RocketMQ broker can open it (rocketmq_files.h). Null: it is not.
    RocketmqFiles::MakeConfig make_rocketmq_config;
    Indexer::Options index;  // but its directory, which is this one
    RetentionOptions retention;
  };

  // Whose state follows from the log beside the queues (the broker core). Outlives the store.
  // Called on the core thread, or on the opening one.
  class Owner {
   public:
    virtual ~Owner() = default;
    // Once, in open: the owner's state at the snapshot, in the pieces in which it was captured; the
    // queues' bounds are set up already. No pieces: there is no snapshot.
    virtual absl::Status restore(MessageStore& store, std::span<const std::string> state) = 0;
    // Each record, in log order, also one that was just appended here (then record.bytes lack the
    // placement, and the fields have it). If it has a place in a queue, next() has moved there;
    // nothing of it is shown yet. applied() is still in front of it.
    virtual absl::Status apply(MessageStore& store, const RecordView& record) = 0;
    // The owner cannot do without any record of this topic, because they tell what it did. Where
    // the log lacks one, the store does not open.
    virtual bool required(std::string_view /*topic*/) const { return false; }
  };

  // Where work is done beside the core thread. What consumers wait for has threads of its own, so
  // that no snapshot, index or deletion holds it up; a test may use one for all.
  struct Executors {
    Executors(Executor& of_background, Executor& of_readers)
        : background(of_background), readers(of_readers) {}
    Executors(Executor& all) : Executors(all, all) {}  // NOLINT(google-explicit-constructor)
    Executor& background;                              // snapshots, the index, retention, deletion
    Executor& readers;  // queue pages, and records that the owner waits for
  };

  // Takes the lock, finds the log's end, restores the newest sound snapshot. Nothing behind it is
  // applied: applied() and committed() are its offset. FailedPrecondition when another process has
  // the directory, or it is another store than options.store_id; DataLoss with file and offset when
  // a file of the log is missing or its end is damaged.
  static absl::StatusOr<std::unique_ptr<MessageStore>> open(Disk& disk, Clock& clock,
                                                            const Executors& executors,
                                                            const Options& options, Owner& owner);
  virtual ~MessageStore() = default;

  // Core thread. Applies records of the log from applied() on, up to `to` (the end of a record that
  // is written, else FailedPrecondition and nothing is applied), but after `bytes_max` of it at the
  // next record's end. Can be called again and again, also while bytes come in. Returns applied().
  // DataLoss when records are lost that the owner requires, or a record does not fit its queue;
  // other damage in the middle of the log leaves holes in the queues, and is told by
  // log().damage().
  virtual absl::StatusOr<LogOffset> apply_to(
      LogOffset to, int64_t bytes_max = std::numeric_limits<int64_t>::max()) = 0;
  // Behind the last record that was applied; while one is, in front of it.
  virtual LogOffset applied() const = 0;
  // Core thread, the last step of opening, when all that the owner takes for granted is applied and
  // committed. Queues follow what is gone from the log's front, lost queue files are made again.
  virtual absl::Status finish_open() = 0;

  virtual CommitLog& log() = 0;
  const CommitLog& log() const { return const_cast<MessageStore*>(this)->log(); }
  // Topic and key -> records. There from finish_open on; it hears from commit().
  virtual Indexer& indexer() = 0;
  const Indexer& indexer() const { return const_cast<MessageStore*>(this)->indexer(); }
  virtual const std::string& store_id() const = 0;  // empty: it has none

  // ---- Records. Core thread.

  // Appends an encoded record to the queue `queue_id` of the topic that stands in it, and
  // dispatches it: the owner's apply() is called before this returns. A record that has no place in
  // a queue (queue_dispatch.h) gets offset 0 there. Errors are those of CommitLog::append; nothing
  // has happened then. Only records that the owner requires get what the log has in reserve, so
  // that a full disk refuses messages first. All of the log must be applied.
  struct Placed {
    QueueOffset queue_offset{0};
    LogOffset log_offset{0};
  };
  virtual absl::StatusOr<Placed> append(std::string_view record, int32_t queue_id,
                                        int64_t store_ms) = 0;

  // Shows everything below `committed`, which is the end of a record and at most applied(), and
  // tells the index. `arrived` is called once per run of entries of one topic.
  virtual void commit(CommittedOffset committed,
                      absl::FunctionRef<void(std::string_view topic)> arrived) = 0;
  virtual CommittedOffset committed() const = 0;
  // Store time of the last record that is committed; after a start from a snapshot without a record
  // behind, as that tells. 0: none. Core thread.
  virtual int64_t last_store_ms() const = 0;

  // ---- What records of the owner's do to queues. Core thread. The owner calls these from apply(),
  // or when it decides, before it appends the record that says so. They are applied at once and
  // shown with that record: the one that is being applied, or else the next one that is appended to
  // a topic which the owner requires. Each may be repeated.

  // Forgets the topic's queues: find_queue gives none any more, and a topic of the same name made
  // later starts its queues at offset 0 again. Nothing may be appended to it before the record.
  virtual void delete_topic(std::string_view topic) = 0;
  // The queue begins at move.min, unless it begins there or later already; then at most the time of
  // its oldest message gets known better. Nothing without such a queue.
  virtual void move_min(std::string_view topic, int32_t queue_id, const MinMove& move) = 0;
  // Holes up to `next`, where the queue's next() is lower. It is made if absent. Nothing may be
  // appended to it before the record.
  virtual void skip_to(std::string_view topic, int32_t queue_id, QueueOffset next) = 0;
  // The log begins at `begin` for all that the owner decides: files below may go once that is
  // shown, here and on any member.
  virtual void move_begin(LogOffset begin) = 0;

  // What move_begin said, as far as it is shown. The files on disk may begin before (not deleted
  // yet), or behind: somebody else deleted them.
  virtual LogOffset begin() const = 0;

  // ---- Queues. Core thread.

  // The queue, made empty if absent. The pointer lives until delete_topic.
  virtual ConsumeQueue* queue(std::string_view topic, int32_t queue_id) = 0;
  // Null if absent.
  virtual ConsumeQueue* find_queue(std::string_view topic, int32_t queue_id) = 0;
  const ConsumeQueue* find_queue(std::string_view topic, int32_t queue_id) const {
    return const_cast<MessageStore*>(this)->find_queue(topic, queue_id);
  }
  // Above the highest id of the topic's queues that are there.
  virtual int32_t queue_id_end(std::string_view topic) const = 0;
  // From Owner::restore, where the snapshot is of a version without totals.
  virtual void restore_totals(std::string_view topic, int32_t queue_id,
                              const QueueTotals& totals) = 0;

  // Brings the page that holds `from` into memory. `loaded` runs on an executor thread; the owner
  // then calls finish_load on the core thread, after which queue->read(from) gives entries. Entries
  // that cannot be right are corrected from the log first (queue_repair.h): in memory at once, on
  // disk with the next snapshot. That may take as long as reading the log between the neighbours'
  // records.
  struct LoadedPage;
  virtual void load_queue_page(
      ConsumeQueue* queue, QueueOffset from,
      absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<LoadedPage>>) &&> loaded) = 0;
  virtual void finish_load(ConsumeQueue* queue, std::shared_ptr<LoadedPage> page) = 0;

  // The first entry that is shown now and has come to `point`, else max(). `found` runs on an
  // executor thread. Entries are corrected as in load_queue_page; records whose time is asked for
  // are read.
  virtual void search_queue(const ConsumeQueue* queue, const QueuePoint& point,
                            absl::AnyInvocable<void(absl::StatusOr<QueueOffset>) &&> found) = 0;

  // The record of this size at `offset`, from memory or file; `loaded` runs on an executor thread.
  virtual void load_record(LogOffset offset, int32_t size,
                           absl::AnyInvocable<void(absl::StatusOr<LogSlice>) &&> loaded) = 0;

  // The queue's entry of `offset`, which said `led_to`, did not lead to its message's record: the
  // log has another one there, or none. What to do about the message:
  enum class Distrusted {
    kReadAgain,  // the entry was corrected meanwhile, or is proven when it is loaded next; a hole
                 // takes its place if the record is gone
    kGone,       // the entry is right: the log is damaged there
  };
  virtual Distrusted distrust(ConsumeQueue* queue, QueueOffset offset, LogOffset led_to) = 0;
  // Any thread: entries that were wrong on disk and found again in the log, since the start.
  virtual int64_t repaired_entries() const = 0;

  // ---- Snapshots, in slices so that no turn is long. Core thread.
  //
  // The owner captures its state at an offset X, when applied() is X at a turn's end. When commit()
  // has been called with exactly X, it calls begin_snapshot: what the queues show at that instant
  // is captured, in slices; what changes meanwhile is captured before it changes. Then the state
  // and the queues' new entries are written (snapshots.h).

  // True when enough log or time has gone by since the last snapshot and none is being written.
  virtual bool snapshot_due() const = 0;
  // At committed(). None must be under way.
  virtual void begin_snapshot() = 0;
  // Captures about so many queues; true when all are.
  virtual bool capture_snapshot(size_t queues_max) = 0;
  // Gives up, between begin_snapshot and write_snapshot.
  virtual void abandon_snapshot() = 0;
  // `state` is everything applied below the snapshot's offset, in pieces. `done` runs on an
  // executor thread; the owner then calls finish_snapshot or snapshot_failed on the core thread.
  struct SnapshotResult;
  virtual void write_snapshot(
      std::vector<std::string> state,
      absl::AnyInvocable<void(absl::StatusOr<std::shared_ptr<SnapshotResult>>) &&> done) = 0;
  virtual void finish_snapshot(std::shared_ptr<SnapshotResult> result) = 0;
  virtual void snapshot_failed() = 0;

  // What a RocketMQ broker left in the directory when it had it last: config files that were not
  // written here. The owner takes over what they say, once.
  virtual std::vector<ConfigFile> foreign_config() const = 0;
  // Whether the directory was this store's before: a snapshot lay in it at start.
  virtual bool was_ours() const = 0;

  // ---- Retention. Core thread.
  //
  // The owner decides: it asks what is due, writes what it is told as a record, and calls move_min
  // and move_begin. When that is shown, the store deletes what lies below begin(): files of the
  // log, of queues, of the index; never what is not below two snapshots. snapshot_due() says so
  // when that is what a deletion waits for. A restart goes on where a deletion ended.

  // Now and then: finds out in the background what is due (retention.h). Nothing is moved. `unread`
  // is asked with keep_unread about queues that may lose entries: the first offset that some
  // consumer group has not done with. Queues in `expiring` lose their messages from before a time,
  // though the log keeps the bytes as long as it keeps others: as far as entries are on disk. False
  // when nothing is due, or while the last search or deletion is still under way, or a queue's move
  // is not shown yet. `done` runs on an executor thread; the owner then calls finish_retention on
  // the core thread.
  struct RetentionResult;
  using FindUnread = store::FindUnread;
  struct RetentionNow {
    std::optional<DiskSpace> disk = {};  // as just measured; none: it could not be
    std::optional<int64_t> now_ms = {};  // none: nothing goes by its age
  };
  virtual bool begin_retention(
      const RetentionNow& now, FindUnread unread, std::span<const ExpiringQueue> expiring,
      absl::AnyInvocable<void(std::shared_ptr<RetentionResult>) &&> done) = 0;
  // One queue that is to begin elsewhere, or whose oldest message is known better (same min).
  struct ShortenedQueue {
    std::string topic;
    int32_t queue_id = 0;
    QueueOffset old_min{0};
    MinMove move;
  };
  // What is due. The queues' moves and the new begin belong into one record or into neighbouring
  // ones, the begin last: a queue must not lead to records that are gone.
  struct RetentionFound {
    LogOffset begin{0};  // of the log; begin() if nothing of it is due
    std::array<int64_t, kRetentionReasons> log_bytes{};  // of it that go, by reason
    std::vector<ShortenedQueue> queues;
  };
  virtual RetentionFound finish_retention(std::shared_ptr<RetentionResult> result) = 0;
  // Core thread, after finish_open: queues that have followed what was gone from the log though no
  // record said so. The leader makes a record of it.
  virtual const std::vector<ShortenedQueue>& moved_at_open() const = 0;
  // Something could go if there were another snapshot, which needs any record behind the last one.
  virtual bool deletion_waits_for_record() const = 0;
  // Any thread: deletions of files that failed since the start. They are tried again.
  virtual int64_t failed_deletions() const = 0;

  virtual absl::StatusOr<DiskSpace> disk_space() const = 0;

  // After core and log thread have ended: writes what is pending, shows `committed`, which is what
  // the owner's rule says of that, makes a last snapshot with `state`, which is that at the log's
  // end, and unlocks. All of the log must be applied. If not all of it is committed there is no
  // last snapshot, for it would hold what may yet be cut off: the next start is as after a crash.
  // So it is when the snapshot fails, which is told in the process's log alone. The error is the
  // log's.
  virtual absl::Status close(std::vector<std::string> state, CommittedOffset committed) = 0;
};

}  // namespace petrel::store
