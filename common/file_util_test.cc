// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/file_util.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "common/temp_directory.h"

namespace petrel {
namespace {

class FileUtil : public testing::Test {
 protected:
  TempDirectory directory_;
};

TEST_F(FileUtil, WritesWithExactlyTheModeAndReadsBack) {
  const std::string path = directory_.file("key");
  ASSERT_TRUE(write_file_atomic(path, "one", 0600).ok());
  ASSERT_TRUE(write_file_atomic(path, "two", 0640).ok());
  EXPECT_EQ(*read_file(path, 100), "two");
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640U);
}

TEST_F(FileUtil, LeavesNothingBesideTheFileEvenAfterAnEarlierCrash) {
  const std::string path = directory_.file("key");
  ASSERT_TRUE(write_file_atomic(path + ".tmp", "half writ", 0644).ok());
  ASSERT_TRUE(write_file_atomic(path, "whole", 0600).ok());
  EXPECT_EQ(*read_file(path, 100), "whole");
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
}

TEST_F(FileUtil, FailedWriteKeepsTheOldContents) {
  const std::string path = directory_.file("full");
  ASSERT_TRUE(make_directories(path + "/not-empty").ok());
  EXPECT_FALSE(write_file_atomic(path, "x", 0600).ok());
  EXPECT_TRUE(std::filesystem::is_directory(path));
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
}

TEST_F(FileUtil, RefusesToReadMoreThanTheBoundAndWhatIsNotAFile) {
  const std::string path = directory_.file("big");
  ASSERT_TRUE(write_file_atomic(path, std::string(101, 'x'), 0600).ok());
  EXPECT_EQ(read_file(path, 100).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(read_file(path, 101)->size(), 101U);
  EXPECT_EQ(read_file(directory_.path(), 100).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(read_file(directory_.file("none"), 100).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileUtil, MakesParentsAndAcceptsWhatIsThere) {
  const std::string path = directory_.file("a/b/c");
  EXPECT_TRUE(make_directories(path).ok());
  EXPECT_TRUE(make_directories(path).ok());
  EXPECT_TRUE(sync_directory(path).ok());
  ASSERT_TRUE(write_file_atomic(path + "/file", "", 0600).ok());
  EXPECT_FALSE(make_directories(path + "/file/d").ok());
}

}  // namespace
}  // namespace petrel
