// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/index/index_mark.h"

#include <algorithm>

#include "common/check.h"
#include "common/status.h"
#include "store/log/big_endian.h"
#include "store/log/crc32.h"

namespace petrel::store {
namespace {

constexpr std::string_view kMagic = "PTRLINDX";
constexpr int32_t kVersion = 1;
constexpr size_t kNameAt = 24;
constexpr size_t kNameBytes = 17;
constexpr size_t kSlotsAt = 44;
constexpr size_t kHeaderAt = 48;
constexpr size_t kCrcAt = 88;
static_assert(kHeaderAt + kIndexHeaderBytes == kCrcAt);
static_assert(kCrcAt + 4 == kIndexMarkBytes);
static_assert(kIndexMarkBytes <= 512, "one sector: it is written whole or not at all");

}  // namespace

bool is_index_file_name(std::string_view name) {
  return name.size() == kNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string encode_index_mark(const IndexMark& mark) {
  PETREL_CHECK(mark.newest.empty() == (mark.files == 0));
  PETREL_CHECK_LE(mark.newest.size(), kNameBytes);
  std::string bytes(kIndexMarkBytes, '\0');
  kMagic.copy(bytes.data(), kMagic.size());
  store_big_endian(bytes.data() + 8, kVersion);
  store_big_endian(bytes.data() + 12, mark.files);
  store_big_endian(bytes.data() + 16, mark.indexed.value());
  mark.newest.copy(bytes.data() + kNameAt, mark.newest.size());
  store_big_endian(bytes.data() + kSlotsAt, mark.slots_synced);
  encode_index_header(mark.header, bytes.data() + kHeaderAt);
  store_big_endian(bytes.data() + kCrcAt, crc32_ieee(std::string_view(bytes).substr(0, kCrcAt)));
  return bytes;
}

std::optional<IndexMark> decode_index_mark(std::string_view bytes) {
  if (bytes.size() != kIndexMarkBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  if (load_big_endian<uint32_t>(bytes.data() + kCrcAt) != crc32_ieee(bytes.substr(0, kCrcAt)) ||
      load_big_endian<int32_t>(bytes.data() + 8) != kVersion) {
    return std::nullopt;
  }
  IndexMark mark;
  mark.files = load_big_endian<int32_t>(bytes.data() + 12);
  mark.indexed = LogOffset(load_big_endian<int64_t>(bytes.data() + 16));
  if (mark.files > 0) mark.newest = std::string(bytes.substr(kNameAt, kNameBytes));
  mark.slots_synced = load_big_endian<int32_t>(bytes.data() + kSlotsAt);
  mark.header = decode_index_header(bytes.data() + kHeaderAt);
  const bool possible = mark.files >= 0 && mark.indexed >= LogOffset(0) &&
                        (mark.files == 0 || is_index_file_name(mark.newest)) &&
                        mark.slots_synced >= 1 && mark.slots_synced <= mark.header.count;
  return possible ? std::optional(mark) : std::nullopt;
}

absl::StatusOr<std::unique_ptr<IndexMarkFile>> IndexMarkFile::open(Disk& disk,
                                                                   const std::string& path) {
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<File> file, disk.open(path, Disk::OpenMode::kCreate));
  PETREL_ASSIGN_OR_RETURN(const uint64_t size, file->size());
  if (size < kIndexMarkBytes) {  // new, or a crash came while it was made
    PETREL_RETURN_IF_ERROR(file->allocate(0, kIndexMarkBytes));
  } else {
    // What is read now is what counts from now on, files are made and removed after it: an older
    // mark must not come back, though the process that wrote this one may not have come to sync it.
    std::string bytes(kIndexMarkBytes, '\0');
    PETREL_RETURN_IF_ERROR(file->read(0, bytes));
    const iovec part = {.iov_base = bytes.data(), .iov_len = bytes.size()};
    PETREL_RETURN_IF_ERROR(file->write(0, std::span(&part, 1)));
  }
  PETREL_RETURN_IF_ERROR(file->sync());
  PETREL_RETURN_IF_ERROR(disk.sync_directory(path.substr(0, path.find_last_of('/'))));
  return std::unique_ptr<IndexMarkFile>(new IndexMarkFile(std::move(file)));
}

absl::StatusOr<std::optional<IndexMark>> IndexMarkFile::read() const {
  std::string bytes(kIndexMarkBytes, '\0');
  PETREL_RETURN_IF_ERROR(file_->read(0, bytes));
  return decode_index_mark(bytes);
}

absl::Status IndexMarkFile::write(const IndexMark& mark) {
  std::string bytes = encode_index_mark(mark);
  const iovec part = {.iov_base = bytes.data(), .iov_len = bytes.size()};
  return file_->write(0, std::span(&part, 1));
}

}  // namespace petrel::store
