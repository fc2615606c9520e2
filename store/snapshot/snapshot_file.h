// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/queue/queue_bounds.h"
#include "store/types.h"

// A snapshot: everything that follows from the log below one offset, but the queue entries, which
// are in the queue files. File snapshots/<20-digit log offset>, big-endian:
//   0 "PTRLSNAP" | 8 version i32 = 2 | 12 crc32 u32 of all bytes from 16 on | 16 file size i64
//   24 log offset i64 | 32 created, ms i64 | 40 topic count i32
//   per topic: name length u16, name, queue count i32, per queue: queueId i32, min i64, max i64,
//     front i64 (not in version 1)
//   state length i64, state
// A snapshot is written as a whole (whole_file.h); a .tmp file that a crash left is removed by the
// next one.
namespace petrel::store {

struct Snapshot {
  LogOffset offset{0};
  int64_t created_ms = 0;
  std::vector<TopicBounds> topics;
  std::string state;
};

std::string encode_snapshot(const Snapshot& snapshot);
// DataLoss when anything is wrong with the bytes.
absl::StatusOr<Snapshot> decode_snapshot(std::string_view bytes);

absl::Status write_snapshot(Disk& disk, const std::string& directory, const Snapshot& snapshot);
absl::StatusOr<Snapshot> read_snapshot(Disk& disk, const std::string& path);

// Offsets of the snapshots in a directory, newest first.
absl::StatusOr<std::vector<LogOffset>> list_snapshots(Disk& disk, const std::string& directory);
std::string snapshot_path(const std::string& directory, LogOffset offset);

// Removes all but the newest `keep` snapshots, and unfinished ones.
absl::Status prune_snapshots(Disk& disk, const std::string& directory, int keep);

}  // namespace petrel::store
