// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// What the simulated disk may do and may not do: tests of the store are worth what this is.
#include "store/disk/sim_disk.h"

#include <string>

#include "common/check.h"
#include "common/concat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kPath[] = "d/f";

class SimDiskTest : public ::testing::Test {
 protected:
  SimDiskTest() { start(1); }
  void start(uint64_t seed) {
    disk_ = std::make_unique<SimDisk>(SimDisk::Options{.seed = seed});
    PETREL_CHECK_OK(disk_->create_directories("d"));
  }
  std::unique_ptr<File> open(Disk::OpenMode mode = Disk::OpenMode::kCreate) {
    return disk_->open(kPath, mode).value();
  }
  absl::Status write(File& file, uint64_t offset, std::string bytes) {
    const iovec part = {.iov_base = bytes.data(), .iov_len = bytes.size()};
    return file.write(offset, std::span(&part, 1));
  }
  std::string bytes() const { return disk_->bytes_of(kPath); }

  std::unique_ptr<SimDisk> disk_;
};

TEST_F(SimDiskTest, WhatIsSyncedOutlivesAPowerCut) {
  const auto file = open();
  ASSERT_TRUE(write(*file, 0, "kept").ok());
  ASSERT_TRUE(file->sync().ok());
  ASSERT_TRUE(disk_->sync_directory("d").ok());
  ASSERT_TRUE(write(*file, 4, "maybe").ok());
  disk_->crash();
  EXPECT_EQ(bytes().substr(0, 4), "kept");
  EXPECT_FALSE(write(*file, 0, "a file of before").ok());
}

TEST_F(SimDiskTest, WhatIsNotSyncedIsSometimesLostAndSometimesNot) {
  int kept = 0;
  int names = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    start(seed);
    ASSERT_TRUE(write(*open(), 0, "bytes").ok());
    disk_->crash();
    if (disk_->files().empty()) continue;
    ++names;
    if (bytes() == "bytes") ++kept;
  }
  EXPECT_GT(names, 20);
  EXPECT_LT(names, 80);
  EXPECT_GT(kept, 5);
  EXPECT_LT(kept, names);
}

TEST_F(SimDiskTest, ASectorIsNeverTorn) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    start(seed);
    const auto file = open();
    ASSERT_TRUE(write(*file, 0, std::string(2048, 'a')).ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(disk_->sync_directory("d").ok());
    disk_->cut_power_at(disk_->operations());
    EXPECT_FALSE(write(*file, 100, std::string(1500, 'b')).ok());
    disk_->crash();
    const std::string found = bytes();
    const std::string before(2048, 'a');
    std::string after = before;
    after.replace(100, 1500, 1500, 'b');
    for (size_t at = 0; at < 2048; at += 512) {
      const std::string sector = found.substr(at, 512);
      EXPECT_TRUE(sector == before.substr(at, 512) || sector == after.substr(at, 512)) << at;
    }
  }
}

TEST_F(SimDiskTest, AKilledProcessLosesNothingThatItWrote) {
  ASSERT_TRUE(write(*open(), 0, "written").ok());
  disk_->restart();
  EXPECT_EQ(bytes(), "written");
}

TEST_F(SimDiskTest, RemovedFilesAndTheirDirectoriesMayComeBack) {
  int both = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    start(seed);
    ASSERT_TRUE(disk_->create_directories("d/e").ok());
    disk_->put_file("d/e/f", "x");
    ASSERT_TRUE(disk_->remove("d/e/f").ok());
    ASSERT_TRUE(disk_->remove("d/e").ok());
    EXPECT_THAT(*disk_->list("d"), IsEmpty());
    disk_->crash();
    if (!disk_->files().empty()) {
      ++both;
      EXPECT_THAT(*disk_->list("d"), ElementsAre("e"));
    }
  }
  EXPECT_GT(both, 10);
}

TEST_F(SimDiskTest, ADirectoryThatIsMadeAgainIsEmptyEvenAfterAPowerCut) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    start(seed);
    ASSERT_TRUE(disk_->create_directories("d/e").ok());
    disk_->put_file("d/e/f", "x");
    ASSERT_TRUE(disk_->remove("d/e/f").ok());
    ASSERT_TRUE(disk_->remove("d/e").ok());
    ASSERT_TRUE(disk_->create_directories("d/e").ok());
    disk_->crash();
    EXPECT_THAT(*disk_->list("d/e"), IsEmpty());
  }
}

TEST_F(SimDiskTest, AFullDiskTakesThePartThatFits) {
  disk_->limit_space(2048);
  const auto file = open();
  const absl::Status allocated = file->allocate(0, 4096);
  EXPECT_TRUE(absl::IsResourceExhausted(allocated)) << allocated;
  EXPECT_EQ(*file->size(), 2048u);
  EXPECT_EQ(disk_->space("d")->available_bytes, 0u);
  EXPECT_TRUE(write(*file, 0, std::string(2048, 'x')).ok()) << "what is reserved has room";
  EXPECT_TRUE(absl::IsResourceExhausted(write(*file, 2000, std::string(100, 'y'))));
  EXPECT_EQ(bytes(), std::string(2000, 'x') + std::string(48, 'y'));
  ASSERT_TRUE(file->truncate(512).ok());
  EXPECT_EQ(disk_->space("d")->available_bytes, 1536u);
  ASSERT_TRUE(disk_->remove(kPath).ok());
  EXPECT_EQ(disk_->used_bytes(), 0u);
}

TEST_F(SimDiskTest, AfterAFailedSyncASecondOneSucceedsAndSavesNothing) {
  int lost = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    start(seed);
    const auto file = open();
    ASSERT_TRUE(disk_->sync_directory("d").ok());
    ASSERT_TRUE(write(*file, 0, "bytes").ok());
    disk_->inject({.operation = SimDisk::Operation::kSync,
                   .path_part = kPath,
                   .status = absl::InternalError("EIO")});
    EXPECT_FALSE(file->sync().ok());
    EXPECT_TRUE(file->sync().ok());
    EXPECT_EQ(bytes(), "bytes") << "readers see what is in memory";
    disk_->crash();
    if (bytes() != "bytes") ++lost;
  }
  EXPECT_GT(lost, 20);
}

TEST_F(SimDiskTest, OneOperationFailsByItsNumber) {
  const auto file = open();
  disk_->fail_at(disk_->operations() + 1, absl::InternalError("EIO"));
  EXPECT_TRUE(write(*file, 0, "x").ok());
  EXPECT_FALSE(file->sync().ok());
  EXPECT_TRUE(file->sync().ok());
}

TEST_F(SimDiskTest, ALostWriteIsSeenUntilTheCachesAreDropped) {
  const auto file = open();
  ASSERT_TRUE(write(*file, 0, "old").ok());
  ASSERT_TRUE(file->sync().ok());
  disk_->lose_next_write(kPath);
  ASSERT_TRUE(write(*file, 0, "new").ok());
  ASSERT_TRUE(file->sync().ok());
  EXPECT_EQ(bytes(), "new");
  disk_->drop_caches();
  EXPECT_EQ(bytes(), "old");
}

TEST_F(SimDiskTest, AMisdirectedWriteLandsInAnotherSector) {
  const auto file = open();
  ASSERT_TRUE(file->truncate(8192).ok());
  ASSERT_TRUE(file->sync().ok());
  disk_->misdirect_next_write(kPath);
  ASSERT_TRUE(write(*file, 10, "astray").ok());
  ASSERT_TRUE(file->sync().ok());
  disk_->drop_caches();
  const size_t at = bytes().find("astray");
  EXPECT_NE(at, std::string::npos);
  EXPECT_EQ(at % 512, 0u);
}

TEST_F(SimDiskTest, TheHookSeesEachChangeBeforeItIsDone) {
  std::string seen;
  disk_->set_hook([&](SimDisk::Operation operation, const std::string& path) {
    seen += concat(path, " ", operation == SimDisk::Operation::kWrite ? bytes() : "other", "|");
  });
  const auto file = open();
  ASSERT_TRUE(write(*file, 0, "a").ok());
  ASSERT_TRUE(write(*file, 0, "b").ok());
  ASSERT_TRUE(file->sync().ok());
  EXPECT_EQ(seen, "d/f |d/f a|d/f other|");
}

TEST_F(SimDiskTest, ACopyIsAnotherDiskWithTheSameFiles) {
  ASSERT_TRUE(write(*open(), 0, "unsynced").ok());
  const std::unique_ptr<SimDisk> copy = disk_->copy();
  disk_->erase_file(kPath);
  copy->crash();
  EXPECT_EQ(copy->bytes_of(kPath), "unsynced");
}

}  // namespace
}  // namespace petrel::store
