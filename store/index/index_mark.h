// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/index/index_file.h"
#include "store/types.h"

namespace petrel::store {

// How far the index is durable: where indexing goes on after a crash. The file index.synced, beside
// the directory index/, has 92 bytes within one sector, big-endian:
//   0 "PTRLINDX" | 8 version i32 = 1 | 12 files i32 | 16 log offset i64
//   24 name of the newest file, 17 digits, and 3 zero bytes | 44 slots synced i32
//   48 header of the newest file, 40 bytes | 88 crc32 u32 of the 88 bytes before
// A missing or damaged mark costs a rebuild of the index.
struct IndexMark {
  int32_t files = 0;
  LogOffset indexed{0};      // the records below are in the files
  std::string newest;        // the name of the newest file; empty without files
  IndexHeader header;        // of the newest file; its entries are durable
  int32_t slots_synced = 1;  // and so are its slots, for entries below this one
  friend bool operator==(const IndexMark&, const IndexMark&) = default;
};
inline constexpr size_t kIndexMarkBytes = 92;

std::string encode_index_mark(const IndexMark& mark);
// Nothing when the bytes are no sound mark.
std::optional<IndexMark> decode_index_mark(std::string_view bytes);

class IndexMarkFile {
 public:
  // Makes the file, durably, if it is not there.
  static absl::StatusOr<std::unique_ptr<IndexMarkFile>> open(Disk& disk, const std::string& path);

  absl::StatusOr<std::optional<IndexMark>> read() const;
  absl::Status write(const IndexMark& mark);
  absl::Status sync() { return file_->sync(); }

 private:
  explicit IndexMarkFile(std::unique_ptr<File> file) : file_(std::move(file)) {}

  const std::unique_ptr<File> file_;
};

// 17 digits.
bool is_index_file_name(std::string_view name);

}  // namespace petrel::store
