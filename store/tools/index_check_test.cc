// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/index_check.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/tools/store_repair.h"
#include "store/tools/store_summary.h"
#include "store/tools/store_verify.h"
#include "store/tools/written_store.h"

namespace petrel::store {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kMark[] = "store/index.synced";
constexpr uint64_t kSlotsAt = kIndexHeaderBytes;
constexpr uint64_t kEntriesAt = kSlotsAt + 4 * WrittenStore::kIndex.slots;

// Two and a half index files of 31 messages with two keys each, and one entry to spare.
class IndexCheckTest : public ::testing::Test {
 protected:
  static constexpr int64_t kMessages = 80;

  void SetUp() override {
    for (int64_t i = 0; i < kMessages; ++i) {
      written_.send("orders", 0, concat("body ", i), concat("key-", i % 7, " only-", i));
    }
    written_.close();
    ASSERT_THAT(index_files(), SizeIs(3));
  }
  std::vector<std::string> index_files() {
    std::vector<std::string> paths;
    for (const std::string& path : written_.disk().files()) {
      if (path.starts_with("store/index/")) paths.push_back(path);
    }
    return paths;
  }
  StoreReport verify() {
    return verify_store(written_.disk(), WrittenStore::kDirectory, nullptr, WrittenStore::kIndex)
        .value();
  }
  static std::vector<std::string> texts(const StoreReport& report) {
    std::vector<std::string> texts;
    for (const Finding& finding : report.findings) {
      texts.push_back(concat(name_of(finding.severity), " ", finding.path, " ", finding.what));
    }
    return texts;
  }
  static uint64_t entry_at(uint64_t number) { return kEntriesAt + number * kIndexEntryBytes; }
  // Moves aside what is wrong, starts and stops a broker: all is as it was.
  void expect_repair_mends() {
    const StoreReport report = verify();
    EXPECT_FALSE(report.sound());
    EXPECT_FALSE(report.damaged()) << "no message is lost";
    ASSERT_THAT(report.wrong_index_files, SizeIs(1));
    const std::vector<RepairStep> steps =
        plan_repair(written_.disk(), WrittenStore::kDirectory, report, {.name = "now"}).value();
    ASSERT_THAT(steps, SizeIs(1));
    EXPECT_THAT(steps[0].to, HasSubstr("store/damaged/now/index/"));
    ASSERT_TRUE(repair(written_.disk(), steps).ok());
    EXPECT_THAT(texts(verify()), ElementsAre(HasSubstr("1 of 3 files that index.synced counts")));
    ASSERT_TRUE(written_.open_again().ok());
    written_.close();
    EXPECT_THAT(texts(verify()), IsEmpty());
    EXPECT_THAT(index_files(), SizeIs(3));
  }

  WrittenStore written_;
};

TEST_F(IndexCheckTest, EveryEntryIsComparedWithItsRecord) {
  const StoreReport report = verify();
  EXPECT_THAT(texts(report), IsEmpty());
  EXPECT_EQ(report.index_entries_compared, 2 * kMessages);
}

TEST_F(IndexCheckTest, ABitThatFlipsAnywhereInAFileIsFound) {
  const std::vector<std::string> sound = index_files();
  for (const std::string& path : sound) {
    const IndexHeader header = decode_index_header(written_.disk().bytes_of(path).data());
    const uint64_t end = entry_at(static_cast<uint64_t>(header.count));
    for (uint64_t at = 0; at < end; ++at) {
      // The times in the header only narrow a search, and entry 0 is not used.
      const bool judged = at >= 16 && (at < entry_at(0) || at >= entry_at(1));
      const int bit = static_cast<int>(at % 8);
      written_.disk().flip_bit(path, at, bit);
      if (judged) {
        EXPECT_THAT(verify().wrong_index_files, Contains(path)) << "byte " << at;
      }
      written_.disk().flip_bit(path, at, bit);
    }
  }
  EXPECT_TRUE(verify().sound());
}

TEST_F(IndexCheckTest, AWrongHashMovesAsideAndTheIndexIsBuiltAgain) {
  written_.disk().flip_bit(index_files()[1], entry_at(5) + 3, 0);
  EXPECT_THAT(texts(verify()), ElementsAre(HasSubstr("the first: entry 5 leads to a record")));
  expect_repair_mends();
}

TEST_F(IndexCheckTest, AShortFileMovesAsideAndTheIndexIsBuiltAgain) {
  const std::string path = index_files()[0];
  written_.disk().put_file(path, written_.disk().bytes_of(path).substr(0, 700));
  EXPECT_THAT(texts(verify()), ElementsAre(HasSubstr("has 700 bytes instead of")));
  expect_repair_mends();
}

TEST_F(IndexCheckTest, ASlotThatLeadsNowhereIsNamed) {
  const std::string path = index_files()[0];
  for (uint64_t slot = 0; slot < 16; ++slot) {
    written_.disk().flip_bit(path, kSlotsAt + 4 * slot, 6);
  }
  EXPECT_THAT(texts(verify()), ElementsAre(HasSubstr("slot 0 leads to entry 1073741")));
  expect_repair_mends();
}

TEST_F(IndexCheckTest, WithoutASoundMarkItIsToldThatAllIsBuiltAgain) {
  written_.disk().flip_bit(kMark, 20, 1);
  EXPECT_THAT(texts(verify()), ElementsAre(HasSubstr("index.synced is missing or damaged")));
  EXPECT_TRUE(verify().sound());
}

TEST_F(IndexCheckTest, FilesThatTheMarkDoesNotKnowAreLeftOver) {
  written_.disk().put_file("store/index/29991231235959999", "being made");
  EXPECT_THAT(texts(verify()), ElementsAre(HasSubstr("was being made or removed")));
  EXPECT_TRUE(verify().sound());
}

TEST_F(IndexCheckTest, EntriesOfDeletedLogFilesAreRight) {
  // As after a deletion that the index has not heard of.
  written_.disk().erase_file(WrittenStore::log_file(0));
  written_.disk().erase_file(WrittenStore::log_file(4096));
  const StoreReport report = verify();
  EXPECT_THAT(report.wrong_index_files, IsEmpty());
  EXPECT_LT(report.index_entries_compared, 2 * kMessages);
}

TEST_F(IndexCheckTest, FilesWhollyBeforeTheLogAreTold) {
  const IndexHeader first = decode_index_header(written_.disk().bytes_of(index_files()[0]).data());
  for (int64_t file = 0; file <= first.end.value(); file += 4096) {
    written_.disk().erase_file(WrittenStore::log_file(file));
  }
  EXPECT_THAT(texts(verify()), Contains(HasSubstr("leads only to records before")));
}

TEST_F(IndexCheckTest, EntriesThatLeadIntoDamageAreRight) {
  written_.flip_log_bit(written_.records()[20].offset + 95);
  EXPECT_THAT(verify().wrong_index_files, IsEmpty());
}

TEST_F(IndexCheckTest, InspectShowsTheFiles) {
  const auto look = [&] {
    return summarize_store(written_.disk(), WrittenStore::kDirectory, WrittenStore::kIndex)
        .value()
        .index;
  };
  ASSERT_THAT(look().files, SizeIs(3));
  EXPECT_EQ(look().files[0].header.count - 1, 62);
  EXPECT_EQ(look().files[0].damage, "");
  EXPECT_EQ(look().files[2].header, look().mark->header);
  written_.disk().flip_bit(index_files()[0], 36, 5);
  EXPECT_EQ(look().files[0].damage, "has an impossible header");
}

}  // namespace
}  // namespace petrel::store
