// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/crash_disk.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/status.h"

namespace petrel::e2e {

class CrashDisk::CrashFile final : public store::File {
 public:
  CrashFile(std::unique_ptr<store::File> file, CrashDisk& disk)
      : file_(std::move(file)), disk_(disk) {}

  absl::Status write(uint64_t offset, std::span<const iovec> parts) override {
    if (!disk_.is_last()) return file_->write(offset, parts);
    size_t left = 0;
    for (const iovec& part : parts) left += part.iov_len;
    left /= 2;
    std::vector<iovec> half;
    for (iovec part : parts) {
      part.iov_len = std::min(part.iov_len, left);
      left -= part.iov_len;
      if (part.iov_len > 0) half.push_back(part);
    }
    file_->write(offset, half).IgnoreError();
    end_process();
  }
  absl::Status sync() override {
    disk_.pass();
    return file_->sync();
  }
  absl::Status allocate(uint64_t offset, uint64_t length) override {
    disk_.pass();
    return file_->allocate(offset, length);
  }
  absl::Status truncate(uint64_t size) override {
    disk_.pass();
    return file_->truncate(size);
  }
  absl::Status read(uint64_t offset, std::span<char> into) const override {
    return file_->read(offset, into);
  }
  absl::StatusOr<uint64_t> size() const override { return file_->size(); }
  absl::StatusOr<std::vector<store::FileRange>> data_ranges(uint64_t offset) const override {
    return file_->data_ranges(offset);
  }

 private:
  const std::unique_ptr<store::File> file_;
  CrashDisk& disk_;
};

void CrashDisk::end_process() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();  // until the signal is there
}

absl::StatusOr<std::unique_ptr<store::File>> CrashDisk::open(const std::string& path,
                                                             OpenMode mode) {
  PETREL_ASSIGN_OR_RETURN(auto file, disk_->open(path, mode));
  if (mode == OpenMode::kCreate) pass();  // behind it: the file is there, and nothing in it
  return std::make_unique<CrashFile>(std::move(file), *this);
}

absl::StatusOr<std::vector<std::string>> CrashDisk::list(const std::string& directory) {
  return disk_->list(directory);
}

absl::Status CrashDisk::create_directories(const std::string& directory) {
  pass();
  return disk_->create_directories(directory);
}

absl::Status CrashDisk::rename(const std::string& from, const std::string& to) {
  pass();
  return disk_->rename(from, to);
}

absl::Status CrashDisk::remove(const std::string& path) {
  pass();
  return disk_->remove(path);
}

absl::Status CrashDisk::sync_directory(const std::string& directory) {
  pass();
  return disk_->sync_directory(directory);
}

absl::StatusOr<std::unique_ptr<store::FileLock>> CrashDisk::lock(const std::string& path) {
  return disk_->lock(path);
}

absl::StatusOr<store::DiskSpace> CrashDisk::space(const std::string& directory) {
  return disk_->space(directory);
}

}  // namespace petrel::e2e
