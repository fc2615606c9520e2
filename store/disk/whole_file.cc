// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/disk/whole_file.h"

#include <sys/uio.h>

#include <memory>
#include <span>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::store {

absl::StatusOr<WholeFileWriter> WholeFileWriter::begin(Disk& disk, std::string path) {
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<File> file,
                          disk.open(concat(path, kTemporarySuffix), Disk::OpenMode::kCreate));
  PETREL_RETURN_IF_ERROR(file->truncate(0));
  return WholeFileWriter(disk, std::move(path), std::move(file));
}

absl::Status WholeFileWriter::append(std::string_view bytes) {
  PETREL_CHECK(file_ != nullptr);
  if (bytes.empty()) return absl::OkStatus();
  const iovec part = {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  PETREL_RETURN_IF_ERROR(file_->write(bytes_, std::span(&part, 1)));
  bytes_ += bytes.size();
  return absl::OkStatus();
}

absl::Status WholeFileWriter::finish() {
  PETREL_CHECK(file_ != nullptr);
  PETREL_RETURN_IF_ERROR(file_->sync());
  file_.reset();
  PETREL_RETURN_IF_ERROR(disk_->rename(concat(path_, kTemporarySuffix), path_));
  return disk_->sync_directory(path_.substr(0, path_.find_last_of('/')));
}

absl::Status write_whole_file(Disk& disk, const std::string& path, std::string_view bytes) {
  PETREL_ASSIGN_OR_RETURN(WholeFileWriter file, WholeFileWriter::begin(disk, path));
  PETREL_RETURN_IF_ERROR(file.append(bytes));
  return file.finish();
}

absl::StatusOr<std::string> read_whole_file(Disk& disk, const std::string& path) {
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, disk.open(path, Disk::OpenMode::kRead));
  PETREL_ASSIGN_OR_RETURN(const uint64_t size, file->size());
  std::string bytes(static_cast<size_t>(size), '\0');
  PETREL_RETURN_IF_ERROR(file->read(0, bytes));
  return bytes;
}

}  // namespace petrel::store
