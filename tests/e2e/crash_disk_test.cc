// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/crash_disk.h"

#include <csignal>

#include "gtest/gtest.h"
#include "store/disk/disk_calls_test_util.h"

namespace petrel::e2e {
namespace {

constexpr int64_t kNever = -1;

TEST(CrashDisk, PassesOnEveryCallUntilTheOneToCrashIn) {
  store::expect_passes_on_every_call([](std::unique_ptr<store::Disk> disk) {
    return std::make_unique<CrashDisk>(std::move(disk), kNever);
  });
}

TEST(CrashDiskDeathTest, EndsTheProcessInEachOperationThatChangesSomething) {
  const std::vector<std::function<void(store::Disk&)>> operations = {
      [](store::Disk& disk) { disk.create_directories("a").IgnoreError(); },
      [](store::Disk& disk) { disk.make_directories("a").IgnoreError(); },
      [](store::Disk& disk) { disk.rename("a", "b").IgnoreError(); },
      [](store::Disk& disk) { disk.remove("a").IgnoreError(); },
      [](store::Disk& disk) { disk.sync_directory("a").IgnoreError(); },
      [](store::Disk& disk) { disk.sync_all("a").IgnoreError(); },
      [](store::Disk& disk) { (void)disk.open("a", store::Disk::OpenMode::kCreate); },
  };
  store::DiskCalls calls;
  for (const auto& operation : operations) {
    CrashDisk disk(std::make_unique<store::RecordingDisk>(calls), 0);
    EXPECT_EXIT(operation(disk), ::testing::KilledBySignal(SIGKILL), "");
  }
}

}  // namespace
}  // namespace petrel::e2e
