// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "store/disk/disk.h"

namespace petrel::store {

struct SegmentSizeOptions {
  int64_t segment_bytes = 0;     // of a new log, at most
  int64_t record_bytes_max = 0;  // two of them fit one file of a new log
  // By a broker that never leaves a file short.
  bool made_elsewhere = false;
};

// The size of the files of the log in `directory`. A new log takes what `options` says or, as the
// next file is reserved ahead and whole files are deleted, a sixteenth of a volume that is too
// small for that (a power of two, 16 MiB at least). Files that are there decide, whoever made them:
// of several, one is whole. One alone may be short, left by a crash when it was made or cut; it
// gets the size of a new log, unless it is larger or its name does not allow it. NotFound when
// there is no such directory; other errors are the disk's.
absl::StatusOr<int64_t> settle_segment_bytes(Disk& disk, const std::string& directory,
                                             const SegmentSizeOptions& options);

}  // namespace petrel::store
