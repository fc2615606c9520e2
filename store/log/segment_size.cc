// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/segment_size.h"

#include <algorithm>
#include <bit>

#include "common/status.h"
#include "store/log/log_files.h"

namespace petrel::store {
namespace {

constexpr int64_t kFilesOfAVolume = 16;
constexpr int64_t kSmallestBytes = 16 << 20;

absl::StatusOr<int64_t> size_for_a_new_log(Disk& disk, const std::string& directory,
                                           const SegmentSizeOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const DiskSpace space, disk.space(directory));
  const uint64_t share = std::bit_floor(space.total_bytes / kFilesOfAVolume);
  const int64_t least = std::max(kSmallestBytes, 2 * options.record_bytes_max);
  return std::min(options.segment_bytes, std::max(static_cast<int64_t>(share), least));
}

}  // namespace

absl::StatusOr<int64_t> settle_segment_bytes(Disk& disk, const std::string& directory,
                                             const SegmentSizeOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const LogFiles found, find_log_files(disk, directory));
  if (found.files.size() > 1) return found.segment_bytes;
  PETREL_ASSIGN_OR_RETURN(const int64_t fresh, size_for_a_new_log(disk, directory, options));
  if (found.files.empty()) return fresh;
  const LogFile& only = found.files.front();
  const bool may_be_whole = only.bytes > 0 && only.start % only.bytes == 0;
  if (options.made_elsewhere && may_be_whole) return only.bytes;
  if (may_be_whole && (only.bytes > fresh || only.start % fresh != 0)) return only.bytes;
  return fresh;
}

}  // namespace petrel::store
