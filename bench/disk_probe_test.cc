// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/disk_probe.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace petrel::bench {
namespace {

TEST(DiskProbe, TimesEachSyncAndLeavesNothingBehind) {
  const std::string directory = ::testing::TempDir() + "/disk_probe_test";
  std::filesystem::create_directory(directory);
  const auto times_ns = probe_fdatasync(directory, 10);
  ASSERT_TRUE(times_ns.ok()) << times_ns.status();
  EXPECT_EQ(times_ns->count(), 10U);
  EXPECT_GT(times_ns->min(), 0);
  EXPECT_TRUE(std::filesystem::is_empty(directory));
  std::filesystem::remove(directory);
}

TEST(DiskProbe, ADirectoryThatIsNotThereIsAnError) {
  EXPECT_EQ(probe_fdatasync("/nonexistent", 1).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace petrel::bench
