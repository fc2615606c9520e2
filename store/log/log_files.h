// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/disk/disk.h"

namespace petrel::store {

// One file of the log as it lies in a directory, whatever its state.
struct LogFile {
  int64_t start = 0;  // log offset of its first byte, from its name
  int64_t bytes = 0;
  std::string path;
};

// The files of a log as they are met, by whomever they were made: unlike Segments, some may be
// missing or short.
struct LogFiles {
  std::string directory;
  // What a whole file has, from names and sizes; 0 without a file.
  int64_t segment_bytes = 0;
  std::vector<LogFile> files;        // in log order
  std::vector<std::string> strange;  // paths in the directory that are no log files

  int64_t begin() const { return files.empty() ? 0 : files.front().start; }
  int64_t end() const { return files.empty() ? 0 : files.back().start + segment_bytes; }
  // The file that should hold this offset: null if it is missing.
  const LogFile* find(int64_t offset) const;
  // Where the file of this offset is, or would be.
  std::string path_of(int64_t offset) const;
};

// With segment_bytes from the files alone (segment_size.h knows what is recorded). NotFound when
// there is no such directory.
absl::StatusOr<LogFiles> find_log_files(Disk& disk, const std::string& log_directory);

}  // namespace petrel::store
