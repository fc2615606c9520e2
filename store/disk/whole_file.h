// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"

// Files that are replaced as a whole. Blocking; executor threads and recovery.
namespace petrel::store {

inline constexpr std::string_view kTemporarySuffix = ".tmp";

// Writes <path>.tmp, syncs it, renames it to `path`, and syncs the directory: a crash leaves the
// old bytes or the new ones, and maybe the .tmp file, which the next write takes over.
absl::Status write_whole_file(Disk& disk, const std::string& path, std::string_view bytes);

// The same, part by part. Destroyed before finish(), or after an error, it leaves the .tmp file.
class WholeFileWriter {
 public:
  static absl::StatusOr<WholeFileWriter> begin(Disk& disk, std::string path);
  absl::Status append(std::string_view bytes);
  absl::Status finish();

 private:
  WholeFileWriter(Disk& disk, std::string path, std::unique_ptr<File> file)
      : disk_(&disk), path_(std::move(path)), file_(std::move(file)) {}

  Disk* disk_;
  std::string path_;
  std::unique_ptr<File> file_;  // null: finished
  uint64_t bytes_ = 0;
};

// NotFound if there is none.
absl::StatusOr<std::string> read_whole_file(Disk& disk, const std::string& path);

}  // namespace petrel::store
