// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/file_copy.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "common/concat.h"
#include "common/status.h"

namespace petrel::store {
namespace {

constexpr uint64_t kPieceBytes = 1 << 20;

}  // namespace

absl::Status copy_file_range(Disk& disk, const std::string& from, const std::string& to,
                             FileRange range, const std::function<void(uint64_t)>& copied) {
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> source,
                          disk.open(from, Disk::OpenMode::kRead));
  PETREL_ASSIGN_OR_RETURN(const uint64_t size, source->size());
  if (size < range.end) return absl::OutOfRangeError(concat("read ", from, ": it ends at ", size));
  // To be asked before anything is read there.
  PETREL_ASSIGN_OR_RETURN(const std::vector<FileRange> data, source->data_ranges(range.begin));
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> target,
                          disk.open(to, Disk::OpenMode::kCreate));
  PETREL_RETURN_IF_ERROR(target->truncate(range.end - range.begin));
  std::string piece;
  for (const FileRange& part : data) {
    const uint64_t end = std::min(part.end, range.end);
    for (uint64_t at = part.begin; at < end; at += piece.size()) {
      piece.resize(static_cast<size_t>(std::min(kPieceBytes, end - at)));
      PETREL_RETURN_IF_ERROR(source->read(at, piece));
      const iovec bytes = {.iov_base = piece.data(), .iov_len = piece.size()};
      PETREL_RETURN_IF_ERROR(target->write(at - range.begin, std::span(&bytes, 1)));
      if (copied) copied(piece.size());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> begin_alike(Disk& disk, const std::string& one, const std::string& other,
                                 uint64_t bytes) {
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> first, disk.open(one, Disk::OpenMode::kRead));
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> second,
                          disk.open(other, Disk::OpenMode::kRead));
  std::string piece;
  std::string other_piece;
  for (uint64_t at = 0; at < bytes; at += piece.size()) {
    piece.resize(static_cast<size_t>(std::min(kPieceBytes, bytes - at)));
    other_piece.resize(piece.size());
    PETREL_RETURN_IF_ERROR(first->read(at, piece));
    PETREL_RETURN_IF_ERROR(second->read(at, other_piece));
    if (piece != other_piece) return false;
  }
  return true;
}

}  // namespace petrel::store
