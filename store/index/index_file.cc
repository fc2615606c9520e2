// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/index/index_file.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <limits>

#include "common/check.h"
#include "common/concat.h"
#include "common/java_hash.h"
#include "common/status.h"
#include "store/log/big_endian.h"

namespace petrel::store {
namespace {

constexpr size_t kUnwrittenBytesMax = 3000 * kIndexEntryBytes;
// Entries that are read at once: about a page of the disk. The entries of a key that occurs often
// lie close together.
constexpr int32_t kEntriesRead = 204;
// How far clocks of senders of one log may go back. A chain is left where it is this much older
// than what is looked for.
constexpr int64_t kClockStepMs = 10 * 60 * 1000;

}  // namespace

void encode_index_header(const IndexHeader& header, char* to) {
  store_big_endian(to, header.begin_ms);
  store_big_endian(to + 8, header.end_ms);
  store_big_endian(to + 16, header.begin.value());
  store_big_endian(to + 24, header.end.value());
  store_big_endian(to + 32, header.used_slots);
  store_big_endian(to + 36, header.count);
}

IndexHeader decode_index_header(const char* from) {
  return {.begin_ms = load_big_endian<int64_t>(from),
          .end_ms = load_big_endian<int64_t>(from + 8),
          .begin = LogOffset(load_big_endian<int64_t>(from + 16)),
          .end = LogOffset(load_big_endian<int64_t>(from + 24)),
          .used_slots = load_big_endian<int32_t>(from + 32),
          .count = load_big_endian<int32_t>(from + 36)};
}

void encode_index_entry(const IndexEntry& entry, std::string& to) {
  append_big_endian(to, entry.key_hash);
  append_big_endian(to, entry.offset.value());
  append_big_endian(to, entry.seconds);
  append_big_endian(to, entry.before);
}

IndexEntry decode_index_entry(const char* from) {
  return {.key_hash = load_big_endian<int32_t>(from),
          .offset = LogOffset(load_big_endian<int64_t>(from + 4)),
          .seconds = load_big_endian<int32_t>(from + 12),
          .before = load_big_endian<int32_t>(from + 16)};
}

int32_t index_seconds(int64_t begin_ms, int64_t store_ms) {
  if (begin_ms <= 0 || store_ms < begin_ms) return 0;
  const int64_t seconds = (store_ms - begin_ms) / 1000;
  return static_cast<int32_t>(std::min<int64_t>(seconds, std::numeric_limits<int32_t>::max()));
}

uint64_t index_file_bytes(const IndexGeometry& geometry) {
  return index_entry_position(geometry, geometry.entries);
}

uint64_t index_entry_position(const IndexGeometry& geometry, int32_t number) {
  return kIndexHeaderBytes + static_cast<uint64_t>(kIndexSlotBytes * geometry.slots) +
         static_cast<uint64_t>(kIndexEntryBytes * number);
}

int32_t index_key_hash(std::string_view topic, std::string_view key) {
  const int32_t hash = java_hash_code(concat(topic, "#", key));
  return hash == std::numeric_limits<int32_t>::min() ? 0 : std::abs(hash);
}

std::string index_file_name(int64_t store_ms) {
  using namespace std::chrono;
  constexpr int64_t kYear9999Ms = 253'370'764'800'000;  // the name has room for four digits
  const sys_time<milliseconds> time(milliseconds(std::clamp<int64_t>(store_ms, 0, kYear9999Ms)));
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss<milliseconds> clock(time - day);
  int64_t name = static_cast<int>(date.year());
  name = name * 100 + static_cast<unsigned>(date.month());
  name = name * 100 + static_cast<unsigned>(date.day());
  name = name * 100 + clock.hours().count();
  name = name * 100 + clock.minutes().count();
  name = name * 100 + clock.seconds().count();
  name = name * 1000 + clock.subseconds().count();
  return std::to_string(name);
}

std::string index_file_name_after(std::string_view name) {
  using namespace std::chrono;
  PETREL_CHECK_EQ(name.size(), size_t{17});
  const auto number = [&](size_t at, size_t digits) {
    int value = 0;
    for (const char digit : name.substr(at, digits)) value = value * 10 + (digit - '0');
    return value;
  };
  const year_month_day date(year(number(0, 4)), month(static_cast<unsigned>(number(4, 2))),
                            day(static_cast<unsigned>(number(6, 2))));
  const sys_time<milliseconds> time = sys_days(date) + hours(number(8, 2)) +
                                      minutes(number(10, 2)) + seconds(number(12, 2)) +
                                      milliseconds(number(14, 3));
  return index_file_name(time.time_since_epoch().count() + 1);
}

// ---- entries

// Reads entries from the file or from what is not yet written, a piece at a time.
class IndexFile::EntryReader {
 public:
  explicit EntryReader(const IndexFile& file) : file_(file) {}

  // The entry, together with those before it (`kBackward`) or behind it.
  enum class Direction { kBackward, kForward };
  absl::StatusOr<IndexEntry> at(int32_t number, Direction direction) {
    const int32_t written = file_.written_count();
    if (number >= written) {
      return decode_index_entry(file_.unwritten_.data() +
                                static_cast<size_t>(number - written) * kIndexEntryBytes);
    }
    if (number < first_ || number >= first_ + count_) {
      const bool backward = direction == Direction::kBackward;
      first_ = backward ? std::max(number - kEntriesRead + 1, 0) : number;
      count_ = std::min(kEntriesRead, written - first_);
      const size_t bytes = static_cast<size_t>(count_) * kIndexEntryBytes;
      const absl::Status read = file_.file_->read(index_entry_position(file_.geometry_, first_),
                                                  std::span(bytes_).first(bytes));
      if (!read.ok()) {
        count_ = 0;
        return read;
      }
    }
    return decode_index_entry(bytes_.data() +
                              static_cast<size_t>(number - first_) * kIndexEntryBytes);
  }

 private:
  const IndexFile& file_;
  int32_t first_ = 0;
  int32_t count_ = 0;
  std::array<char, static_cast<size_t>(kEntriesRead) * kIndexEntryBytes> bytes_;
};

absl::Status IndexFile::damaged(int32_t entry, std::string_view what) const {
  return absl::DataLossError(concat(path_, ": entry ", entry, " ", what));
}

// ---- the file

IndexFile::IndexFile(std::string path, std::unique_ptr<File> file, const IndexGeometry& geometry)
    : path_(std::move(path)),
      file_(std::move(file)),
      geometry_(geometry),
      slots_(*file_, kIndexHeaderBytes, geometry.slots) {}

absl::StatusOr<std::unique_ptr<IndexFile>> IndexFile::make(Disk& disk, const std::string& directory,
                                                           std::string_view name,
                                                           const IndexGeometry& geometry) {
  std::string path = concat(directory, "/", name);
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<File> file, disk.open(path, Disk::OpenMode::kCreate));
  PETREL_RETURN_IF_ERROR(file->truncate(0));  // a crash may have left an older one
  PETREL_RETURN_IF_ERROR(file->truncate(index_file_bytes(geometry)));
  std::unique_ptr<IndexFile> made(new IndexFile(std::move(path), std::move(file), geometry));
  PETREL_RETURN_IF_ERROR(made->write_header());
  PETREL_RETURN_IF_ERROR(made->file_->sync());
  PETREL_RETURN_IF_ERROR(disk.sync_directory(directory));
  return made;
}

absl::StatusOr<std::unique_ptr<IndexFile>> IndexFile::open(Disk& disk, const std::string& directory,
                                                           std::string_view name,
                                                           const IndexGeometry& geometry) {
  std::string path = concat(directory, "/", name);
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<File> file, disk.open(path, Disk::OpenMode::kReadWrite));
  std::unique_ptr<IndexFile> opened(new IndexFile(std::move(path), std::move(file), geometry));
  PETREL_RETURN_IF_ERROR(opened->read_header());
  return opened;
}

absl::Status IndexFile::read_header() {
  PETREL_ASSIGN_OR_RETURN(const uint64_t size, file_->size());
  if (size != index_file_bytes(geometry_)) {
    return absl::DataLossError(
        concat(path_, " has ", size, " bytes instead of ", index_file_bytes(geometry_)));
  }
  char bytes[kIndexHeaderBytes];
  PETREL_RETURN_IF_ERROR(file_->read(0, bytes));
  header_ = decode_index_header(bytes);
  return check_header(header_);
}

absl::Status IndexFile::check_header(const IndexHeader& header) const {
  const bool possible = header.count >= 1 && header.count <= geometry_.entries &&
                        header.used_slots >= 0 && header.used_slots < header.count &&
                        header.begin >= LogOffset(0) && header.begin <= header.end;
  return possible ? absl::OkStatus()
                  : absl::DataLossError(concat(path_, " has an impossible header"));
}

absl::Status IndexFile::write_header() {
  char bytes[kIndexHeaderBytes];
  encode_index_header(header_, bytes);
  const iovec part = {.iov_base = bytes, .iov_len = sizeof(bytes)};
  return file_->write(0, std::span(&part, 1));
}

absl::Status IndexFile::write_entries() {
  if (unwritten_.empty()) return absl::OkStatus();
  const iovec part = {.iov_base = unwritten_.data(), .iov_len = unwritten_.size()};
  PETREL_RETURN_IF_ERROR(
      file_->write(index_entry_position(geometry_, written_count()), std::span(&part, 1)));
  unwritten_.clear();
  return absl::OkStatus();
}

absl::Status IndexFile::put(int32_t key_hash, LogOffset offset, int64_t store_ms) {
  PETREL_CHECK_GT(room(), 0);
  PETREL_CHECK_LE(header_.end, offset);
  PETREL_ASSIGN_OR_RETURN(const int32_t before,
                          slots_.exchange(key_hash % geometry_.slots, header_.count));
  if (before < 0 || before >= header_.count) {
    return damaged(before, "is named by a slot, but there is no such entry");
  }
  if (header_.count == 1) {
    header_.begin_ms = store_ms;
    header_.begin = offset;
  }
  encode_index_entry({.key_hash = key_hash,
                      .offset = offset,
                      .seconds = index_seconds(header_.begin_ms, store_ms),
                      .before = before},
                     unwritten_);
  if (before == 0) ++header_.used_slots;
  ++header_.count;
  header_.end = offset;
  header_.end_ms = store_ms;
  return unwritten_.size() < kUnwrittenBytesMax ? absl::OkStatus() : write_entries();
}

bool IndexFile::may_have(const TimeRange& range) const {
  return header_.begin_ms - kClockStepMs <= range.end_ms &&
         header_.end_ms + kClockStepMs >= range.begin_ms;
}

absl::Status IndexFile::find(int32_t key_hash, const TimeRange& range,
                             absl::FunctionRef<absl::StatusOr<bool>(LogOffset)> visit) const {
  PETREL_ASSIGN_OR_RETURN(int32_t number, slots_.get(key_hash % geometry_.slots));
  EntryReader entries(*this);
  for (int32_t below = header_.count; number != 0;) {
    if (number < 0 || number >= below) return damaged(number, "is out of its chain's order");
    PETREL_ASSIGN_OR_RETURN(const IndexEntry entry,
                            entries.at(number, EntryReader::Direction::kBackward));
    if (entry.offset < header_.begin || entry.offset > header_.end || entry.seconds < 0) {
      return damaged(number, "is none");
    }
    // A record of second 0 may be older, when the clock went back.
    const int64_t from_ms = header_.begin_ms + int64_t{entry.seconds} * 1000;
    const int64_t to_ms = from_ms + 999;
    if (to_ms + kClockStepMs < range.begin_ms) return absl::OkStatus();
    const bool in_time = to_ms >= range.begin_ms && (from_ms <= range.end_ms || entry.seconds == 0);
    if (entry.key_hash == key_hash && in_time) {
      PETREL_ASSIGN_OR_RETURN(const bool go_on, visit(entry.offset));
      if (!go_on) return absl::OkStatus();
    }
    below = number;
    number = entry.before;
  }
  return absl::OkStatus();
}

absl::Status IndexFile::sync_entries() {
  PETREL_RETURN_IF_ERROR(write_entries());
  return file_->sync();
}

absl::Status IndexFile::sync_slots() {
  PETREL_CHECK(unwritten_.empty());
  PETREL_RETURN_IF_ERROR(slots_.write());
  PETREL_RETURN_IF_ERROR(write_header());
  PETREL_RETURN_IF_ERROR(file_->sync());
  slots_.forget();
  return absl::OkStatus();
}

absl::Status IndexFile::restore(const IndexHeader& durable, int32_t slots_synced) {
  PETREL_RETURN_IF_ERROR(check_header(durable));
  header_ = durable;
  unwritten_.clear();
  slots_.forget();
  PETREL_RETURN_IF_ERROR(file_->truncate(index_entry_position(geometry_, header_.count)));
  PETREL_RETURN_IF_ERROR(file_->truncate(index_file_bytes(geometry_)));
  EntryReader entries(*this);
  for (int32_t number = slots_synced; number < header_.count; ++number) {
    PETREL_ASSIGN_OR_RETURN(const IndexEntry entry,
                            entries.at(number, EntryReader::Direction::kForward));
    if (entry.key_hash < 0 || entry.before >= number) return damaged(number, "is none");
    PETREL_RETURN_IF_ERROR(slots_.exchange(entry.key_hash % geometry_.slots, number).status());
  }
  return file_->sync();
}

}  // namespace petrel::store
