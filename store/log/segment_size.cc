// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/segment_size.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>
#include <string_view>

#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "store/log/keyed_file.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

constexpr int64_t kFilesOfAVolume = 16;
constexpr int64_t kSmallestBytes = 16 << 20;

constexpr std::string_view kKind = "petrel-segments";
constexpr std::string_view kBytesKey = "segment_bytes";

absl::StatusOr<int64_t> size_for_a_new_log(Disk& disk, const std::string& directory,
                                           const SegmentSizeOptions& options) {
  if (options.mode == SegmentSizeMode::kExactly) return options.segment_bytes;
  PETREL_ASSIGN_OR_RETURN(const DiskSpace space, disk.space(directory));
  const uint64_t share = std::bit_floor(space.total_bytes / kFilesOfAVolume);
  const int64_t least = std::max(kSmallestBytes, 2 * options.record_bytes_max);
  return std::min(options.segment_bytes, std::max(static_cast<int64_t>(share), least));
}

// What is recorded; nothing without a record, or with a damaged one.
absl::StatusOr<std::optional<int64_t>> recorded_bytes(Disk& disk, const std::string& path) {
  const absl::StatusOr<KeyedFile> facts = read_keyed_file(disk, path, kKind);
  if (absl::IsNotFound(facts.status())) return std::nullopt;
  if (!facts.ok() && !absl::IsDataLoss(facts.status())) return facts.status();
  int64_t bytes = 0;
  if (facts.ok() && facts->contains(kBytesKey)) {
    const std::string& text = facts->find(kBytesKey)->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
    if (error != std::errc() || end != text.data() + text.size()) bytes = 0;
  }
  if (bytes > 0) return bytes;
  kLog.warn("the record of the log's segment size is damaged; the files decide",
            {{"file", path},
             {"error", facts.ok() ? std::string("no size") : concat(facts.status().message())}});
  return std::nullopt;
}

absl::StatusOr<int64_t> size_by_files(Disk& disk, const std::string& directory,
                                      const LogFiles& found, const SegmentSizeOptions& options) {
  if (found.files.size() > 1) return found.segment_bytes;
  PETREL_ASSIGN_OR_RETURN(const int64_t fresh, size_for_a_new_log(disk, directory, options));
  if (found.files.empty()) return fresh;
  const LogFile& only = found.files.front();
  const bool may_be_whole = only.bytes > 0 && only.start % only.bytes == 0;
  if (options.made_elsewhere && may_be_whole) return only.bytes;
  if (may_be_whole && (only.bytes > fresh || only.start % fresh != 0)) return only.bytes;
  return fresh;
}

std::string record_path(const std::string& directory) { return concat(directory, ".segments"); }

}  // namespace

absl::StatusOr<int64_t> settle_segment_bytes(Disk& disk, const std::string& directory,
                                             const SegmentSizeOptions& options) {
  PETREL_CHECK_GT(options.segment_bytes, 0);
  const std::string path = record_path(directory);
  PETREL_ASSIGN_OR_RETURN(const LogFiles found, find_log_files(disk, directory));
  PETREL_ASSIGN_OR_RETURN(const std::optional<int64_t> recorded, recorded_bytes(disk, path));
  int64_t bytes = recorded.value_or(0);
  if (found.files.empty() || !recorded.has_value()) {
    PETREL_ASSIGN_OR_RETURN(bytes, size_by_files(disk, directory, found, options));
  }
  if (options.mode == SegmentSizeMode::kExactly && bytes != options.segment_bytes) {
    return absl::FailedPreconditionError(concat("the log in ", directory, " has segments of ",
                                                bytes, " bytes, not of ", options.segment_bytes,
                                                ", as it should"));
  }
  if (bytes == recorded) {
    // The process that wrote it may have been killed before its name was durable.
    PETREL_RETURN_IF_ERROR(disk.sync_directory(path.substr(0, path.find_last_of('/'))));
    return bytes;
  }
  const absl::Status written =
      write_keyed_file(disk, path, kKind, {{std::string(kBytesKey), concat(bytes)}});
  if (absl::IsResourceExhausted(written) && !found.files.empty()) {
    kLog.warn("the log's segment size cannot be recorded", {{"error", concat(written.message())}});
    return bytes;
  }
  PETREL_RETURN_IF_ERROR(written);
  return bytes;
}

absl::StatusOr<LogFiles> find_sized_log_files(Disk& disk, const std::string& log_directory) {
  PETREL_ASSIGN_OR_RETURN(LogFiles found, find_log_files(disk, log_directory));
  PETREL_ASSIGN_OR_RETURN(const std::optional<int64_t> recorded,
                          recorded_bytes(disk, record_path(log_directory)));
  if (!found.files.empty()) found.segment_bytes = recorded.value_or(found.segment_bytes);
  return found;
}

}  // namespace petrel::store
