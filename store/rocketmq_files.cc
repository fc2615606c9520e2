// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/rocketmq_files.h"

#include <algorithm>

#include "common/concat.h"
#include "common/status.h"
#include "store/disk/whole_file.h"
#include "store/log/big_endian.h"

namespace petrel::store {
namespace {

constexpr std::string_view kConfigSuffix = ".json";
constexpr size_t kCheckpointBytes = 4096;

std::string checkpoint_of(const RocketmqFiles::Complete& complete) {
  std::string bytes(kCheckpointBytes, '\0');
  store_big_endian(bytes.data(), complete.queues_ms);
  store_big_endian(bytes.data() + 8, complete.queues_ms);
  store_big_endian(bytes.data() + 16, complete.index_ms);
  return bytes;
}

}  // namespace

absl::Status RocketmqFiles::open() {
  PETREL_RETURN_IF_ERROR(disk_.create_directories(paths_.config()));
  PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk_.list(paths_.config()));
  for (const std::string& name : names) {
    if (!name.ends_with(kConfigSuffix)) continue;
    PETREL_ASSIGN_OR_RETURN(std::string bytes,
                            read_whole_file(disk_, concat(paths_.config(), "/", name)));
    files_.push_back({name, std::move(bytes)});
  }
  const absl::Status marked = mark_in_use();
  // What is stored can be consumed, and deleted, on a full disk too.
  return absl::IsResourceExhausted(marked) ? absl::OkStatus() : marked;
}

absl::Status RocketmqFiles::mark_in_use() {
  if (in_use_marked_) return absl::OkStatus();
  PETREL_RETURN_IF_ERROR(write_whole_file(disk_, paths_.abort(), "petrel\n"));
  in_use_marked_ = true;
  return absl::OkStatus();
}

std::vector<ConfigFile> RocketmqFiles::foreign() const {
  std::vector<ConfigFile> foreign;
  std::copy_if(files_.begin(), files_.end(), std::back_inserter(foreign), [](const auto& file) {
    return std::none_of(kOwnFileMarks.begin(), kOwnFileMarks.end(), [&](std::string_view mark) {
      return file.bytes.find(mark) != std::string::npos;
    });
  });
  return foreign;
}

absl::Status RocketmqFiles::write(std::span<const std::string> state, const Complete& complete) {
  PETREL_RETURN_IF_ERROR(mark_in_use());
  for (ConfigFile& file : make_config_(state, files_)) {
    PETREL_RETURN_IF_ERROR(replace(std::move(file)));
  }
  const std::string checkpoint = checkpoint_of(complete);
  const absl::StatusOr<std::string> there = read_whole_file(disk_, paths_.checkpoint());
  if (there.ok() && *there == checkpoint) return absl::OkStatus();
  return write_whole_file(disk_, paths_.checkpoint(), checkpoint);
}

absl::Status RocketmqFiles::replace(ConfigFile file) {
  const auto known = std::find_if(files_.begin(), files_.end(),
                                  [&](const auto& other) { return other.name == file.name; });
  if (known != files_.end() && known->bytes == file.bytes) return absl::OkStatus();
  PETREL_RETURN_IF_ERROR(
      write_whole_file(disk_, concat(paths_.config(), "/", file.name), file.bytes));
  if (known == files_.end()) {
    files_.push_back(std::move(file));
  } else {
    *known = std::move(file);
  }
  return absl::OkStatus();
}

absl::Status RocketmqFiles::close() {
  const absl::Status removed = disk_.remove(paths_.abort());
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  return disk_.sync_directory(paths_.root());
}

}  // namespace petrel::store
