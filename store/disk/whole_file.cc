// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/disk/whole_file.h"

#include <sys/uio.h>

#include <memory>
#include <span>

#include "common/concat.h"
#include "common/status.h"

namespace petrel::store {

absl::Status write_whole_file(Disk& disk, const std::string& path, std::string_view bytes) {
  const std::string temporary = concat(path, kTemporarySuffix);
  {
    PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                            disk.open(temporary, Disk::OpenMode::kCreate));
    PETREL_RETURN_IF_ERROR(file->truncate(0));
    const iovec part = {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    PETREL_RETURN_IF_ERROR(file->write(0, std::span(&part, 1)));
    PETREL_RETURN_IF_ERROR(file->sync());
  }
  PETREL_RETURN_IF_ERROR(disk.rename(temporary, path));
  return disk.sync_directory(path.substr(0, path.find_last_of('/')));
}

absl::StatusOr<std::string> read_whole_file(Disk& disk, const std::string& path) {
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, disk.open(path, Disk::OpenMode::kRead));
  PETREL_ASSIGN_OR_RETURN(const uint64_t size, file->size());
  std::string bytes(static_cast<size_t>(size), '\0');
  PETREL_RETURN_IF_ERROR(file->read(0, bytes));
  return bytes;
}

}  // namespace petrel::store
