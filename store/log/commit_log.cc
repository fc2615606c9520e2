// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/commit_log.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/mutex.h"
#include "common/status.h"
#include "store/log/big_endian.h"
#include "store/log/log_blocks.h"
#include "store/log/log_item.h"
#include "store/log/log_reader.h"
#include "store/log/log_recovery.h"
#include "store/log/log_truncation.h"
#include "store/log/record_layout.h"
#include "store/log/segment_size.h"
#include "store/log/segments.h"
#include "store/log/sync_mark.h"
#include "store/log/zeros.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

// Zeros are written ahead in steps of this, one step per synced group.
constexpr size_t kPrepareStepBytes = 1 << 20;

constexpr int kTruncating = -1'000'000;

// A thread that changes files, as long as this lives.
class Writing {
 public:
  explicit Writing(std::atomic<int>& writers) : writers_(writers) {
    PETREL_CHECK_GE(writers_.fetch_add(1), 0) << "while the log is being truncated";
  }
  ~Writing() { writers_.fetch_sub(1); }

 private:
  std::atomic<int>& writers_;
};

class CommitLogImpl final : public CommitLog {
 public:
  CommitLogImpl(const Options& options, std::unique_ptr<Segments> segments,
                std::unique_ptr<SyncMark> mark, std::unique_ptr<DamageList> damage)
      : options_(options),
        segments_(std::move(segments)),
        mark_(std::move(mark)),
        damage_(std::move(damage)),
        blocks_(options.block_bytes, options.hot_bytes, options.pinned_bytes_max) {}

  absl::Status recover(LogOffset from) override;
  absl::StatusOr<LogOffset> append(std::string_view record, RecordPlacement placement,
                                   Room room) override;
  absl::Status append_raw(LogOffset at, std::string_view bytes) override;
  absl::Status truncate(LogOffset to) override;
  void mark_required(LogOffset record) override {
    PETREL_CHECK_LT(record.value(), end_.load(std::memory_order_relaxed));
    required_ = std::max(required_, record.value());
  }
  std::optional<LogOffset> last_required() const override {
    return known_required_ < 0 ? std::nullopt : std::optional(LogOffset(known_required_));
  }
  void submit() override;
  int64_t segment_bytes() const override { return options_.segment_bytes; }
  LogOffset begin() const override { return LogOffset(segments_->begin()); }
  LogOffset end() const override { return LogOffset(end_.load(std::memory_order_acquire)); }
  LogProgress progress() const override;
  DamageList& damage() const override { return *damage_; }
  bool lacks_room() const override { return no_room_.load(std::memory_order_relaxed); }
  bool refuses_messages() const override {
    const int64_t room = room_end_.load(std::memory_order_acquire) - reserve_bytes_;
    return lacks_room() && end().value() + options_.record_bytes_max > room;
  }
  bool reserve_runs_out() const override {
    return lacks_room() &&
           room_end_.load(std::memory_order_acquire) - end().value() < reserve_bytes_ / 2;
  }
  std::vector<LogSegment> segments() const override { return segments_->list(); }
  int64_t pinned_bytes() const override { return blocks_.pinned_bytes(); }
  std::optional<LogSlice> read_hot(LogOffset offset, int32_t size) const override {
    return reader_.read_hot(offset, size);
  }
  std::optional<LogSlice> read_hot_from(LogOffset offset) const override {
    return reader_.read_hot_from(offset);
  }
  absl::StatusOr<LogSlice> read(LogOffset offset, int32_t size) const override {
    return reader_.read(offset, size);
  }
  absl::StatusOr<LogSlice> read_record(LogOffset offset) const override {
    return reader_.read_record(offset);
  }
  absl::StatusOr<LogRange> read_range(LogOffset from, int64_t bytes_max,
                                      LogOffset upto) const override {
    return reader_.read_range(from, bytes_max, upto);
  }
  absl::Status visit(LogOffset from, LogOffset to,
                     absl::FunctionRef<absl::Status(const RecordView&)> visit,
                     Verify verify) const override {
    return reader_.visit(from, to, visit, verify);
  }
  absl::StatusOr<LogProgress> write_group(bool sync, int64_t max_wait_us) override;
  void wake() override;
  absl::Status sync_up_to(LogOffset end) override;
  MovedOut move_out_before(LogOffset end, const std::string& directory) override;
  void forget_before(LogOffset begin) override { segments_->forget_before(begin.value()); }
  absl::Status close() override;

 private:
  void read_segment_times();

  // Where a record of some size goes.
  struct Spot {
    int64_t at = 0;
    int64_t end = 0;
    bool begins_segment = false;
    bool leaves_rest = false;  // of the segment before, for a blank record
  };

  // Core thread.
  Spot next_spot(int64_t record_bytes) const;
  absl::Status check_room(int64_t end) const;
  absl::Status check_reserve(int64_t end);
  void place_blank(int64_t at);
  void place_raw(int64_t at, std::string_view bytes);
  void go_on_at(int64_t end);

  // Log thread.
  int64_t wait_for_bytes(bool sync, int64_t max_wait_us);
  absl::Status write(int64_t from, int64_t to);
  absl::Status write_run(std::span<const LogBlocks::Part> parts);
  absl::Status sync_written();
  void prepare_segment(bool wanted);
  absl::Status prepare_zeros();

  absl::Status fail(absl::Status status);
  absl::Status failure() const;
  int64_t segment_end(int64_t offset) const { return shape_.segment_end(offset); }

  const Options options_;
  const LogShape shape_{.segment_bytes = options_.segment_bytes,
                        .record_bytes_max = options_.record_bytes_max};
  const int64_t reserve_bytes_ = std::min(options_.reserve_bytes, options_.segment_bytes / 4);
  const std::unique_ptr<Segments> segments_;
  const std::unique_ptr<SyncMark> mark_;
  const std::unique_ptr<DamageList> damage_;
  LogBlocks blocks_;

  LogPositions positions_;
  std::atomic<int64_t>& end_ = positions_.end;
  std::atomic<int64_t>& written_ = positions_.written;
  std::atomic<int64_t>& synced_ = positions_.synced;
  const LogReader reader_{shape_, *segments_, blocks_, *damage_, positions_};
  std::atomic<int64_t> moved_out_end_{0};  // what is before leaves
  std::atomic<int> writers_{0};            // threads in the files; kTruncating: one that cuts them
  std::atomic<int64_t> room_end_{0};       // end of the last segment that exists
  std::atomic<bool> no_room_{false};       // the next segment could not be made
  std::atomic<bool> room_wanted_{false};   // a record waits for the next segment
  std::atomic<bool> failed_{false};

  // The last record that must not be lacked, of those that were appended, submitted, taken by the
  // log thread, and written; -1 if none is known.
  int64_t known_required_ = -1;  // core thread: of the mark when it was opened
  int64_t required_ = -1;        // core thread
  int64_t required_taken_ = -1;  // log thread
  std::atomic<int64_t> required_written_{-1};

  mutable Mutex mutex_;
  CondVar has_work_;  // the log thread waits for it
  int64_t submitted_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t required_submitted_ ABSL_GUARDED_BY(mutex_) = -1;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);

  Mutex sync_mutex_;  // one sync at a time: its outcome must reach all who wait for it

  int64_t zeros_end_ = 0;               // log thread: zeros were written ahead up to here
  std::vector<LogBlocks::Part> parts_;  // log thread, kept for its memory
  std::vector<iovec> iovecs_;           // likewise
};

// ---- recovery

absl::Status CommitLogImpl::recover(LogOffset from) {
  LogRecovery recovery(*segments_, *mark_, *damage_, options_.record_bytes_max);
  PETREL_ASSIGN_OR_RETURN(const int64_t end, recovery.run(from.value()));
  read_segment_times();
  known_required_ = mark_->known_required().value_or(-1);
  required_ = known_required_;
  go_on_at(end);
  prepare_segment(/*wanted=*/false);  // so that the first append finds room, or knows of none
  return absl::OkStatus();
}

// All before `end` is synced, and nothing is behind.
void CommitLogImpl::go_on_at(int64_t end) {
  end_ = written_ = synced_ = zeros_end_ = end;
  room_end_ = segments_->end();
  no_room_ = end == segments_->end();
  if (known_required_ >= end) known_required_ = -1;
  if (required_ >= end) required_ = -1;
  required_taken_ = required_written_ = required_;
  MutexLock lock(mutex_);
  submitted_ = end;
  required_submitted_ = required_;
}

// What cannot be read stays without a time; retention goes by the others.
void CommitLogImpl::read_segment_times() {
  for (const LogSegment& segment : segments_->list()) {
    std::array<char, layout::store_host(sys_flag::kBornHostIpv6)> header{};
    if (!segments_->find(segment.start.value())->file->read(0, header).ok()) continue;
    const auto magic = load_big_endian<int32_t>(header.data() + layout::kMagic);
    if (magic != kMagicV1 && magic != kMagicV2) continue;
    const auto flag = load_big_endian<int32_t>(header.data() + layout::kSysFlag);
    segments_->set_first_ms(segment.start.value(),
                            load_big_endian<int64_t>(header.data() + layout::store_ms(flag)));
  }
}

// ---- core thread

// I-2. Room for a blank record stays behind the last record of a segment.
CommitLogImpl::Spot CommitLogImpl::next_spot(int64_t record_bytes) const {
  const int64_t end = end_.load(std::memory_order_relaxed);
  const int64_t end_of_segment = segment_end(end);
  const int64_t left = end_of_segment - end;
  const bool rolls = record_bytes + static_cast<int64_t>(kBlankHeaderBytes) > left;
  const int64_t at = rolls ? end_of_segment : end;
  return {.at = at,
          .end = at + record_bytes,
          .begins_segment = rolls || left == options_.segment_bytes,
          .leaves_rest = rolls};
}

absl::StatusOr<LogOffset> CommitLogImpl::append(std::string_view record, RecordPlacement placement,
                                                Room room) {
  const auto size = static_cast<int64_t>(record.size());
  if (failed_.load(std::memory_order_acquire)) [[unlikely]]
    return failure();
  if (size > options_.record_bytes_max ||
      size + static_cast<int64_t>(kBlankHeaderBytes) > options_.segment_bytes) [[unlikely]] {
    return absl::InvalidArgumentError(concat("a record of ", size, " bytes is larger than the ",
                                             options_.record_bytes_max, " that are allowed"));
  }
  const Spot spot = next_spot(size);
  if (room == Room::kButReserve) PETREL_RETURN_IF_ERROR(check_reserve(spot.end));
  PETREL_RETURN_IF_ERROR(check_room(spot.end));
  if (spot.leaves_rest) place_blank(end_.load(std::memory_order_relaxed));
  if (spot.begins_segment) [[unlikely]] {
    segments_->set_first_ms(spot.at, placement.store_ms);
  }
  PETREL_CHECK_LE(spot.end + static_cast<int64_t>(kBlankHeaderBytes), segment_end(spot.at))
      << "I-2";
  placement.log_offset = LogOffset(spot.at);
  char* const bytes =
      blocks_.reserve(spot.at, record.size(), written_.load(std::memory_order_acquire));
  record.copy(bytes, record.size());
  place_record(std::span(bytes, record.size()), placement);
  blocks_.publish(spot.end);
  end_.store(spot.end, std::memory_order_release);
  return placement.log_offset;
}

// Only what exists counts: whether the next segment can be made is known when it is.
absl::Status CommitLogImpl::check_reserve(int64_t end) {
  if (reserve_bytes_ <= 0) return absl::OkStatus();
  const int64_t allowed = room_end_.load(std::memory_order_acquire) - reserve_bytes_;
  if (end <= allowed) [[likely]]
    return absl::OkStatus();
  if (no_room_.load(std::memory_order_acquire)) {
    return absl::ResourceExhaustedError("the disk has no room for the next log file");
  }
  room_wanted_.store(true, std::memory_order_release);
  wake();
  return absl::ResourceExhaustedError("the next log file is not made yet");
}

absl::Status CommitLogImpl::check_room(int64_t end) const {
  if (end - written_.load(std::memory_order_acquire) > options_.unwritten_bytes_max) [[unlikely]] {
    return absl::ResourceExhaustedError("the disk does not keep up with the log");
  }
  if (end > room_end_.load(std::memory_order_acquire) && no_room_.load(std::memory_order_acquire))
      [[unlikely]] {
    return absl::ResourceExhaustedError("the disk has no room for the next log file");
  }
  return absl::OkStatus();
}

absl::Status CommitLogImpl::append_raw(LogOffset at, std::string_view bytes) {
  const int64_t begin = end_.load(std::memory_order_relaxed);
  if (failed_.load(std::memory_order_acquire)) return failure();
  if (at.value() != begin) {
    return absl::FailedPreconditionError(
        concat("bytes of log offset ", at.value(), " do not follow: the log ends at ", begin));
  }
  const int64_t end = begin + static_cast<int64_t>(bytes.size());
  for (int64_t next = begin; next < end;) {
    const absl::StatusOr<LogItem> item = read_item(
        shape_, next, bytes.substr(static_cast<size_t>(next - begin)), Verify::kChecksums);
    if (absl::IsOutOfRange(item.status()))
      return absl::InvalidArgumentError(item.status().message());
    PETREL_RETURN_IF_ERROR(item.status());
    next += item->bytes;
  }
  PETREL_RETURN_IF_ERROR(check_room(end));
  place_raw(begin, bytes);
  end_.store(end, std::memory_order_release);
  return absl::OkStatus();
}

// Of a filler only what is not zero: the files are zero behind their end.
void CommitLogImpl::place_raw(int64_t at, std::string_view bytes) {
  while (!bytes.empty()) {
    const absl::StatusOr<LogItem> item = read_item(shape_, at, bytes, Verify::kStructure);
    PETREL_CHECK(item.ok()) << item.status();
    std::string_view take = bytes.substr(0, static_cast<size_t>(item->bytes));
    bytes.remove_prefix(take.size());
    if (item->is_blank) {
      take = take.substr(0, std::max(kBlankHeaderBytes, take.find_last_not_of('\0') + 1));
    } else if (at % shape_.segment_bytes == 0) {
      segments_->set_first_ms(at, item->record.store_ms);
    }
    take.copy(blocks_.reserve(at, take.size(), written_.load(std::memory_order_acquire)),
              take.size());
    blocks_.publish(at + static_cast<int64_t>(take.size()));
    if (item->is_blank) blocks_.seal();
    at += item->bytes;
  }
}

void CommitLogImpl::place_blank(int64_t at) {
  char* const bytes =
      blocks_.reserve(at, kBlankHeaderBytes, written_.load(std::memory_order_acquire));
  store_big_endian(bytes, static_cast<int32_t>(segment_end(at) - at));
  store_big_endian(bytes + 4, kMagicBlank);
  blocks_.publish(at + static_cast<int64_t>(kBlankHeaderBytes));
  blocks_.seal();
}

void CommitLogImpl::submit() {
  {
    MutexLock lock(mutex_);
    submitted_ = end_.load(std::memory_order_relaxed);
    required_submitted_ = required_;
  }
  has_work_.notify_one();
}

absl::Status CommitLogImpl::truncate(LogOffset to) {
  if (failed_.load(std::memory_order_acquire)) return failure();
  const int64_t first = std::max(segments_->begin(), moved_out_end_.load());
  if (to.value() < first || to > end()) {
    return absl::OutOfRangeError(concat("the log cannot be cut at offset ", to.value(), ": it has ",
                                        first, " to ", end().value()));
  }
  PETREL_RETURN_IF_ERROR(reader_.check_boundary(to));
  if (to.value() > synced_.load(std::memory_order_acquire)) PETREL_RETURN_IF_ERROR(close());
  if (to == end()) return absl::OkStatus();
  int none = 0;
  PETREL_CHECK(writers_.compare_exchange_strong(none, kTruncating)) << "while a thread writes";
  kLog.info("the log is cut back", {{"offset", to.value()}, {"end", end().value()}});
  blocks_.cut_behind(to.value());
  const bool keeps_required = required_ >= 0 && required_ < to.value();
  absl::Status status =
      truncate_log_files(to.value(), keeps_required ? std::optional(required_) : std::nullopt,
                         *segments_, *mark_, *damage_);
  if (status.ok()) go_on_at(to.value());
  writers_.store(0);
  if (!status.ok()) return fail(std::move(status));
  return absl::OkStatus();
}

// ---- any thread

LogProgress CommitLogImpl::progress() const {
  // In this order: what was synced when asked is not more than what was written then.
  const int64_t synced = synced_.load(std::memory_order_acquire);
  const int64_t written = written_.load(std::memory_order_acquire);
  return {.written = WrittenOffset(written), .synced = SyncedOffset(synced)};
}

void CommitLogImpl::wake() {
  {
    MutexLock lock(mutex_);
    woken_ = true;
  }
  has_work_.notify_one();
}

// ---- log thread

absl::StatusOr<LogProgress> CommitLogImpl::write_group(bool sync, int64_t max_wait_us) {
  const Writing writing(writers_);
  if (failed_.load(std::memory_order_acquire)) return failure();
  const int64_t to = wait_for_bytes(sync, max_wait_us);
  const int64_t from = written_.load(std::memory_order_relaxed);
  PETREL_CHECK_LE(from, to);
  if (to > from) {
    if (absl::Status status = write(from, to); !status.ok()) return fail(std::move(status));
    written_.store(to, std::memory_order_release);
    required_written_.store(required_taken_, std::memory_order_release);
  }
  if (sync) {
    const bool dirty = synced_.load(std::memory_order_acquire) < to;
    PETREL_RETURN_IF_ERROR(sync_written());
    if (dirty) {
      if (absl::Status status = prepare_zeros(); !status.ok()) return fail(std::move(status));
    }
  }
  const bool wanted = room_wanted_.exchange(false, std::memory_order_acquire);
  if (wanted || to > from || no_room_.load(std::memory_order_relaxed)) prepare_segment(wanted);
  return progress();
}

int64_t CommitLogImpl::wait_for_bytes(bool sync, int64_t max_wait_us) {
  const int64_t written = written_.load(std::memory_order_relaxed);
  const bool unsynced = sync && synced_.load(std::memory_order_acquire) < written;
  MutexLock lock(mutex_);
  if (max_wait_us > 0 && !unsynced && !woken_ && submitted_ <= written) {
    has_work_.wait_for(mutex_, std::chrono::microseconds(max_wait_us));
  }
  woken_ = false;
  required_taken_ = required_submitted_;
  return submitted_;
}

absl::Status CommitLogImpl::write(int64_t from, int64_t to) {
  parts_.clear();
  blocks_.collect(from, to, parts_);
  std::span<const LogBlocks::Part> rest = parts_;
  while (!rest.empty()) {
    // A run is what lies in one segment; there it is without gaps.
    const int64_t run_end = segment_end(rest.front().start);
    const auto behind = std::find_if(rest.begin(), rest.end(),
                                     [&](const auto& part) { return part.start >= run_end; });
    const auto count = static_cast<size_t>(behind - rest.begin());
    PETREL_RETURN_IF_ERROR(write_run(rest.first(count)));
    rest = rest.subspan(count);
  }
  return absl::OkStatus();
}

absl::Status CommitLogImpl::write_run(std::span<const LogBlocks::Part> parts) {
  const int64_t start = parts.front().start;
  while (segments_->end() <= start) {
    PETREL_RETURN_IF_ERROR(segments_->add());
    room_end_.store(segments_->end(), std::memory_order_release);
  }
  iovecs_.clear();
  int64_t at = start;
  for (const LogBlocks::Part& part : parts) {
    PETREL_CHECK_EQ(part.start, at);
    iovecs_.push_back({.iov_base = const_cast<char*>(part.bytes), .iov_len = part.size});
    at += static_cast<int64_t>(part.size);
  }
  const std::shared_ptr<Segment> segment = segments_->find(start);
  PETREL_CHECK(segment != nullptr) << "I-3: no segment at log offset " << start;
  PETREL_CHECK_LE(at, segment->start + options_.segment_bytes) << "I-2";
  return segment->file->write(static_cast<uint64_t>(start - segment->start), iovecs_);
}

absl::Status CommitLogImpl::sync_written() {
  MutexLock lock(sync_mutex_);
  if (failed_.load(std::memory_order_acquire)) return failure();
  // In this order: what is required is below what was written.
  const int64_t required = required_written_.load(std::memory_order_acquire);
  const int64_t target = written_.load(std::memory_order_acquire);
  const int64_t from = synced_.load(std::memory_order_relaxed);
  PETREL_CHECK_LE(from, target);
  if (from == target) return absl::OkStatus();
  absl::Status status = segments_->sync(from, target);
  if (status.ok()) {
    status = mark_->write(target, required < 0 ? std::nullopt : std::optional(required));
  }
  if (!status.ok()) return fail(std::move(status));
  synced_.store(target, std::memory_order_release);
  return absl::OkStatus();
}

// I-3. What fails here has harmed nothing yet: it is tried again, and appends that need the room
// are refused meanwhile.
void CommitLogImpl::prepare_segment(bool wanted) {
  const int64_t left = segments_->end() - written_.load(std::memory_order_relaxed);
  const bool asked_for = wanted || no_room_.load(std::memory_order_relaxed);
  if (left > options_.segment_bytes / (asked_for ? 1 : 2)) return;
  if (no_room_.load(std::memory_order_relaxed) && !segments_->may_have_room()) return;
  const absl::Status status = segments_->add();
  if (status.ok()) {
    room_end_.store(segments_->end(), std::memory_order_release);
    if (no_room_.exchange(false)) kLog.info("there is room for the next log file again");
  } else if (!no_room_.exchange(true)) {
    kLog.error("cannot make the next log file", {{"error", concat(status.message())}});
  }
}

absl::Status CommitLogImpl::prepare_zeros() {
  const int64_t written = written_.load(std::memory_order_relaxed);
  zeros_end_ = std::max(zeros_end_, written);
  const int64_t end = std::min({zeros_end_ + static_cast<int64_t>(kPrepareStepBytes),
                                segment_end(zeros_end_), segments_->end()});
  if (zeros_end_ - written >= options_.prepare_bytes || zeros_end_ >= end) return absl::OkStatus();
  iovecs_.clear();
  for (auto left = static_cast<size_t>(end - zeros_end_); left > 0;) {
    const std::string_view some = zeros().substr(0, left);
    iovecs_.push_back({.iov_base = const_cast<char*>(some.data()), .iov_len = some.size()});
    left -= some.size();
  }
  const std::shared_ptr<Segment> segment = segments_->find(zeros_end_);
  PETREL_RETURN_IF_ERROR(
      segment->file->write(static_cast<uint64_t>(zeros_end_ - segment->start), iovecs_));
  zeros_end_ = end;
  return absl::OkStatus();
}

// ---- failure and end

absl::Status CommitLogImpl::fail(absl::Status status) {
  kLog.error("the log has failed and takes no more records", {{"error", concat(status.message())}});
  MutexLock lock(mutex_);
  if (failure_.ok()) failure_ = status;
  failed_.store(true, std::memory_order_release);
  return status;
}

absl::Status CommitLogImpl::failure() const {
  MutexLock lock(mutex_);
  return failure_;
}

absl::Status CommitLogImpl::sync_up_to(LogOffset end) {
  const Writing writing(writers_);
  PETREL_CHECK_LE(end.value(), written_.load(std::memory_order_acquire));
  if (synced_.load(std::memory_order_acquire) < end.value()) {
    PETREL_RETURN_IF_ERROR(sync_written());
  }
  if (absl::Status status = mark_->sync(); !status.ok()) return fail(std::move(status));
  return absl::OkStatus();
}

CommitLog::MovedOut CommitLogImpl::move_out_before(LogOffset end, const std::string& directory) {
  PETREL_CHECK_LE(end.value(), synced_.load(std::memory_order_acquire));
  const Writing writing(writers_);
  const Segments::MovedOut moved = segments_->move_out_before(end.value(), directory);
  moved_out_end_ = moved.begin;
  return {.begin = LogOffset(moved.begin), .status = moved.status};
}

absl::Status CommitLogImpl::close() {
  submit();
  return write_group(/*sync=*/true, /*max_wait_us=*/0).status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CommitLog>> CommitLog::open(Disk& disk, std::string directory,
                                                           const Options& options) {
  PETREL_RETURN_IF_ERROR(disk.create_directories(directory));
  const std::string mark_path = directory + ".synced";
  const bool has_mark = !absl::IsNotFound(disk.open(mark_path, Disk::OpenMode::kRead).status());
  Options settled = options;
  PETREL_ASSIGN_OR_RETURN(settled.segment_bytes,
                          settle_segment_bytes(disk, directory,
                                               {.segment_bytes = options.segment_bytes,
                                                .mode = options.segment_size_mode,
                                                .record_bytes_max = options.record_bytes_max,
                                                .made_elsewhere = !has_mark}));
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<Segments> segments,
                          Segments::open(disk, directory, settled.segment_bytes));
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<SyncMark> mark, SyncMark::open(disk, mark_path));
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<DamageList> damage,
                          DamageList::open(disk, directory + ".damaged"));
  return std::make_unique<CommitLogImpl>(settled, std::move(segments), std::move(mark),
                                         std::move(damage));
}

}  // namespace petrel::store
