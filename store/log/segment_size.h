// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/log/log_files.h"

namespace petrel::store {

enum class SegmentSizeMode {
  kSettleByVolume,  // segment_bytes at most, less on a small volume
  kExactly,         // segment_bytes, whatever the volume: a replica takes its leader's
};

struct SegmentSizeOptions {
  int64_t segment_bytes = 0;  // of a new log
  SegmentSizeMode mode = SegmentSizeMode::kSettleByVolume;
  int64_t record_bytes_max = 0;  // two of them fit one file of a new log
  // By a broker that never leaves a file short.
  bool made_elsewhere = false;
};

// The size of the files of the log in `directory`. It belongs to the log: it is chosen before the
// first file is made, and recorded in <directory>.segments (disk/keyed_file.h, of the kind
// petrel-segments with the key `segment_bytes`), durably when this returns. A new log takes what
// `options` says or, when that is to be settled by the volume, as the next file is reserved ahead
// and whole files are deleted, a sixteenth of one that is too small for that (a power of two, 16
// MiB at least). A log with files keeps what is recorded. Without a record, made by an earlier
// version or another broker, or with a damaged one, the files decide: of several, one is whole. One
// alone may be short, left by a crash when it was made or cut; it gets the size of a new log,
// unless it is larger or its name does not allow it. FailedPrecondition, naming both, when a log
// that is there has another size than exactly the one that is asked for. NotFound when there is no
// such directory; other errors are the disk's. A full disk does not keep a log from being read: the
// next start records it.
absl::StatusOr<int64_t> settle_segment_bytes(Disk& disk, const std::string& directory,
                                             const SegmentSizeOptions& options);

// The files of a log with the size that is recorded for them; by the files where none is, or where
// the record is damaged. Errors as of find_log_files, and FailedPrecondition when the record is of
// a later format.
absl::StatusOr<LogFiles> find_sized_log_files(Disk& disk, const std::string& log_directory);

}  // namespace petrel::store
