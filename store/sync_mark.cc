// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/sync_mark.h"

#include <array>

#include "common/status.h"
#include "store/big_endian.h"
#include "store/crc32.h"

namespace petrel::store {
namespace {

constexpr std::string_view kMagic = "PTRLSYNC";
constexpr size_t kOffsetAt = 8;
constexpr size_t kCrcAt = 16;
constexpr size_t kMarkBytes = 20;
using MarkBytes = std::array<char, kMarkBytes>;

std::string_view covered(const MarkBytes& bytes) { return {bytes.data(), kCrcAt}; }

std::optional<int64_t> decode(const MarkBytes& bytes) {
  if (!covered(bytes).starts_with(kMagic)) return std::nullopt;
  if (load_big_endian<uint32_t>(bytes.data() + kCrcAt) != crc32_ieee(covered(bytes))) {
    return std::nullopt;
  }
  return load_big_endian<int64_t>(bytes.data() + kOffsetAt);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SyncMark>> SyncMark::open(Disk& disk, const std::string& path) {
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<File> file, disk.open(path, Disk::OpenMode::kCreate));
  MarkBytes bytes{};
  const absl::Status read = file->read(0, bytes);
  if (absl::IsOutOfRange(read)) {  // new, or a crash came while it was made
    PETREL_RETURN_IF_ERROR(file->allocate(0, kMarkBytes));
  } else {
    PETREL_RETURN_IF_ERROR(read);
  }
  // Also when it was there: the process that made it may have been killed before this.
  PETREL_RETURN_IF_ERROR(file->sync());
  PETREL_RETURN_IF_ERROR(disk.sync_directory(path.substr(0, path.find_last_of('/'))));
  return std::unique_ptr<SyncMark>(new SyncMark(std::move(file), decode(bytes)));
}

absl::StatusOr<std::optional<int64_t>> SyncMark::look(Disk& disk, const std::string& path) {
  const absl::StatusOr<std::unique_ptr<File>> file = disk.open(path, Disk::OpenMode::kRead);
  if (absl::IsNotFound(file.status())) return std::nullopt;
  PETREL_RETURN_IF_ERROR(file.status());
  MarkBytes bytes{};
  const absl::Status read = (*file)->read(0, bytes);
  if (absl::IsOutOfRange(read)) return std::nullopt;
  PETREL_RETURN_IF_ERROR(read);
  return decode(bytes);
}

absl::Status SyncMark::write(int64_t offset) {
  MarkBytes bytes{};
  kMagic.copy(bytes.data(), kMagic.size());
  store_big_endian(bytes.data() + kOffsetAt, offset);
  store_big_endian(bytes.data() + kCrcAt, crc32_ieee(covered(bytes)));
  const iovec part = {.iov_base = bytes.data(), .iov_len = bytes.size()};
  return file_->write(0, std::span(&part, 1));
}

}  // namespace petrel::store
