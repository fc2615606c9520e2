// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/log/damage_list.h"
#include "store/log/log_range.h"
#include "store/log/record.h"
#include "store/log/segment_size.h"
#include "store/types.h"

namespace petrel {
class Clock;
}

namespace petrel::store {

// The broker's one log: segments of segment_bytes, named by their 20-digit start offset, below
// `directory`; beside it the files <directory>.synced (sync_mark.h), <directory>.segments
// (segment_size.h) and, after damage, <directory>.damaged (damage_list.h).
//
// Threads. The core thread appends: record bytes go into memory blocks, which the log thread writes
// and syncs in groups (write_group). The newest hot_bytes of blocks stay in memory for readers;
// older bytes are read from the files.
// Lifecycle: open, recover once, then append / submit and write_group until close. A replica's log
// gets append_raw instead, of ranges that read_range gave of its leader's, and may be truncated;
// the record bytes of both are identical.
// Invariants: I-1 synced <= written <= appended, none goes back but by truncate. I-2 a record never
// spans segments; the rest of a segment is a blank record. I-3 a segment's file has its full size
// with all blocks reserved, and its name is durable, before the first record in it is written; the
// next one is made when the current one is half full. A failed write or sync is final: write_group
// returns the error ever after, and the log takes no more appends. A disk too full for the next
// segment is not: appends are refused with ResourceExhausted before they reach the end of the last
// segment, and go on when space is back. The end of the last segment is a reserve for what the
// owner has to write then, lest it can say no more what makes room: what is appended with
// Room::kButReserve leaves it untouched.
class CommitLog {
 public:
  struct Options {
    // Of a new log: segment_size.h. A log that is there keeps its own.
    int64_t segment_bytes = int64_t{1} << 30;
    SegmentSizeMode segment_size_mode = SegmentSizeMode::kSettleByVolume;
    int64_t block_bytes = 256 << 10;
    int64_t hot_bytes = 32 << 20;  // memory kept for readers
    // Memory that left these hot_bytes and is kept by slices that readers hold. Beyond it nothing
    // is lent until some come back: readers get copies. At most hot_bytes more can be out by then.
    int64_t pinned_bytes_max = 64 << 20;
    // Appends are refused beyond: the disk does not keep up.
    int64_t unwritten_bytes_max = 64 << 20;
    // How far ahead of the end zeros are written beforehand, so that a sync need not change the
    // file's block map. 0: not at all.
    int64_t prepare_bytes = 16 << 20;
    int64_t record_bytes_max = 8 << 20;
    // Of the last segment that exists, for those who may use it (Room); at most a quarter of a
    // segment. 0: none.
    int64_t reserve_bytes = 64 << 20;
  };

  static absl::StatusOr<std::unique_ptr<CommitLog>> open(Disk& disk, std::string directory,
                                                         const Options& options);
  virtual ~CommitLog() = default;

  // Finds the end: reads all records from `from` (a record boundary; the log's begin if it is
  // before that) in log order and checks them. The owner applies them afterwards with visit, at
  // once or in pieces; last_required and damage say what they may not lack. What is no record there
  // is
  //   a torn tail if the log was not synced that far (SyncMark; without one, if no sound record
  //     follows): it is cut off, and told in the process's log;
  //   damage if it was synced, or without a mark if a sound record follows: recovery goes on with
  //     that record, and the range is in damage(). Nothing is changed there, so that a file can
  //     still be restored;
  //   DataLoss naming file and offset if it was synced and no sound record follows, or if the log
  //     was cut back to before `from`.
  // When recover returns, everything up to the end is synced and everything behind it is zero, so
  // that no old record can come back.
  virtual absl::Status recover(LogOffset from) = 0;

  // Core thread. Places `record` (from encode_record) at the end: fills placement.log_offset,
  // copies it into the current block. ResourceExhausted when unwritten_bytes_max is reached or the
  // disk has no room for the next segment; InvalidArgument when it is larger than a record may be;
  // the failure itself after a failed write or sync.
  // With Room::kButReserve it is ResourceExhausted, too, where the record would use what is
  // reserved. Then the next segment is made soon, if there is room for it.
  enum class Room { kAll, kButReserve };
  virtual absl::StatusOr<LogOffset> append(std::string_view record, RecordPlacement placement,
                                           Room room = Room::kAll) = 0;
  // Core thread. Takes `bytes`, whole records and fillers as they stand in another log from `at`
  // on, which must be this one's end (else FailedPrecondition). The segment size must be the same.
  // Everything is verified before anything is taken: DataLoss when a record is unsound or cannot
  // stand there, InvalidArgument when the bytes end inside one, and the refusals of append. They
  // are submitted and written as what append took.
  virtual absl::Status append_raw(LogOffset at, std::string_view bytes) = 0;

  // Core thread, while nobody else uses the log but to read records: the log thread is stopped, no
  // sync_up_to or deletion runs (checked), nobody asks for progress. Cuts off everything from `to`
  // on, so that no old record can come back, and everything before is synced: end, written and
  // synced are `to`, and appends go on. Slices that were read stay as they are. What is required
  // from `to` on is forgotten; whoever knows of an earlier one marks it again. The caller sees to
  // it that no snapshot or view lies behind `to`.
  // log_truncation.h says what a crash leaves. OutOfRange before begin or behind the end;
  // InvalidArgument when no record ends at `to`; any other failure is final, as that of a write.
  virtual absl::Status truncate(LogOffset to) = 0;

  // Core thread, behind append or while the record is visited after recover: the owner cannot lack
  // it. When it is synced, that outlives the process, so that a recovery misses it even if no later
  // record of its kind tells that it is gone. The last one counts, in whatever order they are
  // named.
  virtual void mark_required(LogOffset record) = 0;
  // After recover: the last one known of before. It may lie in damage(), for the owner to refuse.
  virtual std::optional<LogOffset> last_required() const = 0;
  // Core thread. Hands all appended bytes to the log thread. Cheap; once per batch.
  virtual void submit() = 0;

  // Size of its files. Any thread.
  virtual int64_t segment_bytes() const = 0;
  // First byte still kept, and the byte behind the last appended record. Any thread.
  virtual LogOffset begin() const = 0;
  virtual LogOffset end() const = 0;
  virtual LogProgress progress() const = 0;
  // Any thread: the next segment could not be made for want of room, which is tried again.
  virtual bool lacks_room() const = 0;
  // Any thread: so it is, and a record of the largest size would need what is reserved: appends
  // with Room::kButReserve are refused, or about to be.
  virtual bool refuses_messages() const = 0;
  // Core thread: so it is, and half of the reserve is used. The rest is for what makes room, and
  // for what nobody can put off.
  virtual bool reserve_runs_out() const = 0;
  // Oldest first; the last may not hold a record yet.
  virtual std::vector<LogSegment> segments() const = 0;

  // Any thread: what is known to be damaged, in the file <directory>.damaged over restarts.
  virtual DamageList& damage() const = 0;

  // Any thread: what readers keep of the memory that is not among the newest hot_bytes any more.
  virtual int64_t pinned_bytes() const = 0;

  // Any thread, never blocks: the record's bytes if they are in memory, and may be lent.
  virtual std::optional<LogSlice> read_hot(LogOffset offset, int32_t size) const = 0;
  // The same, of all that is there in one piece from there on: whole records. For those who
  // read many (HotReader).
  virtual std::optional<LogSlice> read_hot_from(LogOffset offset) const = 0;
  // Reader threads: from memory or file; a copy where memory may not be lent. DataLoss if what is
  // there is not a record of this size at this offset; OutOfRange if the log begins behind it.
  virtual absl::StatusOr<LogSlice> read(LogOffset offset, int32_t size) const = 0;

  // Reader threads: the record at `offset`, whatever its size. OutOfRange when that is before the
  // log's begin or not written; DataLoss as above.
  virtual absl::StatusOr<LogSlice> read_record(LogOffset offset) const = 0;

  // Reader threads: bytes from `from`, a record boundary, to the end of a record at or before
  // `upto`: at most bytes_max, but one record at least, where a segment's filler counts as one.
  // From memory without a copy, or with one read of a file, verified; it may be less than there is,
  // so ask on. Empty when no whole
  // record lies before `upto` and the end. OutOfRange behind these, or before the log's
  // begin; DataLoss when no sound record stands there.
  virtual absl::StatusOr<LogRange> read_range(LogOffset from, int64_t bytes_max,
                                              LogOffset upto) const = 0;

  // Reader threads: visits the records of [from, to), which must be written, in log order. Damaged
  // ones are left out, and then in damage(). OutOfRange when they were deleted meanwhile; the
  // visitor's error ends it. kStructure is for what recover, or a visit, has just verified: there
  // checksums are computed only in what is known to be damaged.
  virtual absl::Status visit(LogOffset from, LogOffset to,
                             absl::FunctionRef<absl::Status(const RecordView&)> visit,
                             Verify verify = Verify::kChecksums) const = 0;

  // Log thread. Waits until bytes were submitted or wake() was called (at most max_wait_us; not at
  // all when `sync` is asked for and written bytes are not synced), writes all of them with one
  // call per segment, and syncs when `sync` is asked for. Returns how far the log now is.
  virtual absl::StatusOr<LogProgress> write_group(bool sync, int64_t max_wait_us) = 0;
  // Any thread: makes a waiting write_group return.
  virtual void wake() = 0;

  // Executor threads: syncs what is written, at least up to `end`. A failure is final, as that of
  // write_group. For snapshots, which may not be ahead of the durable log.
  virtual absl::Status sync_up_to(LogOffset end) = 0;

  // Deletion takes the oldest segments in two steps, so that nobody reads what is half gone.
  // An executor thread, one at a time: moves the files that end at or before `end` into
  // `directory`, each durably: a restart finds the log without them. Until they are forgotten they
  // are read as before. Returns where the log then begins; the error is that of the first file that
  // could not be moved.
  struct MovedOut {
    LogOffset begin{0};
    absl::Status status;
  };
  virtual MovedOut move_out_before(LogOffset end, const std::string& directory) = 0;
  // Core thread: the log begins behind what was moved out. Then the files may be destroyed; a read
  // that began before gives OutOfRange or what was there.
  virtual void forget_before(LogOffset begin) = 0;

  // After the log thread ended: writes and syncs what was appended.
  virtual absl::Status close() = 0;
};

}  // namespace petrel::store
