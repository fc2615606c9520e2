// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "store/disk/disk.h"

namespace petrel::store {

// Frees the files of one directory in small steps: giving back a gigabyte in one call keeps the
// file system's journal, and so every sync of the log, busy for as long as that takes. What a crash
// leaves is taken up by the next removal; nothing is synced. Executor threads, one at a time.
class FileRemoval {
 public:
  FileRemoval(Disk& disk, std::string directory, uint64_t step_bytes)
      : disk_(disk), directory_(std::move(directory)), step_bytes_(step_bytes) {}

  // Frees at most step_bytes. True when nothing is left, or there is no such directory.
  absl::StatusOr<bool> step();

 private:
  Disk& disk_;
  const std::string directory_;
  const uint64_t step_bytes_;
};

}  // namespace petrel::store
