// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/index/index_file.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/index/index_mark.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr IndexGeometry kSmall = {.slots = 4, .entries = 6};
constexpr TimeRange kAlways = {.begin_ms = 0, .end_ms = 1'000'000'000'000'000};

class IndexFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(disk_.create_directories("index").ok());
    file_ = IndexFile::make(disk_, "index", "20231114221320000", kSmall).value();
  }
  absl::Status reopen() {
    file_.reset();
    absl::StatusOr<std::unique_ptr<IndexFile>> file =
        IndexFile::open(disk_, "index", "20231114221320000", kSmall);
    if (!file.ok()) return file.status();
    file_ = *std::move(file);
    return absl::OkStatus();
  }
  void sync() {
    ASSERT_TRUE(file_->sync_entries().ok());
    ASSERT_TRUE(file_->sync_slots().ok());
  }
  void put(int32_t hash, int64_t offset, int64_t store_ms) {
    ASSERT_TRUE(file_->put(hash, LogOffset(offset), store_ms).ok());
  }
  std::vector<int64_t> find(int32_t hash, const TimeRange& range = kAlways) {
    std::vector<int64_t> found;
    const absl::Status status = file_->find(hash, range, [&](LogOffset offset) {
      found.push_back(offset.value());
      return true;
    });
    EXPECT_TRUE(status.ok()) << status;
    return found;
  }
  std::string bytes() {
    const std::unique_ptr<File> file =
        disk_.open("index/20231114221320000", Disk::OpenMode::kRead).value();
    std::string all(file->size().value(), '\0');
    EXPECT_TRUE(file->read(0, all).ok());
    return all;
  }

  SimDisk disk_{{}};
  std::unique_ptr<IndexFile> file_;
};

TEST_F(IndexFileTest, HasRocketMqsBytes) {
  put(5, 0x1000, 1'700'000'000'000);
  put(6, 0x1000, 1'700'000'000'000);
  put(9, 0x2000, 1'700'000'007'999);
  sync();
  EXPECT_EQ(absl::BytesToHexString(bytes()),
            "0000018bcfe56800"  // begin time
            "0000018bcfe5873f"  // end time
            "0000000000001000"  // begin log offset
            "0000000000002000"  // end log offset
            "00000002"          // used slots
            "00000004"          // entry count
            "00000000000000030000000200000000"
            "0000000000000000000000000000000000000000"  // entry 0: unused
            "0000000500000000000010000000000000000000"
            "0000000600000000000010000000000000000000"
            "0000000900000000000020000000000700000001"
            "0000000000000000000000000000000000000000"
            "0000000000000000000000000000000000000000");
}

TEST(IndexKey, IsHashedAsRocketMqDoes) {
  EXPECT_EQ(index_key_hash("TopicA", "key1"), 641858179);
  EXPECT_EQ(index_key_hash("Sample", "k\xc3\xa4se"), 1765567748);
  EXPECT_EQ(index_key_hash("T", "ajvakuzm"), 0);  // the one number without a positive twin
}

TEST(IndexFileName, IsTheTimeInUtc) {
  EXPECT_EQ(index_file_name(1'700'000'000'123), "20231114221320123");
  EXPECT_EQ(index_file_name(-1), "19700101000000000");
  EXPECT_EQ(index_file_name(INT64_MAX).size(), 17u);
  EXPECT_EQ(index_file_name_after("20231231235959999"), "20240101000000000");
}

TEST_F(IndexFileTest, FindsTheNewestFirst) {
  put(5, 100, 1'700'000'000'000);
  put(9, 200, 1'700'000'000'000);  // the same slot
  put(5, 300, 1'700'000'001'000);
  EXPECT_THAT(find(5), ElementsAre(300, 100));
  EXPECT_THAT(find(9), ElementsAre(200));
  EXPECT_THAT(find(1), IsEmpty());
  sync();
  EXPECT_THAT(find(5), ElementsAre(300, 100));
  ASSERT_TRUE(reopen().ok());
  EXPECT_THAT(find(5), ElementsAre(300, 100));
  put(5, 400, 1'700'000'002'000);
  EXPECT_THAT(find(5), ElementsAre(400, 300, 100));
  EXPECT_EQ(file_->room(), 1);
}

TEST_F(IndexFileTest, LooksOnlyAtTheTimeAskedFor) {
  put(5, 100, 1'700'000'000'000);
  put(5, 200, 1'700'000'010'500);
  put(5, 300, 1'700'000'020'000);
  EXPECT_THAT(find(5, {.begin_ms = 1'700'000'010'500, .end_ms = 1'700'000'010'500}),
              ElementsAre(200));
  EXPECT_THAT(find(5, {.begin_ms = 1'700'000'011'000, .end_ms = 1'700'000'019'999}), IsEmpty());
  EXPECT_THAT(find(5, {.begin_ms = 0, .end_ms = 1'700'000'010'000}), ElementsAre(200, 100));
  EXPECT_FALSE(file_->may_have({.begin_ms = 1'800'000'000'000, .end_ms = 1'900'000'000'000}));
  EXPECT_FALSE(file_->may_have({.begin_ms = 0, .end_ms = 1'600'000'000'000}));
  EXPECT_TRUE(file_->may_have({.begin_ms = 1'700'000'015'000, .end_ms = 1'700'000'016'000}));
}

TEST_F(IndexFileTest, ARecordFromBeforeAClockStepBackIsFound) {
  put(5, 100, 1'700'000'100'000);
  put(5, 200, 1'700'000'050'000);
  EXPECT_THAT(find(5, {.begin_ms = 1'700'000'050'000, .end_ms = 1'700'000'050'000}),
              ElementsAre(200, 100));
}

TEST_F(IndexFileTest, StopsWhenEnoughIsFound) {
  put(5, 100, 1'700'000'000'000);
  put(5, 200, 1'700'000'000'000);
  std::vector<int64_t> found;
  ASSERT_TRUE(file_
                  ->find(5, kAlways,
                         [&](LogOffset offset) {
                           found.push_back(offset.value());
                           return false;
                         })
                  .ok());
  EXPECT_THAT(found, ElementsAre(200));
}

TEST_F(IndexFileTest, SlotsAreSetAgainFromEntries) {
  put(5, 100, 1'700'000'000'000);
  sync();
  const std::string before = bytes();
  const int32_t slots_synced = file_->header().count;
  put(9, 200, 1'700'000'000'000);
  put(6, 300, 1'700'000'000'000);
  ASSERT_TRUE(file_->sync_entries().ok());
  const IndexHeader durable = file_->header();
  put(10, 400, 1'700'000'000'000);
  sync();  // then the power goes, and neither slots nor the last entry had been remembered

  ASSERT_TRUE(reopen().ok());
  ASSERT_TRUE(file_->restore(durable, slots_synced).ok());
  EXPECT_THAT(find(5), ElementsAre(100));
  EXPECT_THAT(find(9), ElementsAre(200));
  EXPECT_THAT(find(6), ElementsAre(300));
  EXPECT_EQ(file_->header(), durable);
}

TEST_F(IndexFileTest, AFileOfAnotherSizeIsDataLoss) {
  ASSERT_TRUE(disk_.open("index/20231114221320000", Disk::OpenMode::kReadWrite)
                  .value()
                  ->truncate(100)
                  .ok());
  EXPECT_TRUE(absl::IsDataLoss(reopen()));
}

TEST_F(IndexFileTest, AnImpossibleHeaderIsDataLoss) {
  sync();
  disk_.flip_bit("index/20231114221320000", 36, 7);  // a negative count
  EXPECT_TRUE(absl::IsDataLoss(reopen()));
}

TEST_F(IndexFileTest, ADamagedChainIsDataLossAndNeverEndless) {
  put(5, 100, 1'700'000'000'000);
  put(5, 200, 1'700'000'000'000);
  sync();
  constexpr uint64_t kBeforeOfEntry2 = 40 + 4 * 4 + 2 * 20 + 16;
  disk_.flip_bit("index/20231114221320000", kBeforeOfEntry2 + 3, 1);  // 1 becomes 3
  ASSERT_TRUE(reopen().ok());
  EXPECT_TRUE(absl::IsDataLoss(file_->find(5, kAlways, [](LogOffset) -> bool { return true; })));
}

TEST(IndexMark, HasItsBytes) {
  const IndexMark mark = {.files = 2,
                          .indexed = LogOffset(0x3000),
                          .newest = "20231114221320000",
                          .header = {.begin_ms = 0x18bcfe56800,
                                     .end_ms = 0x18bcfe5873f,
                                     .begin = LogOffset(0x1000),
                                     .end = LogOffset(0x2000),
                                     .used_slots = 2,
                                     .count = 4},
                          .slots_synced = 3};
  const std::string bytes = encode_index_mark(mark);
  EXPECT_EQ(absl::BytesToHexString(bytes).substr(0, 176),
            "5054524c494e4458"                          // PTRLINDX
            "00000001"                                  // version
            "00000002"                                  // files
            "0000000000003000"                          // log offset
            "3230323331313134323231333230303030000000"  // name
            "00000003"                                  // slots synced
            "0000018bcfe568000000018bcfe5873f"
            "0000000000001000000000000000200000000002"
            "00000004");
  EXPECT_EQ(decode_index_mark(bytes), mark);
}

TEST(IndexMark, IsNoneWhenAnyBitIsWrong) {
  const std::string bytes = encode_index_mark({.indexed = LogOffset(77)});
  ASSERT_TRUE(decode_index_mark(bytes).has_value());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_index_mark(damaged).has_value()) << "bit " << bit;
  }
  EXPECT_FALSE(decode_index_mark(bytes.substr(1)).has_value());
}

}  // namespace
}  // namespace petrel::store
