// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "store/disk/forwarding_disk.h"

namespace petrel::e2e {

// A disk that ends the process with SIGKILL in the midst of one operation that changes something:
// these are numbered from 0, over all files. A write is done by half. Any thread.
class CrashDisk final : public store::ForwardingDisk {
 public:
  CrashDisk(std::unique_ptr<store::Disk> disk, int64_t crash_at)
      : ForwardingDisk(std::move(disk)), crash_at_(crash_at) {}

  absl::StatusOr<std::unique_ptr<store::File>> open(const std::string& path,
                                                    OpenMode mode) override;
  absl::Status create_directories(const std::string& directory) override;
  absl::Status make_directories(const std::string& directory) override;
  absl::Status rename(const std::string& from, const std::string& to) override;
  absl::Status remove(const std::string& path) override;
  absl::Status sync_directory(const std::string& directory) override;
  absl::Status sync_all(const std::string& directory) override;

 private:
  class CrashFile;

  // Counts an operation; true for the one to crash in.
  bool is_last() { return operations_.fetch_add(1) == crash_at_; }
  void pass() {
    if (is_last()) end_process();
  }
  [[noreturn]] static void end_process();

  const int64_t crash_at_;
  std::atomic<int64_t> operations_{0};
};

}  // namespace petrel::e2e
