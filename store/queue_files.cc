// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue_files.h"

#include <algorithm>

#include "common/concat.h"
#include "common/status.h"
#include "store/big_endian.h"
#include "store/file_names.h"

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

// As many of `entries`, which begin at `first`, as lie in the file that holds the first.
size_t count_in_file(QueueOffset first, size_t entries) {
  const int64_t left = file_start_of(first) + kQueueFileEntries - first.value();
  return std::min(entries, static_cast<size_t>(left));
}

}  // namespace

absl::Status QueueFileWriter::switch_to(QueueOffset first) {
  const int64_t file_start = file_start_of(first);
  if (file_start == file_start_) return absl::OkStatus();
  if (file_ != nullptr) PETREL_RETURN_IF_ERROR(file_->sync());
  const std::string path = file_path(directory_, file_start);
  absl::StatusOr<std::unique_ptr<File>> file = disk_.open(path, Disk::OpenMode::kReadWrite);
  if (absl::IsNotFound(file.status())) {
    PETREL_RETURN_IF_ERROR(disk_.create_directories(directory_));
    file = disk_.open(path, Disk::OpenMode::kCreate);
    made_file_ = true;
  }
  if (!file.ok()) return file.status();
  PETREL_ASSIGN_OR_RETURN(const uint64_t size, (*file)->size());
  if (size < static_cast<uint64_t>(kFileBytes)) {
    PETREL_RETURN_IF_ERROR((*file)->truncate(static_cast<uint64_t>(kFileBytes)));
  }
  file_ = *std::move(file);
  file_start_ = file_start;
  return size == 0 ? fill_before(first) : absl::OkStatus();
}

absl::Status QueueFileWriter::fill_before(QueueOffset first) {
  const auto count = static_cast<size_t>(first.value() - file_start_);
  if (count == 0) return absl::OkStatus();
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

absl::Status QueueFileWriter::finish() {
  if (file_ != nullptr) PETREL_RETURN_IF_ERROR(file_->sync());
  return made_file_ ? disk_.sync_directory(directory_) : absl::OkStatus();
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
      if (into[i].size <= 0 || into[i].log_offset < LogOffset(0)) {
        return absl::DataLossError(concat(path, " has no entry for queue offset ",
                                          first.value() + static_cast<int64_t>(i)));
      }
    }
    first += static_cast<int64_t>(count);
    into = into.subspan(count);
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
