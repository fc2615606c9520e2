// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/concat.h"
#include "gtest/gtest.h"
#include "store/disk/disk.h"

namespace petrel::store {

using DiskCalls = std::vector<std::string>;

// Does nothing and notes every call.
class RecordingFile final : public File {
 public:
  explicit RecordingFile(DiskCalls& calls) : calls_(calls) {}

  absl::Status write(uint64_t offset, std::span<const iovec> parts) override {
    return note(concat("write ", offset, " ", parts.size()));
  }
  absl::Status read(uint64_t offset, std::span<char> into) const override {
    return note(concat("read ", offset, " ", into.size()));
  }
  absl::Status sync() override { return note("sync"); }
  absl::Status allocate(uint64_t offset, uint64_t length) override {
    return note(concat("allocate ", offset, " ", length));
  }
  absl::Status truncate(uint64_t size) override { return note(concat("truncate ", size)); }
  absl::StatusOr<uint64_t> size() const override { return note("size"); }
  absl::StatusOr<std::vector<FileRange>> data_ranges(uint64_t offset) const override {
    return note(concat("data_ranges ", offset));
  }

 private:
  // An error, so that a result that is not passed on shows too.
  absl::Status note(std::string call) const {
    calls_.push_back(std::move(call));
    return absl::AbortedError(calls_.back());
  }
  DiskCalls& calls_;
};

class RecordingDisk final : public Disk {
 public:
  explicit RecordingDisk(DiskCalls& calls) : calls_(calls) {}

  absl::StatusOr<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    note(concat("open ", path, " ", static_cast<int>(mode))).IgnoreError();
    return std::make_unique<RecordingFile>(calls_);
  }
  absl::StatusOr<std::vector<std::string>> list(const std::string& directory) override {
    return note(concat("list ", directory));
  }
  absl::Status create_directories(const std::string& directory) override {
    return note(concat("create_directories ", directory));
  }
  absl::Status make_directories(const std::string& directory) override {
    return note(concat("make_directories ", directory));
  }
  absl::Status rename(const std::string& from, const std::string& to) override {
    return note(concat("rename ", from, " ", to));
  }
  absl::Status remove(const std::string& path) override { return note(concat("remove ", path)); }
  absl::Status sync_directory(const std::string& directory) override {
    return note(concat("sync_directory ", directory));
  }
  absl::Status sync_all(const std::string& directory) override {
    return note(concat("sync_all ", directory));
  }
  absl::StatusOr<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    return note(concat("lock ", path));
  }
  absl::StatusOr<DiskSpace> space(const std::string& directory) override {
    return note(concat("space ", directory));
  }

 private:
  absl::Status note(std::string call) {
    calls_.push_back(std::move(call));
    return absl::AbortedError(calls_.back());
  }
  DiskCalls& calls_;
};

// Makes every call of a disk and of a file, and returns what they answered.
inline DiskCalls make_every_call(Disk& disk) {
  DiskCalls answers;
  const auto add = [&](const absl::Status& status) { answers.emplace_back(status.message()); };
  for (const auto mode :
       {Disk::OpenMode::kRead, Disk::OpenMode::kReadWrite, Disk::OpenMode::kCreate}) {
    const std::unique_ptr<File> file = disk.open("store/commitlog/0", mode).value();
    char bytes[3] = {'a', 'b', 'c'};
    const iovec part = {.iov_base = bytes, .iov_len = sizeof(bytes)};
    add(file->write(1, std::span(&part, 1)));
    add(file->read(2, bytes));
    add(file->sync());
    add(file->allocate(3, 4));
    add(file->truncate(5));
    add(file->size().status());
    add(file->data_ranges(6).status());
  }
  add(disk.list("a").status());
  add(disk.create_directories("b"));
  add(disk.make_directories("c"));
  add(disk.rename("d", "e"));
  add(disk.remove("f"));
  add(disk.sync_directory("g"));
  add(disk.sync_all("h"));
  add(disk.lock("i").status());
  add(disk.space("j").status());
  return answers;
}

// That a decorator, with nothing to decorate, is as the disk below it: each call reaches the same
// call there, with the same arguments, and its answer comes back.
inline void expect_passes_on_every_call(
    const std::function<std::unique_ptr<Disk>(std::unique_ptr<Disk>)>& decorate) {
  DiskCalls direct_calls;
  DiskCalls passed_calls;
  RecordingDisk direct(direct_calls);
  const std::unique_ptr<Disk> decorated = decorate(std::make_unique<RecordingDisk>(passed_calls));
  const DiskCalls direct_answers = make_every_call(direct);
  EXPECT_EQ(make_every_call(*decorated), direct_answers);
  EXPECT_EQ(passed_calls, direct_calls);
}

}  // namespace petrel::store
