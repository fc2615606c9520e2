// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/log_survey.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/store_paths.h"
#include "store/tools/written_store.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Collected final : public LogVisitor {
 public:
  absl::Status record(const RecordView& record) override {
    offsets.push_back(record.log_offset.value());
    return absl::OkStatus();
  }
  absl::Status gap(const LogGap& gap) override {
    gaps.push_back(gap);
    return absl::OkStatus();
  }
  std::vector<int64_t> offsets;
  std::vector<LogGap> gaps;
};

class LogSurveyTest : public ::testing::Test {
 protected:
  // Fills some segments of 4 KiB.
  void fill(int messages = 60) {
    for (int i = 0; i < messages; ++i) written_.send("T", 0, concat("body ", i));
    written_.close();
  }
  LogEnd survey(int64_t from = 0) {
    files_ = find_log_files(written_.disk(), StorePaths(WrittenStore::kDirectory).log()).value();
    found_ = Collected();
    return survey_log(written_.disk(), files_, from, found_).value();
  }
  std::vector<int64_t> offsets_without(size_t lost) const {
    std::vector<int64_t> offsets;
    for (size_t i = 0; i < written_.records().size(); ++i) {
      if (i != lost) offsets.push_back(written_.records()[i].offset);
    }
    return offsets;
  }
  static constexpr size_t kNone = SIZE_MAX;

  WrittenStore written_;
  LogFiles files_;
  Collected found_;
};

TEST_F(LogSurveyTest, ASoundLogIsReadToItsEnd) {
  fill();
  const LogEnd end = survey();
  EXPECT_EQ(files_.segment_bytes, 4096);
  EXPECT_EQ(found_.offsets, offsets_without(kNone));
  EXPECT_TRUE(found_.gaps.empty());
  EXPECT_EQ(end.offset, written_.records().back().end());
  EXPECT_FALSE(end.bytes_behind);
}

TEST_F(LogSurveyTest, BehindDamageItGoesOnWithTheNextRecord) {
  fill();
  const WrittenStore::Record damaged = written_.records()[7];
  written_.flip_log_bit(damaged.offset + 95);
  survey();
  EXPECT_EQ(found_.offsets, offsets_without(7));
  ASSERT_EQ(found_.gaps.size(), 1u);
  EXPECT_EQ(found_.gaps[0].begin, damaged.offset);
  EXPECT_EQ(found_.gaps[0].end, damaged.end());
  EXPECT_EQ(found_.gaps[0].path, WrittenStore::log_file(0));
  EXPECT_THAT(found_.gaps[0].why, HasSubstr("checksum"));
}

TEST_F(LogSurveyTest, ARecordWhoseLengthIsDamagedHidesNothingBehindIt) {
  fill();
  written_.flip_log_bit(written_.records()[3].offset);
  survey();
  EXPECT_EQ(found_.offsets, offsets_without(3));
}

TEST_F(LogSurveyTest, DamageAtTheEndOfAFileEndsInTheNext) {
  fill();
  size_t last = 0;  // of the first file
  while (written_.records()[last + 1].offset < 4096) ++last;
  written_.flip_log_bit(written_.records()[last].offset + 4);
  survey();
  EXPECT_EQ(found_.offsets, offsets_without(last));
  ASSERT_EQ(found_.gaps.size(), 1u);
  EXPECT_EQ(found_.gaps[0].end, 4096);
}

TEST_F(LogSurveyTest, AMissingFileIsAGap) {
  fill(120);
  ASSERT_TRUE(written_.disk().remove(WrittenStore::log_file(4096)).ok());
  survey();
  ASSERT_EQ(found_.gaps.size(), 1u);
  EXPECT_TRUE(found_.gaps[0].file_missing);
  EXPECT_EQ(found_.gaps[0].begin, 4096);
  EXPECT_EQ(found_.gaps[0].end, 8192);
  EXPECT_EQ(found_.gaps[0].path, WrittenStore::log_file(4096));
}

TEST_F(LogSurveyTest, ATornTailIsNoGap) {
  fill(5);
  const int64_t end_offset = written_.records().back().end();
  written_.write(WrittenStore::log_file(0), static_cast<uint64_t>(end_offset), "half a rec");
  const LogEnd end = survey();
  EXPECT_TRUE(found_.gaps.empty());
  EXPECT_EQ(end.offset, end_offset);
  EXPECT_TRUE(end.bytes_behind);
}

TEST_F(LogSurveyTest, ItBeginsAnywhere) {
  fill(5);
  survey(written_.records()[2].offset + 1);
  EXPECT_THAT(found_.offsets,
              ElementsAre(written_.records()[3].offset, written_.records()[4].offset));
}

TEST_F(LogSurveyTest, AnEmptyLogHasAnEnd) {
  written_.close();
  const LogEnd end = survey();
  EXPECT_EQ(end.offset, 0);
  EXPECT_TRUE(found_.gaps.empty());
}

}  // namespace
}  // namespace petrel::store
