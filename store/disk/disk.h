// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace petrel::store {

struct FileRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// An open file. Calls may block; a File is used by one thread at a time, except read and sync,
// which any thread may call at any time. Every error is final for what the caller was doing:
// nothing is retried here (a failed sync must never be retried).
class File {
 public:
  virtual ~File() = default;
  // Writes all parts back to back at `offset`, or fails.
  virtual absl::Status write(uint64_t offset, std::span<const iovec> parts) = 0;
  // Reads exactly into.size() bytes; OutOfRange when the file ends before.
  virtual absl::Status read(uint64_t offset, std::span<char> into) const = 0;
  // fdatasync: data and the size needed to read it back are durable.
  virtual absl::Status sync() = 0;
  // Reserves blocks, so that later writes inside cannot hit a full disk; grows the file, filled
  // with zeros.
  virtual absl::Status allocate(uint64_t offset, uint64_t length) = 0;
  virtual absl::Status truncate(uint64_t size) = 0;
  virtual absl::StatusOr<uint64_t> size() const = 0;
  // Where the file may hold something else than zero, from `offset` on, in order. Lets a scan step
  // over reserved blocks that were never written; small holes between data may count as data, so
  // that the ranges are not many. To be asked before reading there: blocks that
  // were read count as written for some file systems.
  virtual absl::StatusOr<std::vector<FileRange>> data_ranges(uint64_t offset) const = 0;
};

// Held as long as the object lives, at most until the process ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

struct DiskSpace {
  uint64_t total_bytes = 0;  // used or available
  uint64_t available_bytes = 0;
};

// The file system below one store: the real one, or a simulated one that loses what was not synced.
// Paths are as the caller gives them; directories separate with '/'. A decorator derives from
// ForwardingDisk (forwarding_disk.h).
class Disk {
 public:
  enum class OpenMode { kRead, kReadWrite, kCreate /* read-write, made if absent */ };
  virtual ~Disk() = default;
  virtual absl::StatusOr<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // Names in a directory, sorted; NotFound if there is none.
  virtual absl::StatusOr<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual absl::Status create_directories(const std::string& directory) = 0;
  // As create_directories, but durable only when sync_all, or sync_directory of each directory that
  // holds a new one, returned.
  virtual absl::Status make_directories(const std::string& directory) = 0;
  virtual absl::Status rename(const std::string& from, const std::string& to) = 0;
  // A file, or an empty directory. NotFound if there is none.
  virtual absl::Status remove(const std::string& path) = 0;
  // Makes creations, renames and removals in `directory` durable.
  virtual absl::Status sync_directory(const std::string& directory) = 0;
  // Makes durable whatever was written and named before in the file system that holds `directory`:
  // one call for what would be a sync of each of thousands of files and directories. Unimplemented
  // where there is none: sync them one by one then.
  virtual absl::Status sync_all(const std::string& directory) = 0;
  // Takes the file as a lock, made if absent. FailedPrecondition when somebody else holds it.
  virtual absl::StatusOr<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  virtual absl::StatusOr<DiskSpace> space(const std::string& directory) = 0;
};

// A lock excludes a RocketMQ broker on the same directory too.
std::unique_ptr<Disk> make_posix_disk();

}  // namespace petrel::store
