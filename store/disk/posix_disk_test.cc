// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <filesystem>
#include <string>

#include "common/concat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/disk.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;

class PosixDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    root_ = concat(::testing::TempDir(), "petrel-disk-", ::getpid(), "-", test->name());
    ASSERT_TRUE(disk_->create_directories(root_).ok());
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::unique_ptr<File> create(const std::string& name) {
    return disk_->open(concat(root_, "/", name), Disk::OpenMode::kCreate).value();
  }
  static absl::Status write(File& file, uint64_t offset, std::string bytes) {
    const iovec part = {.iov_base = bytes.data(), .iov_len = bytes.size()};
    return file.write(offset, std::span(&part, 1));
  }

  const std::unique_ptr<Disk> disk_ = make_posix_disk();
  std::string root_;
};

TEST_F(PosixDiskTest, PartsAreWrittenBackToBack) {
  const auto file = create("f");
  std::string pieces = "abcdefgh";
  std::vector<iovec> parts;
  for (size_t i = 0; i < 3000; ++i) {  // more than one system call takes
    parts.push_back({.iov_base = pieces.data() + i % 8, .iov_len = 1});
  }
  ASSERT_TRUE(file->write(10, parts).ok());
  std::string read(3000, '\0');
  ASSERT_TRUE(file->read(10, read).ok());
  for (size_t i = 0; i < 3000; ++i) ASSERT_EQ(read[i], pieces[i % 8]) << i;
  EXPECT_EQ(*file->size(), 3010u);
  EXPECT_TRUE(file->sync().ok());
}

TEST_F(PosixDiskTest, ReadingBehindTheEndIsOutOfRange) {
  const auto file = create("f");
  ASSERT_TRUE(write(*file, 0, "abc").ok());
  std::string read(4, '\0');
  EXPECT_TRUE(absl::IsOutOfRange(file->read(0, read)));
}

TEST_F(PosixDiskTest, AllocatedSpaceIsZeroAndNoData) {
  const auto file = create("f");
  ASSERT_TRUE(file->allocate(0, 1 << 20).ok());
  EXPECT_EQ(*file->size(), uint64_t{1} << 20);
  std::string read(100, 'x');
  ASSERT_TRUE(file->read(1000, read).ok());
  EXPECT_EQ(read, std::string(100, '\0'));
  ASSERT_TRUE(write(*file, 500'000, "data").ok());
  const std::vector<FileRange> ranges = *file->data_ranges(100'000);
  ASSERT_FALSE(ranges.empty());
  EXPECT_LE(ranges[0].begin, 500'000u);
  EXPECT_GE(ranges[0].end, 500'004u);
  EXPECT_TRUE(file->data_ranges(1 << 20)->empty());
}

TEST_F(PosixDiskTest, SmallHolesDoNotMakeManyRanges) {
  const auto file = create("f");
  for (uint64_t at = 0; at < 1 << 20; at += 16 << 10) {
    ASSERT_TRUE(write(*file, at, "data").ok());
  }
  EXPECT_EQ(file->data_ranges(0)->size(), 1u);
  ASSERT_TRUE(write(*file, 4 << 20, "data").ok());
  const std::vector<FileRange> ranges = *file->data_ranges(0);
  EXPECT_LE(ranges.size(), 2u);
  EXPECT_LE(ranges.back().begin, uint64_t{4 << 20});
  EXPECT_EQ(ranges.back().end, uint64_t{4 << 20} + 4);
}

TEST_F(PosixDiskTest, NamesAreListedInOrder) {
  create("b");
  create("a");
  ASSERT_TRUE(disk_->create_directories(root_ + "/c/d").ok());
  EXPECT_THAT(*disk_->list(root_), ElementsAre("a", "b", "c"));
  ASSERT_TRUE(disk_->rename(root_ + "/a", root_ + "/z").ok());
  ASSERT_TRUE(disk_->remove(root_ + "/b").ok());
  ASSERT_TRUE(disk_->remove(root_ + "/c/d").ok());
  ASSERT_TRUE(disk_->remove(root_ + "/c").ok());
  EXPECT_THAT(*disk_->list(root_), ElementsAre("z"));
  EXPECT_TRUE(disk_->sync_directory(root_).ok());
}

TEST_F(PosixDiskTest, WhatIsNotThereIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(disk_->open(root_ + "/x", Disk::OpenMode::kRead).status()));
  EXPECT_TRUE(absl::IsNotFound(disk_->open(root_ + "/x", Disk::OpenMode::kReadWrite).status()));
  EXPECT_TRUE(absl::IsNotFound(disk_->list(root_ + "/x").status()));
  EXPECT_TRUE(absl::IsNotFound(disk_->remove(root_ + "/x")));
}

TEST_F(PosixDiskTest, AFullDeviceIsResourceExhausted) {
  const auto file = disk_->open("/dev/full", Disk::OpenMode::kReadWrite);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(absl::IsResourceExhausted(write(**file, 0, "x")));
}

TEST_F(PosixDiskTest, ALockIsHeldOnce) {
  auto held = disk_->lock(root_ + "/lock");
  ASSERT_TRUE(held.ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(disk_->lock(root_ + "/lock").status()));
  held->reset();
  EXPECT_TRUE(disk_->lock(root_ + "/lock").ok());
}

TEST_F(PosixDiskTest, SpaceIsTold) {
  const DiskSpace space = disk_->space(root_).value();
  EXPECT_GT(space.total_bytes, 0u);
  EXPECT_LE(space.available_bytes, space.total_bytes);
}

}  // namespace
}  // namespace petrel::store
