// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue/queue_files.h"

#include <algorithm>
#include <array>

#include "common/concat.h"
#include "common/status.h"
#include "store/log/big_endian.h"
#include "store/log/file_names.h"

namespace petrel::store {
namespace {

constexpr int64_t kFileBytes = kQueueFileEntries * kQueueEntryBytes;

int64_t file_start_of(QueueOffset offset) {
  return offset.value() / kQueueFileEntries * kQueueFileEntries;
}

std::string file_path(const std::string& directory, int64_t file_start) {
  return concat(directory, "/", offset_file_name(file_start * kQueueEntryBytes));
}

void encode_entry(char* at, const QueueEntry& entry) {
  store_big_endian(at, entry.log_offset.value());
  store_big_endian(at + 8, entry.size);
  store_big_endian(at + 12, entry.tags_code);
}

QueueEntry decode_entry(const char* at) {
  return {.log_offset = LogOffset(load_big_endian<int64_t>(at)),
          .size = load_big_endian<int32_t>(at + 8),
          .tags_code = load_big_endian<int64_t>(at + 12)};
}

absl::Status no_entry(const std::string& path, int64_t offset) {
  return absl::DataLossError(concat(path, " has no entry for queue offset ", offset));
}

// As many of `entries`, which begin at `first`, as lie in the file that holds the first.
size_t count_in_file(QueueOffset first, size_t entries) {
  const int64_t left = file_start_of(first) + kQueueFileEntries - first.value();
  return std::min(entries, static_cast<size_t>(left));
}

// Reads single entries of one queue; keeps the last file open.
class EntryReader {
 public:
  EntryReader(Disk& disk, const std::string& directory) : disk_(disk), directory_(directory) {}

  // NotFound when there is no such file.
  absl::StatusOr<QueueEntry> entry(QueueOffset offset) {
    const int64_t start = file_start_of(offset);
    const std::string path = file_path(directory_, start);
    if (start != file_start_ || file_ == nullptr) {
      PETREL_ASSIGN_OR_RETURN(file_, disk_.open(path, Disk::OpenMode::kRead));
      file_start_ = start;
    }
    std::array<char, static_cast<size_t>(kQueueEntryBytes)> bytes{};
    const auto position = static_cast<uint64_t>((offset.value() - start) * kQueueEntryBytes);
    const absl::Status read = file_->read(position, bytes);
    if (absl::IsOutOfRange(read)) return absl::DataLossError(concat(read.message()));
    PETREL_RETURN_IF_ERROR(read);
    const QueueEntry entry = decode_entry(bytes.data());
    if (!is_queue_entry(entry)) return no_entry(path, offset.value());
    return entry;
  }

 private:
  Disk& disk_;
  const std::string& directory_;
  std::unique_ptr<File> file_;
  int64_t file_start_ = -1;
};

// The entries around what seems to be the front: a flipped bit in one of them, or in one that the
// search went by, must not make it forget messages that are there.
absl::Status check_front(EntryReader& reader, QueueOffset front, QueueOffset min, QueueOffset end,
                         LogOffset begin) {
  LogOffset last(0);
  for (QueueOffset at = std::max(min, front - 2); at < std::min(end, front + 2); at += 1) {
    const absl::StatusOr<QueueEntry> entry = reader.entry(at);
    if (at < front && absl::IsNotFound(entry.status())) continue;  // removed
    PETREL_RETURN_IF_ERROR(entry.status());
    const bool below = entry->log_offset < begin && entry->end() <= begin;
    if (below != (at < front) || entry->log_offset < last) {
      return absl::DataLossError(concat("the entry of queue offset ", at.value(), " leads to ",
                                        entry->log_offset.value(),
                                        ", which is not in the order of its neighbours"));
    }
    last = entry->log_offset;
  }
  return absl::OkStatus();
}

}  // namespace

void UnsyncedFiles::wrote(std::string path, std::unique_ptr<File> file) {
  if (files_.size() >= kOneByOneMax) file.reset();
  files_.push_back({std::move(path), std::move(file)});
}

absl::Status UnsyncedFiles::sync(Disk& disk, const std::string& directory) const {
  if (files_.size() > kOneByOneMax) {
    const absl::Status synced = disk.sync_all(directory);
    if (!absl::IsUnimplemented(synced)) return synced;
  }
  return sync_one_by_one(disk);
}

absl::Status UnsyncedFiles::sync_one_by_one(Disk& disk) const {
  for (const Written& written : files_) {
    if (written.file != nullptr) {
      PETREL_RETURN_IF_ERROR(written.file->sync());
      continue;
    }
    PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                            disk.open(written.path, Disk::OpenMode::kReadWrite));
    PETREL_RETURN_IF_ERROR(file->sync());
  }
  for (const std::string& directory : directories_) {
    PETREL_RETURN_IF_ERROR(disk.sync_directory(directory));
  }
  return absl::OkStatus();
}

absl::Status QueueFileWriter::switch_to(QueueOffset first) {
  const int64_t file_start = file_start_of(first);
  if (file_start == file_start_) return absl::OkStatus();
  finish();
  const std::string path = file_path(directory_, file_start);
  absl::StatusOr<std::unique_ptr<File>> file = disk_.open(path, Disk::OpenMode::kReadWrite);
  const bool is_new = absl::IsNotFound(file.status());
  if (is_new) {
    PETREL_RETURN_IF_ERROR(disk_.make_directories(directory_));
    file = disk_.open(path, Disk::OpenMode::kCreate);
  }
  // Also of a file that is there, if no entry in it is durable: whoever made it may have been
  // killed before its name was.
  if (is_new || durable_ <= std::max(QueueOffset(file_start), min_)) {
    // The queue's directory, the topic's and the one above may be new.
    std::string named = directory_;
    for (int level = 0; level < 3 && !named.empty(); ++level) {
      unsynced_.made_name_in(named);
      named.resize(named.find_last_of('/') == std::string::npos ? 0 : named.find_last_of('/'));
    }
  }
  if (!file.ok()) return file.status();
  PETREL_ASSIGN_OR_RETURN(const uint64_t size, (*file)->size());
  if (size < static_cast<uint64_t>(kFileBytes)) {
    PETREL_RETURN_IF_ERROR((*file)->truncate(static_cast<uint64_t>(kFileBytes)));
  }
  file_ = *std::move(file);
  file_start_ = file_start;
  return size == 0 ? fill_before_min() : absl::OkStatus();
}

absl::Status QueueFileWriter::fill_before_min() {
  if (min_.value() <= file_start_) return absl::OkStatus();
  const auto count = static_cast<size_t>(min_.value() - file_start_);
  buffer_.resize(count * static_cast<size_t>(kQueueEntryBytes));
  for (size_t i = 0; i < count; ++i) {
    encode_entry(buffer_.data() + i * static_cast<size_t>(kQueueEntryBytes),
                 QueueEntry::hole(LogOffset(0)));
  }
  const iovec part = {.iov_base = buffer_.data(), .iov_len = buffer_.size()};
  return file_->write(0, std::span(&part, 1));
}

absl::Status QueueFileWriter::write(QueueOffset first, std::span<const QueueEntry> entries) {
  while (!entries.empty()) {
    PETREL_RETURN_IF_ERROR(switch_to(first));
    const size_t count = count_in_file(first, entries.size());
    buffer_.resize(count * static_cast<size_t>(kQueueEntryBytes));
    char* at = buffer_.data();
    for (const QueueEntry& entry : entries.first(count)) {
      encode_entry(at, entry);
      at += kQueueEntryBytes;
    }
    const iovec part = {.iov_base = buffer_.data(), .iov_len = buffer_.size()};
    const int64_t position = (first.value() - file_start_) * kQueueEntryBytes;
    PETREL_RETURN_IF_ERROR(file_->write(static_cast<uint64_t>(position), std::span(&part, 1)));
    first += static_cast<int64_t>(count);
    entries = entries.subspan(count);
  }
  return absl::OkStatus();
}

void QueueFileWriter::finish() {
  if (file_ != nullptr) unsynced_.wrote(file_path(directory_, file_start_), std::move(file_));
}

absl::Status read_queue_entries(Disk& disk, const std::string& directory, QueueOffset first,
                                std::span<QueueEntry> into) {
  std::vector<char> buffer;
  while (!into.empty()) {
    const int64_t file_start = file_start_of(first);
    const std::string path = file_path(directory, file_start);
    absl::StatusOr<std::unique_ptr<File>> file = disk.open(path, Disk::OpenMode::kRead);
    if (absl::IsNotFound(file.status())) {
      return absl::DataLossError(concat(path, " is missing"));
    }
    if (!file.ok()) return file.status();
    const size_t count = count_in_file(first, into.size());
    buffer.resize(count * static_cast<size_t>(kQueueEntryBytes));
    const int64_t position = (first.value() - file_start) * kQueueEntryBytes;
    const absl::Status read = (*file)->read(static_cast<uint64_t>(position), buffer);
    if (absl::IsOutOfRange(read)) return absl::DataLossError(concat(read.message()));
    PETREL_RETURN_IF_ERROR(read);
    for (size_t i = 0; i < count; ++i) {
      into[i] = decode_entry(buffer.data() + i * static_cast<size_t>(kQueueEntryBytes));
      if (!is_queue_entry(into[i])) return no_entry(path, first.value() + static_cast<int64_t>(i));
    }
    first += static_cast<int64_t>(count);
    into = into.subspan(count);
  }
  return absl::OkStatus();
}

absl::Status read_raw_queue_entries(Disk& disk, const std::string& directory, QueueOffset first,
                                    std::span<QueueEntry> into) {
  std::fill(into.begin(), into.end(), QueueEntry{});
  std::vector<char> buffer;
  while (!into.empty()) {
    const size_t count = count_in_file(first, into.size());
    const int64_t file_start = file_start_of(first);
    const absl::StatusOr<std::unique_ptr<File>> file =
        disk.open(file_path(directory, file_start), Disk::OpenMode::kRead);
    if (!file.ok() && !absl::IsNotFound(file.status())) return file.status();
    if (file.ok()) {
      PETREL_ASSIGN_OR_RETURN(const uint64_t size, (*file)->size());
      const auto whole = static_cast<int64_t>(size) / kQueueEntryBytes;
      const int64_t there =
          std::clamp<int64_t>(whole - (first.value() - file_start), 0, static_cast<int64_t>(count));
      buffer.resize(static_cast<size_t>(there * kQueueEntryBytes));
      const int64_t position = (first.value() - file_start) * kQueueEntryBytes;
      if (there > 0) {
        PETREL_RETURN_IF_ERROR((*file)->read(static_cast<uint64_t>(position), buffer));
      }
      for (size_t i = 0; i < static_cast<size_t>(there); ++i) {
        into[i] = decode_entry(buffer.data() + i * static_cast<size_t>(kQueueEntryBytes));
      }
    }
    first += static_cast<int64_t>(count);
    into = into.subspan(count);
  }
  return absl::OkStatus();
}

bool is_queue_entry(const QueueEntry& entry) {
  return entry.size > 0 && entry.log_offset >= LogOffset(0);
}

QueueOffset queue_file_begin(QueueOffset offset) { return QueueOffset(file_start_of(offset)); }

std::string queue_file_path(const std::string& directory, QueueOffset offset) {
  return file_path(directory, file_start_of(offset));
}

absl::StatusOr<QueueFront> find_queue_front(Disk& disk, const std::string& directory,
                                            QueueOffset min, QueueOffset end, LogOffset begin) {
  const QueueFront none{.offset = end, .log_offset = std::nullopt};
  if (min >= end) return none;
  EntryReader reader(disk, directory);
  absl::StatusOr<QueueEntry> found = reader.entry(end - 1);
  if (absl::IsNotFound(found.status()))
    return absl::DataLossError(concat(found.status().message()));
  PETREL_RETURN_IF_ERROR(found.status());
  if (found->log_offset < begin) {
    PETREL_RETURN_IF_ERROR(check_front(reader, end, min, end, begin));
    return none;
  }

  // The file in whose part [low, high] it is: the first whose last entry is not below.
  QueueOffset low = min;
  QueueOffset high = end - 1;
  bool missing = false;
  while (file_start_of(low) < file_start_of(high)) {
    const QueueOffset last(file_start_of(low) + kQueueFileEntries - 1);
    found = reader.entry(last);
    if (!found.ok() && !absl::IsNotFound(found.status())) return found.status();
    if (found.ok() && found->log_offset >= begin) {
      high = last;
      break;
    }
    missing = !found.ok();
    low = last + 1;
  }
  const QueueOffset low_in_file = low;
  while (low < high) {
    const QueueOffset middle = low + (high - low) / 2;
    PETREL_ASSIGN_OR_RETURN(const QueueEntry entry, reader.entry(middle));
    if (entry.log_offset < begin) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (missing && low == low_in_file) {
    return absl::DataLossError(concat(file_path(directory, file_start_of(low - 1)), " is missing"));
  }
  PETREL_RETURN_IF_ERROR(check_front(reader, low, min, end, begin));
  PETREL_ASSIGN_OR_RETURN(const QueueEntry front, reader.entry(low));
  return QueueFront{.offset = low, .log_offset = front.log_offset};
}

absl::StatusOr<int64_t> sum_queue_record_bytes(Disk& disk, const std::string& directory,
                                               QueueOffset from, QueueOffset to) {
  constexpr int64_t kEntriesPerRead = 8192;
  std::vector<QueueEntry> entries;
  int64_t sum = 0;
  while (from < to) {
    entries.resize(static_cast<size_t>(std::min(to - from, kEntriesPerRead)));
    PETREL_RETURN_IF_ERROR(read_queue_entries(disk, directory, from, entries));
    for (const QueueEntry& entry : entries) sum += entry.is_hole() ? 0 : entry.size;
    from += static_cast<int64_t>(entries.size());
  }
  return sum;
}

absl::Status remove_queue_files_below(Disk& disk, const std::string& directory, LogOffset front) {
  const absl::StatusOr<std::vector<std::string>> names = disk.list(directory);
  if (absl::IsNotFound(names.status())) return absl::OkStatus();
  PETREL_RETURN_IF_ERROR(names.status());
  std::string below;  // goes when another file follows, so that the last never does
  for (const std::string& name : *names) {
    const std::optional<int64_t> start = parse_offset_file_name(name);
    if (!start.has_value()) continue;
    if (!below.empty()) {
      const absl::Status removed = disk.remove(concat(directory, "/", below));
      // With its topic, by a snapshot that runs meanwhile.
      if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
    }
    const QueueOffset last(*start / kQueueEntryBytes + kQueueFileEntries - 1);
    const absl::StatusOr<QueueEntry> entry = EntryReader(disk, directory).entry(last);
    if (!entry.ok() || entry->log_offset >= front) return absl::OkStatus();
    below = name;
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
