// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Small whole files: configuration, keys, identities. The store has its own Disk. Blocking calls;
// any thread.

namespace petrel {

// The contents of a regular file of at most size_bytes_max. ResourceExhausted when it is larger.
absl::StatusOr<std::string> read_file(const std::string& path, int64_t size_bytes_max);

// Replaces the file in one step: after a crash at any point the path names the old contents or the
// new, and once this returns OK the new. Writes PATH.tmp, syncs it, renames it, syncs the
// directory. The file gets exactly this mode.
absl::Status write_file_atomic(const std::string& path, std::string_view contents, mode_t mode);

// The directory that the path names something in; "." for a path without a slash.
std::string parent_of(const std::string& path);

// Makes the directory and its parents; OK when it exists already.
absl::Status make_directories(const std::string& path);

// Makes created, renamed and removed entries of the directory durable.
absl::Status sync_directory(const std::string& path);

}  // namespace petrel
