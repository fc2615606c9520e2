// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "common/mutex.h"
#include "store/disk/forwarding_disk.h"

namespace petrel::engine {

// What a test does to the operations of one disk. Any thread.
class DiskControl {
 public:
  // From now on each operation on a path that contains `part` waits until release().
  void block(std::string part) {
    const MutexLock lock(mutex_);
    blocked_ = std::move(part);
  }
  void release() {
    const MutexLock lock(mutex_);
    blocked_.clear();
    changed_.notify_all();
  }
  // Returns when an operation waits.
  void await_blocked() {
    const MutexLock lock(mutex_);
    while (waiting_ == 0) changed_.wait(mutex_);
  }
  // From now on each opening of a path that contains `part` fails.
  void fail(std::string part) {
    const MutexLock lock(mutex_);
    failing_ = std::move(part);
  }

  // For the disk.
  void pass(const std::string& path) {
    const MutexLock lock(mutex_);
    const auto blocked = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !blocked_.empty() && path.find(blocked_) != std::string::npos;
    };
    while (blocked()) {
      ++waiting_;
      changed_.notify_all();
      changed_.wait(mutex_);
      --waiting_;
    }
  }
  bool fails(const std::string& path) {
    const MutexLock lock(mutex_);
    return !failing_.empty() && path.find(failing_) != std::string::npos;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::string blocked_ ABSL_GUARDED_BY(mutex_);
  std::string failing_ ABSL_GUARDED_BY(mutex_);
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The real disk, whose operations wait or fail when a test says so: openings, renamings, and syncs
// of files.
class BlockingDisk final : public store::ForwardingDisk {
 public:
  explicit BlockingDisk(DiskControl& control)
      : ForwardingDisk(store::make_posix_disk()), control_(control) {}

  absl::StatusOr<std::unique_ptr<store::File>> open(const std::string& path,
                                                    OpenMode mode) override {
    control_.pass(path);
    if (control_.fails(path)) return absl::InternalError("made to fail: " + path);
    auto file = ForwardingDisk::open(path, mode);
    if (!file.ok()) return file.status();
    return std::make_unique<BlockingFile>(*std::move(file), "sync " + path, control_);
  }
  absl::Status rename(const std::string& from, const std::string& to) override {
    control_.pass(to);
    return ForwardingDisk::rename(from, to);
  }

 private:
  class BlockingFile final : public store::ForwardingFile {
   public:
    BlockingFile(std::unique_ptr<store::File> file, std::string name, DiskControl& control)
        : ForwardingFile(std::move(file)), name_(std::move(name)), control_(control) {}
    absl::Status sync() override {
      control_.pass(name_);
      return ForwardingFile::sync();
    }

   private:
    const std::string name_;
    DiskControl& control_;
  };

  DiskControl& control_;
};

}  // namespace petrel::engine
