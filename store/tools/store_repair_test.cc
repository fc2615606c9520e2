// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_repair.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/whole_file.h"
#include "store/queue/deliver_test_util.h"
#include "store/tools/written_store.h"

namespace petrel::store {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreRepairTest : public ::testing::Test {
 protected:
  void fill() {
    for (int i = 0; i < 40; ++i) written_.send("orders", i % 2, concat("body ", i));
  }
  std::vector<RepairStep> plan() {
    const StoreReport report =
        verify_store(written_.disk(), WrittenStore::kDirectory, nullptr).value();
    return plan_repair(written_.disk(), WrittenStore::kDirectory, report,
                       {.name = "now", .state_topic = WrittenStore::kStateTopic})
        .value();
  }
  void apply(const std::vector<RepairStep>& steps) {
    ASSERT_TRUE(repair(written_.disk(), steps).ok());
    EXPECT_THAT(plan(), IsEmpty());
  }

  WrittenStore written_;
};

TEST_F(StoreRepairTest, ASoundStoreNeedsNothing) {
  fill();
  written_.close();
  EXPECT_THAT(plan(), IsEmpty());
}

TEST_F(StoreRepairTest, ADamagedQueueMovesAsideAndIsMadeAgainWhenItIsRead) {
  fill();
  written_.close();
  written_.disk().flip_bit("store/consumequeue/orders/1/00000000000000000000", 5 * 20 + 7, 0);
  const std::vector<RepairStep> steps = plan();
  ASSERT_THAT(steps, SizeIs(1));
  EXPECT_EQ(steps[0].to, "store/damaged/now/consumequeue/orders/1/00000000000000000000");
  apply(steps);
  EXPECT_THAT(written_.disk().files(), Contains(steps[0].to));
  ASSERT_TRUE(written_.open_again().ok());
  ConsumeQueue* const queue = written_.store().find_queue("orders", 1);
  EXPECT_EQ(queue->max(), QueueOffset(20));
  EXPECT_TRUE(deliver_body(written_.store(), written_.executor(), *queue, QueueOffset(5)).ok());
  written_.close();
  EXPECT_TRUE(verify_store(written_.disk(), WrittenStore::kDirectory, nullptr)->sound());
}

TEST_F(StoreRepairTest, ALogThatLostItsEndOpensWithWhatIsThere) {
  fill();
  written_.snapshot();
  written_.send("orders", 0, "promised");
  written_.kill();
  const WrittenStore::Record last = written_.records().back();
  written_.flip_log_bit(last.offset + 95);
  ASSERT_TRUE(absl::IsDataLoss(written_.open_again()));

  const std::vector<RepairStep> steps = plan();
  apply(steps);
  // What was damaged is kept for whoever can read it.
  EXPECT_THAT(written_.disk().files(), Contains(HasSubstr(concat("store/damaged/now/commitlog/"))));
  ASSERT_TRUE(written_.open_again().ok());
  EXPECT_EQ(written_.store().log().end().value(), last.offset);
  EXPECT_EQ(written_.store().find_queue("orders", 0)->max(), QueueOffset(20));
  written_.close();
  EXPECT_TRUE(verify_store(written_.disk(), WrittenStore::kDirectory, nullptr)->sound());
}

TEST_F(StoreRepairTest, ADamagedSnapshotMovesAside) {
  fill();
  written_.close();
  for (const std::string& path : written_.disk().files()) {
    if (path.starts_with("store/snapshots/")) written_.disk().flip_bit(path, 70, 2);
  }
  apply(plan());
  ASSERT_TRUE(written_.open_again().ok());
  EXPECT_EQ(written_.store().find_queue("orders", 1)->max(), QueueOffset(20));
}

TEST_F(StoreRepairTest, AMissingLogFileInTheMiddleIsFilledIn) {
  for (int i = 0; i < 3; ++i) fill();
  written_.kill();
  written_.disk().erase_file(WrittenStore::log_file(4096));
  ASSERT_TRUE(absl::IsDataLoss(written_.open_again()));
  apply(plan());
  ASSERT_TRUE(written_.open_again().ok());
  // All the places are there, and what was behind the file is served.
  EXPECT_EQ(written_.store().find_queue("orders", 0)->max(), QueueOffset(60));
  EXPECT_EQ(written_.store().log().end().value(), written_.records().back().end());
  int64_t left = 0;
  const CommitLog& log = written_.store().log();
  ASSERT_TRUE(log.visit(log.begin(), log.end(),
                        [&](const RecordView&) {
                          ++left;
                          return absl::OkStatus();
                        })
                  .ok());
  EXPECT_GT(left, 80);
  EXPECT_LT(left, 120);
}

TEST_F(StoreRepairTest, AShortLogFileInTheMiddleIsFilledUp) {
  for (int i = 0; i < 3; ++i) fill();
  written_.kill();
  const std::string path = WrittenStore::log_file(4096);
  written_.disk().put_file(path, written_.disk().bytes_of(path).substr(0, 1000));
  ASSERT_TRUE(absl::IsDataLoss(written_.open_again()));
  apply(plan());
  ASSERT_TRUE(written_.open_again().ok());
  EXPECT_EQ(written_.store().find_queue("orders", 0)->max(), QueueOffset(60));
}

TEST_F(StoreRepairTest, WhereStateIsLostTheLogEndsBefore) {
  fill();
  written_.send(WrittenStore::kStateTopic, 0, "state 0");
  fill();
  written_.send(WrittenStore::kStateTopic, 0, "state 1");
  const WrittenStore::Record lost = written_.records().back();
  fill();
  written_.send(WrittenStore::kStateTopic, 0, "state 2");
  fill();
  written_.kill();
  written_.flip_log_bit(lost.offset + 95);
  ASSERT_TRUE(absl::IsDataLoss(written_.open_again()));

  const std::vector<std::string> before = written_.disk().files();
  const std::vector<RepairStep> steps = plan();
  apply(steps);
  ASSERT_TRUE(written_.open_again().ok());
  EXPECT_EQ(written_.store().log().end().value(), lost.offset);
  EXPECT_EQ(written_.store().find_queue("orders", 0)->max(), QueueOffset(40));
  written_.send("orders", 0, "goes on");
  written_.close();
  EXPECT_TRUE(verify_store(written_.disk(), WrittenStore::kDirectory, nullptr)->sound());
  // What was behind is kept, as a directory that the tools read.
  const StoreReport aside = verify_store(written_.disk(), "store/damaged/now", nullptr).value();
  EXPECT_GE(aside.records, 81);
  EXPECT_EQ(aside.log_end.offset, written_.records()[written_.records().size() - 2].end());
}

// Nothing behind it tells that it was there, but the mark.
TEST_F(StoreRepairTest, WhereTheLastStateIsLostTheLogEndsBefore) {
  fill();
  for (int i = 0; i < 2; ++i) written_.send(WrittenStore::kStateTopic, 0, "state");
  const WrittenStore::Record lost = written_.records().back();
  fill();
  written_.kill();
  // The whole header is gone, so that nothing tells whose record it was.
  for (int64_t byte = 0; byte < 8; ++byte) written_.flip_log_bit(lost.offset + byte);
  const absl::Status refused = written_.open_again();
  EXPECT_TRUE(absl::IsDataLoss(refused));
  EXPECT_THAT(refused.message(), HasSubstr(concat("the record at ", lost.offset)));
  apply(plan());
  ASSERT_TRUE(written_.open_again().ok());
  EXPECT_EQ(written_.store().log().end().value(), lost.offset);
}

TEST_F(StoreRepairTest, StateThatIsLostBelowASnapshotIsNoReasonToCut) {
  for (int i = 0; i < 3; ++i) written_.send(WrittenStore::kStateTopic, 0, "state");
  const WrittenStore::Record lost = written_.records()[1];
  fill();
  written_.snapshot();
  fill();
  written_.kill();
  written_.flip_log_bit(lost.offset + 95);
  EXPECT_THAT(plan(), IsEmpty());
  EXPECT_TRUE(written_.open_again().ok());
}

// ---- with a copy

class StoreRestoreTest : public StoreRepairTest {
 protected:
  // The files of the store as they are now, in another directory.
  void copy_store() {
    for (const std::string& path : written_.disk().files()) {
      if (!path.starts_with("store/")) continue;
      const std::string to = concat("copy", path.substr(5));
      ASSERT_TRUE(written_.disk().make_directories(to.substr(0, to.rfind('/'))).ok());
      written_.write(to, 0, read_whole_file(written_.disk(), path).value());
    }
  }
  absl::StatusOr<std::vector<RepairStep>> plan_from_copy() {
    const StoreReport report =
        verify_store(written_.disk(), WrittenStore::kDirectory, nullptr).value();
    return plan_restore(written_.disk(), WrittenStore::kDirectory, report, "copy",
                        {.name = "now", .state_topic = WrittenStore::kStateTopic});
  }
  void expect_all_sound(int64_t records) {
    const StoreReport report =
        verify_store(written_.disk(), WrittenStore::kDirectory, nullptr).value();
    EXPECT_FALSE(report.damaged());
    EXPECT_EQ(report.records, records);
  }
};

TEST_F(StoreRestoreTest, DamagedRecordsComeFromItAndNewerOnesStay) {
  fill();
  written_.snapshot();
  written_.close();
  copy_store();
  ASSERT_TRUE(written_.open_again().ok());
  fill();
  written_.close();
  written_.flip_log_bit(written_.records()[7].offset + 30);
  written_.flip_log_bit(written_.records()[35].offset + 30);  // in the copy's last file
  const auto steps = plan_from_copy();
  ASSERT_TRUE(steps.ok()) << steps.status();
  ASSERT_THAT(*steps, SizeIs(4));
  ASSERT_TRUE(repair(written_.disk(), *steps).ok());
  expect_all_sound(80);
  EXPECT_THAT(plan(), IsEmpty());
  EXPECT_THAT(written_.disk().files(), Contains(HasSubstr("store/damaged/now/commitlog/")));
}

TEST_F(StoreRestoreTest, WhatWasAppendedSinceItWasMadeDoesNotComeFromIt) {
  fill();
  written_.close();
  copy_store();
  ASSERT_TRUE(written_.open_again().ok());
  fill();
  written_.close();
  written_.flip_log_bit(written_.records()[50].offset + 30);
  EXPECT_THAT(plan_from_copy().value(), IsEmpty());
}

TEST_F(StoreRestoreTest, ALostEndComesFromIt) {
  fill();
  written_.snapshot();
  written_.close();
  copy_store();
  written_.flip_log_bit(written_.records()[39].offset + 30);
  const auto steps = plan_from_copy();
  ASSERT_TRUE(steps.ok()) << steps.status();
  ASSERT_TRUE(repair(written_.disk(), *steps).ok());
  expect_all_sound(40);
}

TEST_F(StoreRestoreTest, OfALostEndThatReachesBehindItComesWhatItHas) {
  fill();
  written_.snapshot();
  written_.close();
  copy_store();
  ASSERT_TRUE(written_.open_again().ok());
  fill();
  written_.close();
  for (int i = 39; i < 80; ++i) {  // the last record of the copy, and all behind it
    written_.flip_log_bit(written_.records()[static_cast<size_t>(i)].offset + 30);
  }
  const auto steps = plan_from_copy();
  ASSERT_TRUE(steps.ok()) << steps.status();
  ASSERT_TRUE(repair(written_.disk(), *steps).ok());
  const StoreReport report =
      verify_store(written_.disk(), WrittenStore::kDirectory, nullptr).value();
  EXPECT_EQ(report.records, 40);
}

TEST_F(StoreRestoreTest, ACopyOfAnotherStoreIsRefused) {
  fill();
  written_.close();
  copy_store();
  written_.write("store/identity", 0, "one");
  written_.write("copy/identity", 0, "other");
  EXPECT_TRUE(absl::IsFailedPrecondition(plan_from_copy().status()));
}

TEST_F(StoreRepairTest, WithoutItsBeginAndSnapshotsNoRepairIsPromised) {
  fill();
  written_.send(WrittenStore::kStateTopic, 0, "an event");
  written_.send("orders", 0, "behind it");
  written_.close();
  const std::vector<std::string> files = written_.disk().files();
  for (const std::string& path : files) {
    if (path.starts_with("store/snapshots/")) written_.disk().erase_file(path);
  }
  written_.disk().erase_file(WrittenStore::log_file(0));
  const StoreReport report =
      verify_store(written_.disk(), WrittenStore::kDirectory, nullptr).value();
  EXPECT_TRUE(report.beginning_lost());
  EXPECT_TRUE(report.damaged());
}

}  // namespace
}  // namespace petrel::store
