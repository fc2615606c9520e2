// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "store/disk/forwarding_disk.h"

namespace petrel::store {

// What a log that does not do its work would leave undone: the tests of truncation must notice.
enum class Break {
  kNothing,
  kMarkNotSynced,  // the mark goes down, but not durably before the cut
  kTailKept,       // what is behind the cut stays there
  kCutNotSynced,   // or comes back with the next power cut
};

class BrokenFile final : public ForwardingFile {
 public:
  BrokenFile(std::unique_ptr<File> file, Break what, bool is_mark)
      : ForwardingFile(std::move(file)), what_(what), is_mark_(is_mark) {}

  absl::Status sync() override {
    if (what_ == Break::kMarkNotSynced && is_mark_) return absl::OkStatus();
    if (what_ == Break::kCutNotSynced && std::exchange(cut_, false)) return absl::OkStatus();
    return ForwardingFile::sync();
  }
  absl::Status truncate(uint64_t size) override {
    if (what_ == Break::kTailKept) return absl::OkStatus();
    cut_ = true;
    return ForwardingFile::truncate(size);
  }

 private:
  const Break what_;
  const bool is_mark_;
  bool cut_ = false;
};

class BrokenDisk final : public ForwardingDisk {
 public:
  BrokenDisk(std::unique_ptr<Disk> disk, Break what)
      : ForwardingDisk(std::move(disk)), what_(what) {}

  absl::StatusOr<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    absl::StatusOr<std::unique_ptr<File>> file = ForwardingDisk::open(path, mode);
    if (!file.ok() || what_ == Break::kNothing) return file;
    return std::make_unique<BrokenFile>(*std::move(file), what_, path.ends_with(".synced"));
  }

 private:
  const Break what_;
};

}  // namespace petrel::store
