// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "store/disk/disk.h"

namespace petrel::store {

// A file and a disk that pass every call on: what a decorator derives from, to override only what
// it is about. A call that is added to Disk or File is added here, or this does not compile; a
// decorator that forwards by itself would get it wrong in silence. Threads as Disk says.
class ForwardingFile : public File {
 public:
  explicit ForwardingFile(std::unique_ptr<File> file) : file_(std::move(file)) {}

  absl::Status write(uint64_t offset, std::span<const iovec> parts) override {
    return file_->write(offset, parts);
  }
  absl::Status read(uint64_t offset, std::span<char> into) const override {
    return file_->read(offset, into);
  }
  absl::Status sync() override { return file_->sync(); }
  absl::Status allocate(uint64_t offset, uint64_t length) override {
    return file_->allocate(offset, length);
  }
  absl::Status truncate(uint64_t size) override { return file_->truncate(size); }
  absl::StatusOr<uint64_t> size() const override { return file_->size(); }
  absl::StatusOr<std::vector<FileRange>> data_ranges(uint64_t offset) const override {
    return file_->data_ranges(offset);
  }

 private:
  const std::unique_ptr<File> file_;
};

class ForwardingDisk : public Disk {
 public:
  explicit ForwardingDisk(std::unique_ptr<Disk> disk) : disk_(std::move(disk)) {}

  absl::StatusOr<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    return disk_->open(path, mode);
  }
  absl::StatusOr<std::vector<std::string>> list(const std::string& directory) override {
    return disk_->list(directory);
  }
  absl::Status create_directories(const std::string& directory) override {
    return disk_->create_directories(directory);
  }
  absl::Status make_directories(const std::string& directory) override {
    return disk_->make_directories(directory);
  }
  absl::Status rename(const std::string& from, const std::string& to) override {
    return disk_->rename(from, to);
  }
  absl::Status remove(const std::string& path) override { return disk_->remove(path); }
  absl::Status sync_directory(const std::string& directory) override {
    return disk_->sync_directory(directory);
  }
  absl::Status sync_all(const std::string& directory) override {
    return disk_->sync_all(directory);
  }
  absl::StatusOr<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    return disk_->lock(path);
  }
  absl::StatusOr<DiskSpace> space(const std::string& directory) override {
    return disk_->space(directory);
  }

 private:
  const std::unique_ptr<Disk> disk_;
};

}  // namespace petrel::store
