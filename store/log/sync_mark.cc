// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/sync_mark.h"

#include <algorithm>
#include <array>

#include "common/status.h"
#include "store/log/big_endian.h"
#include "store/log/crc32.h"

namespace petrel::store {
namespace {

constexpr std::string_view kMagic = "PTRLSYNC";
constexpr size_t kOffsetAt = 8;
constexpr size_t kCrcAt = 16;
constexpr size_t kRequiredAt = 20;
constexpr size_t kRequiredCrcAt = 28;
constexpr size_t kMarkBytes = 32;
constexpr int64_t kUnknown = -1;
static_assert(kMarkBytes <= 512, "one sector: it is written whole or not at all");

// Whether the checksum at `crc_at` is that of the bytes before it.
bool is_sound(std::string_view bytes, size_t crc_at) {
  return bytes.size() >= crc_at + 4 &&
         load_big_endian<uint32_t>(bytes.data() + crc_at) == crc32_ieee(bytes.substr(0, crc_at));
}

SyncMark::Known decode(std::string_view bytes) {
  SyncMark::Known known;
  if (!bytes.starts_with(kMagic) || !is_sound(bytes, kCrcAt)) return known;
  known.synced = load_big_endian<int64_t>(bytes.data() + kOffsetAt);
  if (!is_sound(bytes, kRequiredCrcAt)) return known;
  const auto required = load_big_endian<int64_t>(bytes.data() + kRequiredAt);
  if (required >= 0 && required < *known.synced) known.required = required;
  return known;
}

// As much of it as there is.
absl::StatusOr<std::string> read_mark(const File& file) {
  PETREL_ASSIGN_OR_RETURN(const uint64_t size, file.size());
  std::string bytes(static_cast<size_t>(std::min<uint64_t>(size, kMarkBytes)), '\0');
  PETREL_RETURN_IF_ERROR(file.read(0, bytes));
  return bytes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SyncMark>> SyncMark::open(Disk& disk, const std::string& path) {
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<File> file, disk.open(path, Disk::OpenMode::kCreate));
  PETREL_ASSIGN_OR_RETURN(const std::string bytes, read_mark(*file));
  // New, of an earlier version, or a crash came while it was made.
  if (bytes.size() < kMarkBytes) PETREL_RETURN_IF_ERROR(file->allocate(0, kMarkBytes));
  // Also when it was there: the process that made it may have been killed before this.
  PETREL_RETURN_IF_ERROR(file->sync());
  PETREL_RETURN_IF_ERROR(disk.sync_directory(path.substr(0, path.find_last_of('/'))));
  return std::unique_ptr<SyncMark>(new SyncMark(std::move(file), decode(bytes)));
}

absl::StatusOr<SyncMark::Known> SyncMark::look(Disk& disk, const std::string& path) {
  const absl::StatusOr<std::unique_ptr<File>> file = disk.open(path, Disk::OpenMode::kRead);
  if (absl::IsNotFound(file.status())) return Known();
  PETREL_RETURN_IF_ERROR(file.status());
  PETREL_ASSIGN_OR_RETURN(const std::string bytes, read_mark(**file));
  return decode(bytes);
}

absl::Status SyncMark::write(int64_t synced, std::optional<int64_t> required) {
  std::array<char, kMarkBytes> bytes{};
  const std::string_view all(bytes.data(), bytes.size());
  kMagic.copy(bytes.data(), kMagic.size());
  store_big_endian(bytes.data() + kOffsetAt, synced);
  store_big_endian(bytes.data() + kCrcAt, crc32_ieee(all.substr(0, kCrcAt)));
  store_big_endian(bytes.data() + kRequiredAt, required.value_or(kUnknown));
  store_big_endian(bytes.data() + kRequiredCrcAt, crc32_ieee(all.substr(0, kRequiredCrcAt)));
  const iovec part = {.iov_base = bytes.data(), .iov_len = bytes.size()};
  return file_->write(0, std::span(&part, 1));
}

}  // namespace petrel::store
