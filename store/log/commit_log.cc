// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/commit_log.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "store/log/big_endian.h"
#include "store/log/log_blocks.h"
#include "store/log/log_recovery.h"
#include "store/log/log_walk.h"
#include "store/log/record_layout.h"
#include "store/log/segment_size.h"
#include "store/log/segments.h"
#include "store/log/sync_mark.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

// Zeros are written ahead in steps of this, one step per synced group.
constexpr size_t kPrepareStepBytes = 1 << 20;
constexpr size_t kZerosBytes = 64 << 10;
char zeros[kZerosBytes];  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): never
                          // written, so it costs no memory, which a const one in the binary would

class CommitLogImpl final : public CommitLog {
 public:
  CommitLogImpl(const Options& options, std::unique_ptr<Segments> segments,
                std::unique_ptr<SyncMark> mark, std::unique_ptr<DamageList> damage)
      : options_(options),
        segments_(std::move(segments)),
        mark_(std::move(mark)),
        damage_(std::move(damage)),
        blocks_(options.block_bytes, options.hot_bytes) {}

  absl::Status recover(LogOffset from) override;
  absl::StatusOr<LogOffset> append(std::string_view record, RecordPlacement placement) override;
  void mark_required(LogOffset record) override {
    PETREL_CHECK_LT(record.value(), end_.load(std::memory_order_relaxed));
    required_ = std::max(required_, record.value());
  }
  std::optional<LogOffset> last_required() const override {
    const std::optional<int64_t> known = mark_->known_required();
    return known.has_value() ? std::optional(LogOffset(*known)) : std::nullopt;
  }
  void submit() override;
  int64_t segment_bytes() const override { return options_.segment_bytes; }
  LogOffset begin() const override { return LogOffset(segments_->begin()); }
  LogOffset end() const override { return LogOffset(end_.load(std::memory_order_acquire)); }
  LogProgress progress() const override;
  DamageList& damage() const override { return *damage_; }
  bool lacks_room() const override { return no_room_.load(std::memory_order_relaxed); }
  std::vector<LogSegment> segments() const override { return segments_->list(); }
  std::optional<LogSlice> read_hot(LogOffset offset, int32_t size) const override;
  absl::StatusOr<LogSlice> read(LogOffset offset, int32_t size) const override;
  absl::StatusOr<LogSlice> read_record(LogOffset offset) const override;
  absl::Status visit(LogOffset from, LogOffset to,
                     absl::FunctionRef<absl::Status(const RecordView&)> visit,
                     Verify verify) const override;
  absl::StatusOr<LogProgress> write_group(bool sync, int64_t max_wait_us) override;
  void wake() override;
  absl::Status sync_up_to(LogOffset end) override;
  MovedOut move_out_before(LogOffset end, const std::string& directory) override;
  void forget_before(LogOffset begin) override { segments_->forget_before(begin.value()); }
  absl::Status close() override;

 private:
  absl::StatusOr<LogSlice> read_file(LogOffset offset, int32_t size) const;
  absl::Status unsound(LogOffset offset, std::string_view bytes, std::string why) const;
  void read_segment_times();

  // Core thread.
  absl::Status refuse(size_t record_bytes) const;
  void place_blank(int64_t at);

  // Log thread.
  int64_t wait_for_bytes(bool sync, int64_t max_wait_us);
  absl::Status write(int64_t from, int64_t to);
  absl::Status write_run(std::span<const LogBlocks::Part> parts);
  absl::Status sync_written();
  void prepare_segment();
  absl::Status prepare_zeros();

  absl::Status fail(absl::Status status);
  absl::Status failure() const;
  int64_t segment_end(int64_t offset) const {
    return (offset / options_.segment_bytes + 1) * options_.segment_bytes;
  }

  const Options options_;
  const std::unique_ptr<Segments> segments_;
  const std::unique_ptr<SyncMark> mark_;
  const std::unique_ptr<DamageList> damage_;
  LogBlocks blocks_;

  // I-1: synced_ <= written_ <= end_.
  std::atomic<int64_t> end_{0};  // moved by the core thread
  std::atomic<int64_t> written_{0};
  std::atomic<int64_t> synced_{0};
  std::atomic<int64_t> room_end_{0};  // end of the last segment that exists
  std::atomic<bool> no_room_{false};  // the next segment could not be made
  std::atomic<bool> failed_{false};

  // The last record that must not be lacked, of those that were appended, submitted, taken by the
  // log thread, and written; -1 if none is known.
  int64_t required_ = -1;        // core thread
  int64_t required_taken_ = -1;  // log thread
  std::atomic<int64_t> required_written_{-1};

  mutable absl::Mutex mutex_;
  int64_t submitted_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t required_submitted_ ABSL_GUARDED_BY(mutex_) = -1;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);

  absl::Mutex sync_mutex_;  // one sync at a time: its outcome must reach all who wait for it

  int64_t zeros_end_ = 0;               // log thread: zeros were written ahead up to here
  std::vector<LogBlocks::Part> parts_;  // log thread, kept for its memory
  std::vector<iovec> iovecs_;           // likewise
};

// ---- recovery

absl::Status CommitLogImpl::recover(LogOffset from) {
  LogRecovery recovery(*segments_, *mark_, *damage_, options_.record_bytes_max);
  PETREL_ASSIGN_OR_RETURN(const int64_t end, recovery.run(from.value()));
  read_segment_times();
  end_ = written_ = synced_ = zeros_end_ = end;
  room_end_ = segments_->end();
  no_room_ = end == segments_->end();
  required_ = mark_->known_required().value_or(-1);
  if (required_ >= end) required_ = -1;
  required_taken_ = required_written_ = required_;
  absl::MutexLock lock(&mutex_);
  submitted_ = end;
  required_submitted_ = required_;
  return absl::OkStatus();
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

absl::StatusOr<LogOffset> CommitLogImpl::append(std::string_view record,
                                                RecordPlacement placement) {
  int64_t at = end_.load(std::memory_order_relaxed);
  const int64_t end_of_segment = segment_end(at);
  const auto size = static_cast<int64_t>(record.size());
  // I-2. Room for a blank record stays behind the last record of a segment.
  const bool roll = size + static_cast<int64_t>(kBlankHeaderBytes) > end_of_segment - at;
  const int64_t end = (roll ? end_of_segment : at) + size;
  if (failed_.load(std::memory_order_acquire)) [[unlikely]]
    return failure();
  if (size > options_.record_bytes_max ||
      size + static_cast<int64_t>(kBlankHeaderBytes) > options_.segment_bytes) [[unlikely]] {
    return absl::InvalidArgumentError(concat("a record of ", size, " bytes is larger than the ",
                                             options_.record_bytes_max, " that are allowed"));
  }
  if (end - written_.load(std::memory_order_acquire) > options_.unwritten_bytes_max) [[unlikely]] {
    return absl::ResourceExhaustedError("the disk does not keep up with the log");
  }
  if (end > room_end_.load(std::memory_order_acquire) && no_room_.load(std::memory_order_acquire))
      [[unlikely]] {
    return absl::ResourceExhaustedError("the disk has no room for the next log file");
  }
  if (roll) {
    place_blank(at);
    at = end_of_segment;
  }
  if (roll || end_of_segment - at == options_.segment_bytes) [[unlikely]] {
    segments_->set_first_ms(at, placement.store_ms);
  }
  placement.log_offset = LogOffset(at);
  char* const bytes = blocks_.reserve(at, record.size(), written_.load(std::memory_order_acquire));
  record.copy(bytes, record.size());
  place_record(std::span(bytes, record.size()), placement);
  blocks_.publish(end);
  end_.store(end, std::memory_order_release);
  return placement.log_offset;
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
  absl::MutexLock lock(&mutex_);
  submitted_ = end_.load(std::memory_order_relaxed);
  required_submitted_ = required_;
}

// ---- any thread

LogProgress CommitLogImpl::progress() const {
  // In this order: what was synced when asked is not more than what was written then.
  const int64_t synced = synced_.load(std::memory_order_acquire);
  const int64_t written = written_.load(std::memory_order_acquire);
  return {.written = WrittenOffset(written), .synced = SyncedOffset(synced)};
}

std::optional<LogSlice> CommitLogImpl::read_hot(LogOffset offset, int32_t size) const {
  if (size <= 0) return std::nullopt;
  return blocks_.find(offset.value(), static_cast<size_t>(size));
}

absl::StatusOr<LogSlice> CommitLogImpl::read(LogOffset offset, int32_t size) const {
  std::optional<LogSlice> slice = read_hot(offset, size);
  // What is in memory was encoded here; what comes from a disk may have changed there.
  const Verify verify = slice.has_value() ? Verify::kStructure : Verify::kChecksums;
  if (!slice.has_value()) {
    PETREL_ASSIGN_OR_RETURN(slice, read_file(offset, size));
  }
  const absl::StatusOr<RecordView> record = decode_record(slice->bytes(), verify);
  if (!record.ok()) return unsound(offset, slice->bytes(), concat(record.status().message()));
  if (record->bytes.size() != slice->bytes().size() || record->log_offset != offset) {
    return unsound(offset, slice->bytes(), "another record");
  }
  return *std::move(slice);
}

// Whoever asks may be wrong about the place, unless what is there says that it belongs there.
absl::Status CommitLogImpl::unsound(LogOffset offset, std::string_view bytes,
                                    std::string why) const {
  const std::shared_ptr<Segment> segment = segments_->find(offset.value());
  const std::string file = segment == nullptr ? "the log" : segment->path;
  const absl::StatusOr<RecordView> claim = decode_record(bytes, Verify::kStructure);
  if (claim.ok() && claim->bytes.size() == bytes.size() && claim->log_offset == offset) {
    damage_->add({.begin = offset,
                  .end = offset + static_cast<int64_t>(bytes.size()),
                  .file = file,
                  .why = why,
                  .record = {}});
  }
  return absl::DataLossError(concat(file, ": at offset ", offset.value(), " is no sound record of ",
                                    bytes.size(), " bytes: ", why));
}

absl::StatusOr<LogSlice> CommitLogImpl::read_file(LogOffset offset, int32_t size) const {
  const int64_t written = written_.load(std::memory_order_acquire);
  if (size < static_cast<int32_t>(layout::kRecordBytesMin) || size > options_.record_bytes_max ||
      offset.value() > written - size) {
    return absl::DataLossError(
        concat("no record of ", size, " bytes at log offset ", offset.value()));
  }
  const std::shared_ptr<Segment> segment = segments_->find(offset.value());
  if (segment == nullptr) {
    return absl::OutOfRangeError(
        concat("log offset ", offset.value(), " is before the log's begin"));
  }
  if (offset.value() + size > segment_end(offset.value())) {
    return absl::DataLossError(concat(segment->path, ": no record of ", size, " bytes at offset ",
                                      offset.value(), ", it ends before"));
  }
  const auto bytes = static_cast<size_t>(size);
  const std::shared_ptr<char[]> owner(new char[bytes]);
  PETREL_RETURN_IF_ERROR(segment->file->read(static_cast<uint64_t>(offset.value() - segment->start),
                                             std::span(owner.get(), bytes)));
  return LogSlice(owner, std::string_view(owner.get(), bytes));
}

absl::StatusOr<LogSlice> CommitLogImpl::read_record(LogOffset offset) const {
  const auto header_bytes = static_cast<int32_t>(kBlankHeaderBytes);
  if (offset < LogOffset(0) ||
      offset.value() > written_.load(std::memory_order_acquire) - header_bytes) {
    return absl::OutOfRangeError(
        concat("log offset ", offset.value(), " is not written: there is no record"));
  }
  if (const std::optional<LogSlice> header = read_hot(offset, header_bytes)) {
    return read(offset, load_big_endian<int32_t>(header->bytes().data()));
  }
  const std::shared_ptr<Segment> segment = segments_->find(offset.value());
  if (segment == nullptr) {
    return absl::OutOfRangeError(
        concat("log offset ", offset.value(), " is before the log's begin"));
  }
  char header[kBlankHeaderBytes];
  const auto left = static_cast<size_t>(segment_end(offset.value()) - offset.value());
  if (left < sizeof(header)) {
    return absl::DataLossError(concat(segment->path, ": no record at offset ", offset.value()));
  }
  PETREL_RETURN_IF_ERROR(
      segment->file->read(static_cast<uint64_t>(offset.value() - segment->start), header));
  return read(offset, load_big_endian<int32_t>(header));
}

absl::Status CommitLogImpl::visit(LogOffset from, LogOffset to,
                                  absl::FunctionRef<absl::Status(const RecordView&)> visit,
                                  Verify verify) const {
  PETREL_CHECK_LE(to.value(), written_.load(std::memory_order_acquire));
  LogWalk walk(*segments_, options_.record_bytes_max, *damage_);
  const int64_t start = std::max(from.value(), segments_->begin());
  PETREL_ASSIGN_OR_RETURN(const LogScan::End end,
                          walk.visit(start, to.value(), /*promised=*/to.value(), visit, verify));
  if (end.offset < segments_->begin()) {
    return absl::OutOfRangeError(concat("log offset ", end.offset, " is before the log's begin"));
  }
  return end.offset < to.value() ? walk.note(end.offset, to.value(), end.why) : absl::OkStatus();
}

void CommitLogImpl::wake() {
  absl::MutexLock lock(&mutex_);
  woken_ = true;
}

// ---- log thread

absl::StatusOr<LogProgress> CommitLogImpl::write_group(bool sync, int64_t max_wait_us) {
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
  if (to > from || no_room_.load(std::memory_order_relaxed)) prepare_segment();
  return progress();
}

int64_t CommitLogImpl::wait_for_bytes(bool sync, int64_t max_wait_us) {
  const int64_t written = written_.load(std::memory_order_relaxed);
  const bool unsynced = sync && synced_.load(std::memory_order_acquire) < written;
  absl::MutexLock lock(&mutex_);
  const auto has_work = [this, written]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return woken_ || submitted_ > written;
  };
  if (max_wait_us > 0 && !unsynced) {
    mutex_.AwaitWithTimeout(absl::Condition(&has_work), absl::Microseconds(max_wait_us));
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
  return segment->file->write(static_cast<uint64_t>(start - segment->start), iovecs_);
}

absl::Status CommitLogImpl::sync_written() {
  absl::MutexLock lock(&sync_mutex_);
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
void CommitLogImpl::prepare_segment() {
  const int64_t written = written_.load(std::memory_order_relaxed);
  if (segments_->end() - written > options_.segment_bytes / 2) return;
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
    const size_t bytes = std::min(left, kZerosBytes);
    iovecs_.push_back({.iov_base = zeros, .iov_len = bytes});
    left -= bytes;
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
  absl::MutexLock lock(&mutex_);
  if (failure_.ok()) failure_ = status;
  failed_.store(true, std::memory_order_release);
  return status;
}

absl::Status CommitLogImpl::failure() const {
  absl::MutexLock lock(&mutex_);
  return failure_;
}

absl::Status CommitLogImpl::sync_up_to(LogOffset end) {
  PETREL_CHECK_LE(end.value(), written_.load(std::memory_order_acquire));
  if (synced_.load(std::memory_order_acquire) < end.value()) {
    PETREL_RETURN_IF_ERROR(sync_written());
  }
  if (absl::Status status = mark_->sync(); !status.ok()) return fail(std::move(status));
  return absl::OkStatus();
}

CommitLog::MovedOut CommitLogImpl::move_out_before(LogOffset end, const std::string& directory) {
  PETREL_CHECK_LE(end.value(), synced_.load(std::memory_order_acquire));
  const Segments::MovedOut moved = segments_->move_out_before(end.value(), directory);
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
