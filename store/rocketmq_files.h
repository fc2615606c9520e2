// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/store_paths.h"

namespace petrel::store {

// One file of <store>/config.
struct ConfigFile {
  std::string name;  // "topics.json"
  std::string bytes;
};

// A config file that has one of these in it was written here; RocketMQ leaves out what it does not
// know when it writes one. The first stands at the begin of the file and the last at its end, so
// that no one place of damage makes a file look as if another broker had written it.
inline constexpr std::array<std::string_view, 2> kOwnFileMarks = {"\"createdBy\":\"petrel\"",
                                                                  "\"writtenBy\":\"petrel\""};

// The files beside the log that RocketMQ needs to open the directory (org.apache.rocketmq.store,
// version 5.5), and that say nothing which snapshots do not say better:
//   config/*.json  topics, groups, positions; what the owner makes of its state
//   checkpoint     4096 bytes, big-endian: 0 log | 8 consume queues | 16 index, each i64 store time
//                  in ms up to which it is complete; RocketMQ reads on from there after a crash
//   abort          there while a broker has the directory open, or after its crash; on a disk that
//                  is full at start, from the next snapshot on
// Each is written as a whole (whole_file.h) when its content is another, so damage lasts until the
// next start. Blocking; executor threads and recovery, one at a time.
class RocketmqFiles {
 public:
  // From the owner's state, in its pieces, and the files that are there, the files to be written.
  using MakeConfig = std::function<std::vector<ConfigFile>(std::span<const std::string> state,
                                                           const std::vector<ConfigFile>& present)>;
  RocketmqFiles(Disk& disk, const StorePaths& paths, MakeConfig make_config)
      : disk_(disk), paths_(paths), make_config_(std::move(make_config)) {}

  // Makes the directories and `abort`, and reads what is there.
  absl::Status open();
  // Config files that were written elsewhere: what a RocketMQ broker did with the directory.
  std::vector<ConfigFile> foreign() const;

  struct Complete {
    int64_t queues_ms = 0;  // all records stored until then are in the queue files
    int64_t index_ms = 0;   // and in the index files
  };
  absl::Status write(std::span<const std::string> state, const Complete& complete);
  // Everything is written: removes `abort`, unless somebody already did.
  absl::Status close();

 private:
  absl::Status mark_in_use();
  absl::Status replace(ConfigFile file);

  Disk& disk_;
  const StorePaths& paths_;
  const MakeConfig make_config_;
  std::vector<ConfigFile> files_;  // as they are on disk
  bool in_use_marked_ = false;     // `abort` is there
};

}  // namespace petrel::store
