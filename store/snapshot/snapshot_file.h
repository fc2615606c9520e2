// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/queue/queue_bounds.h"
#include "store/types.h"

// A snapshot: everything that follows from the log below one offset, but the queue entries, which
// are in the queue files. File snapshots/<20-digit log offset>, big-endian, version 3:
//   0 "PTRLSNAP" | 8 version i32 = 3 | 12 crc32 u32 of the header from 16 on | 16 log offset i64
//   24 created, ms i64 | 32 logical begin of the log i64 | 40 store id, at most 40 bytes, then
//   zeros 80 pieces: kind i32 | length i32 | crc32 u32 | that many bytes
// The checksum of a piece is over kind, length and bytes, and begins with that of what is before it
// (the header or a piece): pieces cannot change places. Kinds:
//   1 queues: topic count i32, per topic: name length u16, name, queue count i32, per queue:
//     queueId i32, min i64, max i64, front i64, and its totals: bytes i64, oldest_ms i64,
//     newest_ms i64. Topics and queue ids ascend; a topic may go on in the next piece
//   2 state: a piece of the owner's, as it gave it
//   3 the end: how many pieces are before it, i64. Nothing follows
// Pieces of queues have about kSnapshotPieceBytes, and those of the owner should.
//
// snapshot_writer.h and snapshot_reader.h go through a file piece by piece; the functions here have
// it whole in memory. Versions 1 and 2 can be read (older_snapshot.h). A later version keeps magic
// and version where they are and has the version in the checksum at 12, so that a version whose
// checksum fits without it is known for damage.
namespace petrel::store {

inline constexpr size_t kSnapshotPieceBytes = 256 << 10;
// Of any piece; a longer one is not written, and refused when it is read.
inline constexpr size_t kSnapshotPieceBytesMax = 64 << 20;
inline constexpr size_t kStoreIdBytesMax = 40;

struct SnapshotHeader {
  LogOffset offset{0};
  int64_t created_ms = 0;  // store time of the last record then; once the wall clock's
  LogOffset begin{0};      // the log's logical begin; 0 in older versions
  std::string store_id;    // which store it belongs to; empty: not said
  friend bool operator==(const SnapshotHeader&, const SnapshotHeader&) = default;
};

struct Snapshot {
  LogOffset offset{0};
  int64_t created_ms = 0;  // store time of the last record then; once the wall clock's
  LogOffset begin{0};
  std::string store_id;
  std::vector<TopicBounds> topics;
  // The owner's pieces, as it gave them. Older versions have one, which may be empty.
  std::vector<std::string> state;

  SnapshotHeader header() const { return {offset, created_ms, begin, store_id}; }
  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

absl::Status write_snapshot(Disk& disk, const std::string& directory, const Snapshot& snapshot);
// DataLoss when anything is wrong with the file, FailedPrecondition naming both versions when it is
// of a later one.
absl::StatusOr<Snapshot> read_snapshot(Disk& disk, const std::string& path);

// Offsets of the snapshots in a directory, newest first.
absl::StatusOr<std::vector<LogOffset>> list_snapshots(Disk& disk, const std::string& directory);
std::string snapshot_path(const std::string& directory, LogOffset offset);

// Removes all but the newest `keep` snapshots, and unfinished ones. Those at the offsets `damaged`
// do not count, so that a sound one behind them stays; they go when there are enough before them.
absl::Status prune_snapshots(Disk& disk, const std::string& directory, int keep,
                             const std::set<LogOffset>& damaged = {});
inline constexpr int kKeepAllSnapshots = std::numeric_limits<int>::max();

}  // namespace petrel::store
