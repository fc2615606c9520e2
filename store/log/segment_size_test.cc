// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/segment_size.h"

#include <gtest/gtest.h>

#include "common/check.h"
#include "common/concat.h"
#include "store/disk/sim_disk.h"
#include "store/log/file_names.h"

namespace petrel::store {
namespace {

constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kGiB = int64_t{1} << 30;

class SegmentSizeTest : public ::testing::Test {
 protected:
  SegmentSizeTest() { PETREL_CHECK_OK(disk_.create_directories("log")); }

  void add_file(int64_t start, int64_t bytes) {
    const auto file = disk_.open(concat("log/", offset_file_name(start)), Disk::OpenMode::kCreate);
    PETREL_CHECK_OK(file.value()->truncate(static_cast<uint64_t>(bytes)));
  }
  int64_t settled() {
    const auto bytes = settle_segment_bytes(disk_, "log", options_);
    PETREL_CHECK_OK(bytes.status());
    return *bytes;
  }

  SegmentSizeOptions options_{.segment_bytes = kGiB, .record_bytes_max = 4 * kMiB};
  SimDisk disk_{SimDisk::Options{}};
};

TEST_F(SegmentSizeTest, ANewLogTakesWhatIsConfiguredOrASixteenthOfASmallVolume) {
  disk_.limit_space(64 * static_cast<uint64_t>(kGiB));
  EXPECT_EQ(settled(), kGiB);
  disk_.limit_space(8 * static_cast<uint64_t>(kGiB));
  EXPECT_EQ(settled(), 512 * kMiB);
  disk_.limit_space(5 * static_cast<uint64_t>(kGiB));
  EXPECT_EQ(settled(), 256 * kMiB);
  disk_.limit_space(64 * static_cast<uint64_t>(kMiB));
  EXPECT_EQ(settled(), 16 * kMiB);
  options_.record_bytes_max = 32 * kMiB;
  EXPECT_EQ(settled(), 64 * kMiB) << "two records fit";
  options_.segment_bytes = kMiB;
  EXPECT_EQ(settled(), kMiB) << "never more than is configured";
}

TEST_F(SegmentSizeTest, OfSeveralFilesOneIsWhole) {
  add_file(3 * 4096, 4096);
  add_file(4 * 4096, 0);
  EXPECT_EQ(settled(), 4096);
  add_file(7 * 4096, 4096);
  EXPECT_EQ(settled(), 4096) << "two files are missing";
}

TEST_F(SegmentSizeTest, OneFileAloneMayBeShortAndGetsTheSizeOfANewLog) {
  disk_.limit_space(64 * static_cast<uint64_t>(kGiB));
  options_.segment_bytes = 64 * kMiB;
  for (const int64_t bytes : {int64_t{0}, int64_t{993}, kMiB}) {
    add_file(0, bytes);
    EXPECT_EQ(settled(), 64 * kMiB);
  }
  add_file(0, 128 * kMiB);
  EXPECT_EQ(settled(), 128 * kMiB) << "made with another configuration";
}

TEST_F(SegmentSizeTest, ANameThatDoesNotAllowTheSizeOfANewLogTells) {
  add_file(3 * kMiB, kMiB);
  EXPECT_EQ(settled(), kMiB);
}

TEST_F(SegmentSizeTest, AnotherBrokersOnlyFileIsWhole) {
  add_file(0, 1000);
  options_.made_elsewhere = true;
  EXPECT_EQ(settled(), 1000);
  add_file(0, 0);
  EXPECT_EQ(settled(), kGiB);
}

TEST_F(SegmentSizeTest, ADirectoryThatIsNotThereIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(settle_segment_bytes(disk_, "nowhere", options_).status()));
}

}  // namespace
}  // namespace petrel::store
