// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/segment_size.h"

#include "common/check.h"
#include "common/concat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/log/file_names.h"

namespace petrel::store {
namespace {

constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kGiB = int64_t{1} << 30;

class SegmentSizeTest : public ::testing::Test {
 protected:
  SegmentSizeTest() { PETREL_CHECK_OK(disk_.create_directories("store/log")); }

  void add_file(int64_t start, int64_t bytes) {
    const auto file =
        disk_.open(concat("store/log/", offset_file_name(start)), Disk::OpenMode::kCreate);
    PETREL_CHECK_OK(file.value()->truncate(static_cast<uint64_t>(bytes)));
  }
  // As if an earlier version had made it.
  void forget_record() { (void)disk_.remove("store/log.segments"); }
  absl::Status refusal() { return settle_segment_bytes(disk_, "store/log", options_).status(); }
  int64_t settled() {
    const auto bytes = settle_segment_bytes(disk_, "store/log", options_);
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

TEST_F(SegmentSizeTest, ALogKeepsWhatIsRecordedWhateverIsConfigured) {
  options_.segment_bytes = 64 * kMiB;
  options_.mode = SegmentSizeMode::kExactly;
  disk_.limit_space(64 * static_cast<uint64_t>(kMiB));
  EXPECT_EQ(settled(), 64 * kMiB) << "though the volume is small";
  EXPECT_EQ(disk_.bytes_of("store/log.segments"),
            "petrel-segments 1\nsegment_bytes 67108864\ncrc32 e5e00efd\n");
  add_file(0, 993);
  options_ = {.segment_bytes = kGiB, .record_bytes_max = 4 * kMiB};
  EXPECT_EQ(settled(), 64 * kMiB);
  PETREL_CHECK_OK(disk_.sync_directory("store/log"));
  disk_.crash();
  EXPECT_EQ(settled(), 64 * kMiB);
}

TEST_F(SegmentSizeTest, ExactlyAnotherSizeThanThatOfALogIsRefusedNamingBoth) {
  options_.mode = SegmentSizeMode::kExactly;
  options_.segment_bytes = 4096;
  add_file(0, 4096);
  EXPECT_EQ(settled(), 4096) << "the files allow it";
  options_.segment_bytes = 8192;
  EXPECT_TRUE(absl::IsFailedPrecondition(refusal()));
  EXPECT_THAT(refusal().message(),
              ::testing::AllOf(::testing::HasSubstr("4096"), ::testing::HasSubstr("8192")));
  add_file(4096, 4096);
  forget_record();
  EXPECT_TRUE(absl::IsFailedPrecondition(refusal())) << "the files tell";
  EXPECT_FALSE(disk_.has_file("store/log.segments"));
}

TEST_F(SegmentSizeTest, ALogWithoutFilesTakesAnyChoice) {
  EXPECT_GT(settled(), 4096);
  options_.mode = SegmentSizeMode::kExactly;
  options_.segment_bytes = 4096;
  EXPECT_EQ(settled(), 4096) << "a crash came between the record and the first file";
}

TEST_F(SegmentSizeTest, ADamagedRecordIsAsNone) {
  add_file(0, 4096);
  add_file(4096, 4096);
  disk_.put_file("store/log.segments", "petrel-segments 1\nsegment_bytes 77\ncrc32 00000000\n");
  EXPECT_EQ(settled(), 4096);
  EXPECT_EQ(settled(), 4096);
}

TEST_F(SegmentSizeTest, AFullDiskKeepsNoLogFromBeingOpened) {
  add_file(0, 4096);
  add_file(4096, 4096);
  disk_.inject({.operation = SimDisk::Operation::kWrite,
                .path_part = "log.segments",
                .status = absl::ResourceExhaustedError("no space left on device")});
  EXPECT_EQ(settled(), 4096);
  EXPECT_EQ(settled(), 4096);
  EXPECT_TRUE(disk_.has_file("store/log.segments"));
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
    forget_record();
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
  forget_record();
  add_file(0, 0);
  EXPECT_EQ(settled(), kGiB);
}

TEST_F(SegmentSizeTest, ADirectoryThatIsNotThereIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(settle_segment_bytes(disk_, "nowhere", options_).status()));
}

}  // namespace
}  // namespace petrel::store
