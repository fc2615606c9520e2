// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/snapshot/snapshot_file.h"
#include "store/types.h"

namespace petrel::store {

// A snapshot's file and, if it is sound, what is in it.
struct SnapshotOnDisk {
  LogOffset offset{0};
  std::string path;
  int64_t bytes = 0;
  std::string damage;  // why it cannot be used; empty if it can
  int64_t created_ms = 0;
  size_t topics = 0;
  size_t queues = 0;
};

struct SnapshotList {
  std::vector<SnapshotOnDisk> all;  // newest first
  std::optional<Snapshot> newest_sound;
};

// No snapshots is an answer, not an error.
absl::StatusOr<SnapshotList> look_at_snapshots(Disk& disk, const std::string& store_directory);

}  // namespace petrel::store
