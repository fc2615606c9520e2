// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_verify.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/tools/store_summary.h"
#include "store/tools/written_store.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kMark[] = "store/commitlog.synced";
constexpr char kQueueFile[] = "store/consumequeue/orders/1/00000000000000000000";

class StoreVerifyTest : public ::testing::Test {
 protected:
  void fill() {
    for (int i = 0; i < 60; ++i) written_.send("orders", i % 3, concat("body ", i));
    for (int i = 0; i < 20; ++i) written_.send("payments", 0, concat("body ", i));
  }
  StoreReport verify() {
    return verify_store(written_.disk(), WrittenStore::kDirectory, nullptr).value();
  }
  StoreSummary summarize() {
    return summarize_store(written_.disk(), WrittenStore::kDirectory).value();
  }
  static std::vector<std::string> texts(const StoreReport& report) {
    std::vector<std::string> texts;
    for (const Finding& finding : report.findings) {
      texts.push_back(concat(name_of(finding.severity), " ", finding.path, " ", finding.what));
    }
    return texts;
  }

  WrittenStore written_;
};

TEST_F(StoreVerifyTest, AStoppedStoreIsSound) {
  fill();
  written_.close();
  const StoreReport report = verify();
  EXPECT_THAT(texts(report), IsEmpty());
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.records, 80);
  EXPECT_EQ(report.topics, 2u);
  EXPECT_EQ(report.queues, 4u);
  EXPECT_EQ(report.entries_compared, 80);
}

TEST_F(StoreVerifyTest, AKilledStoreIsSound) {
  fill();
  written_.snapshot();
  fill();
  written_.kill();
  const StoreReport report = verify();
  EXPECT_THAT(texts(report), IsEmpty());
  EXPECT_EQ(report.records, 160);
  EXPECT_EQ(report.entries_compared, 80);  // the rest is not on disk yet
}

TEST_F(StoreVerifyTest, LookingChangesNothing) {
  fill();
  written_.kill();
  const int64_t operations = written_.disk().operations();
  const std::vector<std::string> files = written_.disk().files();
  verify();
  summarize();
  EXPECT_EQ(written_.disk().operations(), operations);
  EXPECT_EQ(written_.disk().files(), files);
}

TEST_F(StoreVerifyTest, ADamagedRecordIsNamedWithTheMessageThatItHeld) {
  fill();
  written_.close();
  written_.flip_log_bit(written_.records()[10].offset + 95);  // orders/1, queue offset 3
  const StoreReport report = verify();
  EXPECT_TRUE(report.damaged());
  EXPECT_THAT(texts(report), ElementsAre(HasSubstr("damage store/commitlog/0000000000000000")));
  EXPECT_EQ(report.findings[0].position, written_.records()[10].offset % 4096);
  ASSERT_THAT(report.lost, SizeIs(1));
  EXPECT_EQ(report.lost[0].topic, "orders");
  EXPECT_EQ(report.lost[0].queue_id, 1);
  EXPECT_EQ(report.lost[0].begin, QueueOffset(3));
  EXPECT_EQ(report.lost[0].end, QueueOffset(4));
}

TEST_F(StoreVerifyTest, ALogThatEndsBeforeItsMarkHasLostPromisedRecords) {
  fill();
  written_.kill();
  written_.flip_log_bit(written_.records().back().offset + 95);
  const StoreReport report = verify();
  EXPECT_TRUE(report.damaged());
  EXPECT_TRUE(report.tail_lost());
  EXPECT_THAT(texts(report), ElementsAre(HasSubstr("the log was synced up to")));
}

TEST_F(StoreVerifyTest, BehindTheNewestSnapshotTheLogGoesOnWhateverIsBefore) {
  fill();
  written_.close();
  const WrittenStore::Record last = written_.records().back();
  written_.flip_log_bit(last.offset + 95);
  const StoreReport report = verify();
  EXPECT_TRUE(report.damaged());
  EXPECT_FALSE(report.tail_lost());
  EXPECT_EQ(report.log_end.offset, last.end());
  EXPECT_THAT(texts(report), ElementsAre(HasSubstr("holds no sound record from log offset " +
                                                   std::to_string(last.offset))));
}

TEST_F(StoreVerifyTest, ATornTailIsANote) {
  fill();
  written_.close();
  const int64_t end = written_.records().back().end();
  written_.write(WrittenStore::log_file(end / 4096 * 4096), static_cast<uint64_t>(end % 4096),
                 "half");
  const StoreReport report = verify();
  EXPECT_TRUE(report.sound());
  EXPECT_THAT(texts(report), ElementsAre(HasSubstr("note store/commitlog/")));
}

TEST_F(StoreVerifyTest, AWrongQueueEntryIsFoundWhereverItIs) {
  fill();
  written_.close();
  written_.disk().flip_bit(kQueueFile, 5 * 20 + 7, 0);
  const StoreReport report = verify();
  EXPECT_FALSE(report.sound());
  EXPECT_FALSE(report.damaged());
  EXPECT_THAT(texts(report),
              ElementsAre("repair store/consumequeue/orders/1 1 entries are wrong or missing: the "
                          "entry of queue offset 5 does not lead to its record at log offset " +
                          std::to_string(written_.records()[16].offset)));
}

TEST_F(StoreVerifyTest, MissingQueueFilesAreTold) {
  fill();
  written_.close();
  ASSERT_TRUE(written_.disk().remove(kQueueFile).ok());
  EXPECT_THAT(texts(verify()), ElementsAre(HasSubstr("20 entries are wrong or missing")));
}

TEST_F(StoreVerifyTest, ADamagedSnapshotAndAMissingMarkAreTold) {
  fill();
  written_.snapshot();
  fill();
  written_.close();
  const StoreSummary before = summarize();
  written_.disk().flip_bit(before.snapshots.all.front().path, 60, 1);
  ASSERT_TRUE(written_.disk().remove(kMark).ok());
  const StoreReport report = verify();
  EXPECT_THAT(texts(report), ElementsAre(HasSubstr("note store/commitlog.synced is missing"),
                                         HasSubstr("repair store/snapshots/")));
  const StoreSummary after = summarize();
  EXPECT_EQ(after.snapshots.newest_sound->offset, before.snapshots.all.back().offset);
  EXPECT_GT(after.replay_bytes(), 0);
}

TEST_F(StoreVerifyTest, ATopicThatWasMadeAgainIsJudgedByItsLastLife) {
  fill();
  written_.snapshot();
  written_.store().delete_topic("orders");
  written_.send(WrittenStore::kStateTopic, 0, "orders is deleted");
  fill();
  written_.close();
  EXPECT_THAT(texts(verify()), IsEmpty());
}

TEST_F(StoreVerifyTest, ASummaryTellsWhatIsThereWithoutReadingTheWholeLog) {
  fill();
  written_.snapshot();
  written_.send("payments", 0, "one more");
  written_.kill();
  const StoreSummary summary = summarize();
  EXPECT_EQ(summary.records_behind, 1);
  EXPECT_EQ(summary.replay_bytes(), written_.records().back().bytes);
  EXPECT_EQ(summary.log_end.offset, written_.records().back().end());
  ASSERT_THAT(summary.topics, SizeIs(2));
  EXPECT_EQ(summary.topics[0].name, "orders");
  EXPECT_EQ(summary.topics[0].queues, 3u);
  EXPECT_EQ(summary.topics[0].messages, 60);
  EXPECT_EQ(summary.topics[1].messages, 21);
  EXPECT_THAT(summary.others, IsEmpty());
}

TEST_F(StoreVerifyTest, ASummaryTellsWhereTheLogBeginsByWhatWasDecided) {
  fill();
  EXPECT_EQ(summarize().logical_begin(), std::nullopt);
  written_.store().move_begin(LogOffset(4096));
  written_.send(WrittenStore::kStateTopic, 0, "the log begins");
  written_.snapshot();
  const StoreSummary summary = summarize();
  EXPECT_EQ(summary.logical_begin(), 4096);
  EXPECT_EQ(summary.files.begin(), 0) << "there is no second snapshot behind";
}

// By its size and name alone it might be a whole file of any size.
TEST_F(StoreVerifyTest, TheSizeOfALogFileIsThatWhichIsRecorded) {
  written_.send("orders", 0, "body");
  written_.kill();
  const auto file = written_.disk().open(WrittenStore::log_file(0), Disk::OpenMode::kReadWrite);
  ASSERT_TRUE((*file)->truncate(2048).ok());
  EXPECT_EQ(summarize().files.segment_bytes, 4096);
  ASSERT_TRUE(written_.disk().remove("store/commitlog.segments").ok());
  EXPECT_EQ(summarize().files.segment_bytes, 2048);
}

TEST_F(StoreVerifyTest, ALogWithoutAnyFileHasLostWhatWasSynced) {
  written_.send("orders", 0, "body");
  written_.close();
  ASSERT_TRUE(written_.disk().remove(WrittenStore::log_file(0)).ok());
  const StoreReport report = verify();
  EXPECT_FALSE(report.sound());
  EXPECT_THAT(texts(report), Contains(HasSubstr("the log was synced up to offset")));
}

TEST_F(StoreVerifyTest, SomeOtherDirectoryIsNoStore) {
  ASSERT_TRUE(written_.disk().create_directories("other").ok());
  EXPECT_TRUE(absl::IsNotFound(summarize_store(written_.disk(), "other").status()));
}

}  // namespace
}  // namespace petrel::store
