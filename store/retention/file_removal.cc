// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/retention/file_removal.h"

#include <memory>
#include <vector>

#include "common/concat.h"
#include "common/status.h"

namespace petrel::store {

absl::StatusOr<bool> FileRemoval::step() {
  const absl::StatusOr<std::vector<std::string>> names = disk_.list(directory_);
  if (absl::IsNotFound(names.status())) return true;
  PETREL_RETURN_IF_ERROR(names.status());
  if (names->empty()) return true;
  const std::string path = concat(directory_, "/", names->front());
  {
    PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                            disk_.open(path, Disk::OpenMode::kReadWrite));
    PETREL_ASSIGN_OR_RETURN(const uint64_t size, file->size());
    if (size > step_bytes_) {
      PETREL_RETURN_IF_ERROR(file->truncate(size - step_bytes_));
      return false;
    }
  }
  PETREL_RETURN_IF_ERROR(disk_.remove(path));
  return names->size() == 1;
}

}  // namespace petrel::store
