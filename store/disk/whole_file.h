// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"

// Files that are replaced as a whole. Blocking; executor threads and recovery.
namespace petrel::store {

inline constexpr std::string_view kTemporarySuffix = ".tmp";

// Writes <path>.tmp, syncs it, renames it to `path`, and syncs the directory: a crash leaves the
// old bytes or the new ones, and maybe the .tmp file, which the next write takes over.
absl::Status write_whole_file(Disk& disk, const std::string& path, std::string_view bytes);

// NotFound if there is none.
absl::StatusOr<std::string> read_whole_file(Disk& disk, const std::string& path);

}  // namespace petrel::store
