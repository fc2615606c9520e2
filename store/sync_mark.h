// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk.h"

namespace petrel::store {

// Remembers beside the log how far it is known to be synced, so that recovery can tell records that
// power loss may take away from damage to records that were promised. The file has 20 bytes:
//   0 "PTRLSYNC" | 8 log offset i64 | 16 crc32 u32 of the 16 bytes before, big-endian
// It is written after each sync of the log, always at the same place within one sector, and synced
// seldom: what is read is therefore never more than what was synced, but may be less after power
// loss. A damaged or missing mark says nothing.
class SyncMark {
 public:
  // Makes the file, durably, if it is not there.
  static absl::StatusOr<std::unique_ptr<SyncMark>> open(Disk& disk, const std::string& path);

  // The same without changing anything; nothing when it is missing or damaged.
  static absl::StatusOr<std::optional<int64_t>> look(Disk& disk, const std::string& path);

  // What was there when it was opened.
  std::optional<int64_t> known() const { return known_; }
  absl::Status write(int64_t offset);
  absl::Status sync() { return file_->sync(); }

 private:
  SyncMark(std::unique_ptr<File> file, std::optional<int64_t> known)
      : file_(std::move(file)), known_(known) {}

  const std::unique_ptr<File> file_;
  const std::optional<int64_t> known_;
};

}  // namespace petrel::store
