// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/disk/forwarding_disk.h"

#include "gtest/gtest.h"
#include "store/disk/disk_calls_test_util.h"

namespace petrel::store {
namespace {

class PlainDisk final : public ForwardingDisk {
 public:
  using ForwardingDisk::ForwardingDisk;
  absl::StatusOr<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto file = ForwardingDisk::open(path, mode);
    if (!file.ok()) return file.status();
    return std::make_unique<ForwardingFile>(*std::move(file));
  }
};

TEST(ForwardingDisk, PassesOnEveryCall) {
  expect_passes_on_every_call(
      [](std::unique_ptr<Disk> disk) { return std::make_unique<PlainDisk>(std::move(disk)); });
}

}  // namespace
}  // namespace petrel::store
