// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/disk/whole_file.h"
#include "store/snapshot/snapshot_file.h"

namespace petrel::store {

namespace snapshot_layout {
enum class Kind : int32_t;
}

// Writes one snapshot piece by piece, with no more than a piece in memory. It is not there before
// finish() returned; a writer that goes away earlier, and a crash, leave a .tmp file, which the
// next one takes over or removes. Blocking; executor threads. After a failure the writer is of no
// more use.
class SnapshotWriter {
 public:
  static absl::StatusOr<SnapshotWriter> begin(Disk& disk, const std::string& directory,
                                              const SnapshotHeader& header);
  // All of a topic's queues; topics in the order of their names, queues in that of their ids.
  absl::Status add(const TopicBounds& topic);
  // A piece of the owner's state. InvalidArgument when it is longer than kSnapshotPieceBytesMax.
  absl::Status add_state(std::string_view piece);
  // The snapshot is durable, and in its place.
  absl::Status finish();

 private:
  explicit SnapshotWriter(WholeFileWriter file) : file_(std::move(file)) {}
  absl::Status write_header(const SnapshotHeader& header);
  absl::Status write_piece(snapshot_layout::Kind kind, std::string_view bytes);
  absl::Status flush_topics();

  WholeFileWriter file_;
  uint32_t crc_ = 0;    // of all before
  int64_t pieces_ = 0;  // written
  std::string queues_;  // the piece that is being made, without its count; empty: none
  int32_t topics_ = 0;  // in it
  std::string last_topic_;
};

}  // namespace petrel::store
