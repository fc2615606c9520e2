// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/snapshot/snapshot_file.h"

namespace petrel::store {

// Some queues, or a piece of the owner's state.
using SnapshotPiece = std::variant<std::vector<TopicBounds>, std::string>;

// Reads a snapshot piece by piece, with no more than a piece in memory (all of it, if it is of an
// older version). A piece that is handed out is as it was written; whether the file is whole is
// known only when the last one was. Blocking; executor threads and whoever opens a store.
class SnapshotReader {
 public:
  // NotFound if there is none, FailedPrecondition when it is of a later version than this program
  // knows. Like next(): DataLoss when anything is wrong with the file.
  static absl::StatusOr<SnapshotReader> open(Disk& disk, const std::string& path);

  const SnapshotHeader& header() const { return header_; }
  // Topics and queues ascend over all pieces; a topic may go on in the next one. Nothing: that was
  // the last one, and the file is whole.
  absl::StatusOr<std::optional<SnapshotPiece>> next();

 private:
  explicit SnapshotReader(std::unique_ptr<File> file) : file_(std::move(file)) {}
  absl::Status read_header();
  absl::Status load_older(uint64_t size);
  std::optional<SnapshotPiece> next_of_older();
  absl::StatusOr<std::vector<TopicBounds>> decode_topics(const std::string& bytes);
  absl::Status check_order(const std::vector<TopicBounds>& topics);
  absl::Status check_end(const std::string& bytes) const;
  absl::Status read(uint64_t bytes, char* into);

  std::unique_ptr<File> file_;
  uint64_t bytes_ = 0;  // of the file
  uint64_t at_ = 0;
  SnapshotHeader header_;
  uint32_t crc_ = 0;    // of all before
  int64_t pieces_ = 0;  // read
  bool ended_ = false;
  std::string last_topic_;
  std::optional<int32_t> last_queue_;
  std::optional<Snapshot> older_;
};

}  // namespace petrel::store
