// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"

namespace petrel::store {

// Remembers beside the log how far it is known to be synced, so that recovery can tell records that
// power loss may take away from damage to records that were promised; and where the last record is
// that the owner of the log cannot lack, for nothing behind it need tell that it is lost. The file
// has 32 bytes, big-endian:
//   0 "PTRLSYNC" | 8 log offset i64 | 16 crc32 u32 of the 16 bytes before
//   20 log offset of that record i64, -1 if unknown | 28 crc32 u32 of the 28 bytes before
// The first 20 are a file of their own: earlier versions had no more.
// It is written after each sync of the log, always at the same place within one sector, and synced
// seldom: what is read is therefore never more than what was synced, but may be less after power
// loss. A damaged or missing mark says nothing.
class SyncMark {
 public:
  struct Known {
    std::optional<int64_t> synced;
    std::optional<int64_t> required;
  };
  // Makes the file, durably, if it is not there.
  static absl::StatusOr<std::unique_ptr<SyncMark>> open(Disk& disk, const std::string& path);

  // The same without changing anything; nothing when it is missing or damaged.
  static absl::StatusOr<Known> look(Disk& disk, const std::string& path);

  // What was there when it was opened.
  std::optional<int64_t> known() const { return known_.synced; }
  std::optional<int64_t> known_required() const { return known_.required; }
  // `required`, if known, is below `synced`.
  absl::Status write(int64_t synced, std::optional<int64_t> required);
  absl::Status sync() { return file_->sync(); }

 private:
  SyncMark(std::unique_ptr<File> file, const Known& known)
      : file_(std::move(file)), known_(known) {}

  const std::unique_ptr<File> file_;
  const Known known_;
};

}  // namespace petrel::store
