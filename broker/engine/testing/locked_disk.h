// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "store/disk/disk.h"

namespace petrel::engine {

// Lets several threads use a disk that is made for one, as the simulated one is.
class LockedDisk final : public store::Disk {
 public:
  explicit LockedDisk(store::Disk& disk) : disk_(disk) {}

  absl::StatusOr<std::unique_ptr<store::File>> open(const std::string& path,
                                                    OpenMode mode) override {
    const std::lock_guard lock(*mutex_);
    auto file = disk_.open(path, mode);
    if (!file.ok()) return file.status();
    return std::make_unique<LockedFile>(*std::move(file), mutex_);
  }
  absl::StatusOr<std::vector<std::string>> list(const std::string& directory) override {
    const std::lock_guard lock(*mutex_);
    return disk_.list(directory);
  }
  absl::Status create_directories(const std::string& directory) override {
    const std::lock_guard lock(*mutex_);
    return disk_.create_directories(directory);
  }
  absl::Status make_directories(const std::string& directory) override {
    const std::lock_guard lock(*mutex_);
    return disk_.make_directories(directory);
  }
  absl::Status rename(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(*mutex_);
    return disk_.rename(from, to);
  }
  absl::Status remove(const std::string& path) override {
    const std::lock_guard lock(*mutex_);
    return disk_.remove(path);
  }
  absl::Status sync_directory(const std::string& directory) override {
    const std::lock_guard lock(*mutex_);
    return disk_.sync_directory(directory);
  }
  absl::Status sync_all(const std::string& directory) override {
    const std::lock_guard lock(*mutex_);
    return disk_.sync_all(directory);
  }
  absl::StatusOr<std::unique_ptr<store::FileLock>> lock(const std::string& path) override {
    const std::lock_guard lock(*mutex_);
    return disk_.lock(path);
  }
  absl::StatusOr<store::DiskSpace> space(const std::string& directory) override {
    const std::lock_guard lock(*mutex_);
    return disk_.space(directory);
  }

 private:
  using SharedMutex = std::shared_ptr<std::mutex>;

  class LockedFile final : public store::File {
   public:
    LockedFile(std::unique_ptr<store::File> file, SharedMutex mutex)
        : file_(std::move(file)), mutex_(std::move(mutex)) {}
    ~LockedFile() override {
      const std::lock_guard lock(*mutex_);
      file_.reset();
    }
    absl::Status write(uint64_t offset, std::span<const iovec> parts) override {
      const std::lock_guard lock(*mutex_);
      return file_->write(offset, parts);
    }
    absl::Status read(uint64_t offset, std::span<char> into) const override {
      const std::lock_guard lock(*mutex_);
      return file_->read(offset, into);
    }
    absl::Status sync() override {
      const std::lock_guard lock(*mutex_);
      return file_->sync();
    }
    absl::Status allocate(uint64_t offset, uint64_t length) override {
      const std::lock_guard lock(*mutex_);
      return file_->allocate(offset, length);
    }
    absl::Status truncate(uint64_t size) override {
      const std::lock_guard lock(*mutex_);
      return file_->truncate(size);
    }
    absl::StatusOr<uint64_t> size() const override {
      const std::lock_guard lock(*mutex_);
      return file_->size();
    }
    absl::StatusOr<std::vector<store::FileRange>> data_ranges(uint64_t offset) const override {
      const std::lock_guard lock(*mutex_);
      return file_->data_ranges(offset);
    }

   private:
    std::unique_ptr<store::File> file_;
    const SharedMutex mutex_;
  };

  store::Disk& disk_;
  const SharedMutex mutex_ = std::make_shared<std::mutex>();
};

}  // namespace petrel::engine
