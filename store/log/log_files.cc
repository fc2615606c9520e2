// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/log_files.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/concat.h"
#include "common/status.h"
#include "store/log/file_names.h"

namespace petrel::store {
namespace {

// A whole file's size divides every start. When no file is whole, neighbours tell, which are one
// file apart unless one is missing between them.
int64_t segment_bytes_of(const std::vector<LogFile>& files) {
  constexpr int64_t kUsualBytes = int64_t{1} << 30;
  int64_t largest = 0;
  int64_t apart = files.size() < 2 ? kUsualBytes : files.back().start;
  for (size_t i = 0; i < files.size(); ++i) {
    largest = std::max(largest, files[i].bytes);
    if (i > 0) apart = std::min(apart, files[i].start - files[i - 1].start);
  }
  const bool divides =
      largest > 0 && std::all_of(files.begin(), files.end(),
                                 [&](const auto& file) { return file.start % largest == 0; });
  if (files.empty()) return 0;
  return divides ? largest : std::max(largest, apart);
}

}  // namespace

const LogFile* LogFiles::find(int64_t offset) const {
  const auto behind =
      std::upper_bound(files.begin(), files.end(), offset,
                       [](int64_t at, const LogFile& file) { return at < file.start; });
  if (behind == files.begin()) return nullptr;
  const LogFile& file = *std::prev(behind);
  return offset < file.start + segment_bytes ? &file : nullptr;
}

std::string LogFiles::path_of(int64_t offset) const {
  return concat(directory, "/", offset_file_name(offset / segment_bytes * segment_bytes));
}

absl::StatusOr<LogFiles> find_log_files(Disk& disk, const std::string& directory) {
  PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk.list(directory));
  LogFiles found;
  found.directory = directory;
  for (const std::string& name : names) {  // sorted, so in log order
    std::string path = concat(directory, "/", name);
    const std::optional<int64_t> start = parse_offset_file_name(name);
    if (!start.has_value()) {
      found.strange.push_back(std::move(path));
      continue;
    }
    PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                            disk.open(path, Disk::OpenMode::kRead));
    PETREL_ASSIGN_OR_RETURN(const uint64_t bytes, file->size());
    found.files.push_back(
        {.start = *start, .bytes = static_cast<int64_t>(bytes), .path = std::move(path)});
  }
  found.segment_bytes = segment_bytes_of(found.files);
  return found;
}

}  // namespace petrel::store
