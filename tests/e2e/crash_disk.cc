// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/crash_disk.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/status.h"

namespace petrel::e2e {

class CrashDisk::CrashFile final : public store::ForwardingFile {
 public:
  CrashFile(std::unique_ptr<store::File> file, CrashDisk& disk)
      : ForwardingFile(std::move(file)), disk_(disk) {}

  absl::Status write(uint64_t offset, std::span<const iovec> parts) override {
    if (!disk_.is_last()) return ForwardingFile::write(offset, parts);
    size_t left = 0;
    for (const iovec& part : parts) left += part.iov_len;
    left /= 2;
    std::vector<iovec> half;
    for (iovec part : parts) {
      part.iov_len = std::min(part.iov_len, left);
      left -= part.iov_len;
      if (part.iov_len > 0) half.push_back(part);
    }
    ForwardingFile::write(offset, half).IgnoreError();
    end_process();
  }
  absl::Status sync() override {
    disk_.pass();
    return ForwardingFile::sync();
  }
  absl::Status allocate(uint64_t offset, uint64_t length) override {
    disk_.pass();
    return ForwardingFile::allocate(offset, length);
  }
  absl::Status truncate(uint64_t size) override {
    disk_.pass();
    return ForwardingFile::truncate(size);
  }

 private:
  CrashDisk& disk_;
};

void CrashDisk::end_process() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();  // until the signal is there
}

absl::StatusOr<std::unique_ptr<store::File>> CrashDisk::open(const std::string& path,
                                                             OpenMode mode) {
  PETREL_ASSIGN_OR_RETURN(auto file, ForwardingDisk::open(path, mode));
  if (mode == OpenMode::kCreate) pass();  // behind it: the file is there, and nothing in it
  return std::make_unique<CrashFile>(std::move(file), *this);
}

absl::Status CrashDisk::create_directories(const std::string& directory) {
  pass();
  return ForwardingDisk::create_directories(directory);
}

absl::Status CrashDisk::make_directories(const std::string& directory) {
  pass();
  return ForwardingDisk::make_directories(directory);
}

absl::Status CrashDisk::rename(const std::string& from, const std::string& to) {
  pass();
  return ForwardingDisk::rename(from, to);
}

absl::Status CrashDisk::remove(const std::string& path) {
  pass();
  return ForwardingDisk::remove(path);
}

absl::Status CrashDisk::sync_directory(const std::string& directory) {
  pass();
  return ForwardingDisk::sync_directory(directory);
}

absl::Status CrashDisk::sync_all(const std::string& directory) {
  pass();
  return ForwardingDisk::sync_all(directory);
}

}  // namespace petrel::e2e
