// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/index/index_file.h"
#include "store/index/index_mark.h"

namespace petrel::store {

// An index file as it lies in a directory.
struct IndexFileOnDisk {
  std::string name;
  std::string path;
  int64_t bytes = 0;
  // What a start takes for its header: of the newest file the one that index.synced remembers, for
  // a crash may have left an older one in the file. Entries behind header.count do not count.
  IndexHeader header;
  int32_t slots_synced = 1;  // its slots know at least of the entries below this one
  // A start removes it without a word: index.synced does not know of it, for it was being made or
  // removed when the process ended.
  bool left_over = false;
  std::string damage;  // why it cannot be used; empty if it can
};

struct IndexList {
  std::string directory;
  std::optional<IndexMark> mark;       // index.synced, if it is sound
  std::vector<IndexFileOnDisk> files;  // oldest first
  int64_t missing = 0;                 // files that the mark counts and that are not there
};

// Reads headers only. No index is an answer, not an error.
absl::StatusOr<IndexList> look_at_index(Disk& disk, const std::string& store_directory,
                                        const IndexGeometry& geometry);

}  // namespace petrel::store
