// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/index/message_index.h"

#include "common/status.h"
#include "gmock/gmock.h"
#include "store/index/message_index_test_util.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MessageIndexTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(world_.open().ok()); }

  void send(std::string_view topic, std::string_view keys) {
    ASSERT_TRUE(world_.send(topic, keys).ok());
  }
  void follow() { ASSERT_TRUE(world_.follow().ok()); }
  // Eight records fill a file.
  void send_files(int files) {
    for (int i = 0; i < files * 5; ++i) send("T", "a b");
    follow();
    ASSERT_TRUE(world_.index().flush().ok());
  }
  void expect_like_a_rebuild() {
    follow();
    ASSERT_TRUE(world_.index().flush().ok());
    EXPECT_EQ(world_.files("store"), world_.rebuilt_files());
  }
  std::vector<std::string> names() { return world_.disk().list("store/index").value(); }

  IndexedLog world_;
};

TEST_F(MessageIndexTest, FindsByKeyAndByUniqueKey) {
  send("T", "red round");
  send("T", "red");
  send("U", "red");
  follow();
  EXPECT_THAT(world_.find("T", "red"), ElementsAre("body 1", "body 0"));
  EXPECT_THAT(world_.find("T", "round"), ElementsAre("body 0"));
  EXPECT_THAT(world_.find("U", "red"), ElementsAre("body 2"));
  EXPECT_THAT(world_.find("T", "ID1"), ElementsAre("body 1"));
  EXPECT_THAT(world_.find("T", "ID2"), IsEmpty());
  EXPECT_THAT(world_.find("T", "re"), IsEmpty());
}

TEST_F(MessageIndexTest, FindsInATimeRangeToTheMillisecond) {
  for (int i = 0; i < 20; ++i) send("T", "k");
  follow();
  const TimeRange range = {.begin_ms = IndexedLog::time_of(7), .end_ms = IndexedLog::time_of(9)};
  EXPECT_THAT(world_.find("T", "k", range), ElementsAre("body 9", "body 8", "body 7"));
}

TEST_F(MessageIndexTest, WhatIsNotIndexedYetIsNotFound) {
  send("T", "k");
  follow();
  send("T", "k");
  EXPECT_THAT(world_.find("T", "k"), ElementsAre("body 0"));
  EXPECT_LT(world_.index().indexed(), world_.log().end());
  follow();
  EXPECT_THAT(world_.find("T", "k"), SizeIs(2));
  EXPECT_EQ(world_.index().indexed(), world_.log().end());
}

TEST_F(MessageIndexTest, FollowsInStepsAndAcrossSegments) {
  for (int i = 0; i < 60; ++i) send("T", "k");
  int steps = 0;
  while (world_.index().indexed() < world_.log().end()) {
    ASSERT_TRUE(world_.index().follow(world_.log().end(), 500).ok());
    ++steps;
  }
  EXPECT_GT(steps, 10);
  EXPECT_THAT(world_.find("T", "k"), SizeIs(60));
}

TEST_F(MessageIndexTest, ARecordWithoutKeysHasNoEntry) {
  ASSERT_TRUE(world_.log().append(test_record("T", "x"), {}).ok());
  world_.log().submit();
  ASSERT_TRUE(world_.log().write_group(false, 0).ok());
  follow();
  ASSERT_TRUE(world_.index().flush().ok());
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(world_.index().indexed(), world_.log().end());
}

TEST_F(MessageIndexTest, FilesAreNamedAfterTheirFirstRecordAndRollBetweenRecords) {
  for (int i = 0; i < 12; ++i) send("T", "a b");  // three entries each, 15 in a file
  follow();
  EXPECT_THAT(names(), ElementsAre("20231114221320000", "20231114221323500", "20231114221327000"));
  EXPECT_THAT(world_.find("T", "a"), SizeIs(12));
}

TEST_F(MessageIndexTest, ACleanStopLeavesNothingToDo) {
  send_files(3);
  world_.close();
  world_.disk().restart();
  const int64_t operations = world_.disk().operations();
  ASSERT_TRUE(world_.open().ok());
  EXPECT_EQ(world_.index().indexed(), world_.log().end());
  EXPECT_THAT(world_.find("T", "a"), SizeIs(15));
  EXPECT_LT(world_.disk().operations() - operations, 20);
}

TEST_F(MessageIndexTest, AfterAKillIndexingGoesOnWhereItWasDurable) {
  send_files(2);
  for (int i = 0; i < 4; ++i) send("T", "late");
  follow();
  world_.close();
  world_.disk().restart();
  ASSERT_TRUE(world_.open().ok());
  EXPECT_LT(world_.index().indexed(), world_.log().end());
  EXPECT_GT(world_.index().indexed(), LogOffset(0));
  follow();
  EXPECT_THAT(world_.find("T", "late"), SizeIs(4));
  expect_like_a_rebuild();
}

TEST_F(MessageIndexTest, AnyMissingFileIsBuiltAgain) {
  send_files(3);
  for (const std::string& name : names()) {
    world_.close();
    ASSERT_TRUE(world_.disk().remove(concat("store/index/", name)).ok());
    world_.disk().restart();
    ASSERT_TRUE(world_.open().ok()) << name;
    expect_like_a_rebuild();
    EXPECT_THAT(world_.find("T", "a"), SizeIs(15));
  }
}

TEST_F(MessageIndexTest, AMissingOrDamagedMarkCostsARebuild) {
  send_files(2);
  for (const bool missing : {true, false}) {
    world_.close();
    if (missing) {
      ASSERT_TRUE(world_.disk().remove("store/index.synced").ok());
    } else {
      world_.disk().flip_bit("store/index.synced", 20, 3);
    }
    world_.disk().restart();
    ASSERT_TRUE(world_.open().ok());
    EXPECT_EQ(world_.index().indexed(), LogOffset(0));
    expect_like_a_rebuild();
  }
}

TEST_F(MessageIndexTest, ADamagedFileIsBuiltAgainFromThereOn) {
  send_files(3);
  const std::vector<std::string> before = names();
  for (const std::string& name : before) {
    world_.close();
    world_.disk().flip_bit(concat("store/index/", name), 36, 6);  // an impossible count
    world_.disk().restart();
    ASSERT_TRUE(world_.open().ok());
    EXPECT_THAT(names(), SizeIs(static_cast<size_t>(std::find(before.begin(), before.end(), name) -
                                                    before.begin())));
    expect_like_a_rebuild();
  }
}

TEST_F(MessageIndexTest, DamageFoundByAQueryIsBuiltAgain) {
  send_files(3);
  constexpr uint64_t kFirstSlot = 40;
  for (uint64_t slot = 0; slot < 8; ++slot) {
    world_.disk().flip_bit(concat("store/index/", names()[1]), kFirstSlot + slot * 4, 5);
  }
  const absl::Status found =
      world_.index().find("T", "a", {.begin_ms = 0, .end_ms = INT64_MAX / 2},
                          [](const LogSlice&, const RecordView&) { return true; });
  EXPECT_TRUE(absl::IsDataLoss(found));
  follow();
  EXPECT_THAT(world_.find("T", "a"), SizeIs(15));
  expect_like_a_rebuild();
}

TEST_F(MessageIndexTest, AnEntryThatPointsElsewhereShowsNoWrongRecord) {
  send_files(1);
  constexpr uint64_t kFirstEntry = 40 + 8 * 4 + 20;
  for (uint64_t entry = 0; entry < 15; ++entry) {
    world_.disk().flip_bit(concat("store/index/", names()[0]), kFirstEntry + entry * 20 + 11, 3);
  }
  (void)world_.index().find("T", "a", {.begin_ms = 0, .end_ms = INT64_MAX / 2},
                            [](const LogSlice&, const RecordView& record) {
                              EXPECT_EQ(find_property(record.properties, "KEYS"), "a b");
                              return true;
                            });
}

TEST_F(MessageIndexTest, WhatAnotherProgramHasAddedIsBuiltAgain) {
  send_files(2);
  send("T", "c");
  follow();
  ASSERT_TRUE(world_.index().flush().ok());
  const std::string name = names().back();
  world_.close();
  {  // as RocketMQ does when it goes on with the directory
    const auto file =
        IndexFile::open(world_.disk(), "store/index", name, IndexedLog::options().geometry).value();
    ASSERT_TRUE(file->put(7, LogOffset(1'000'000), 1'700'000'000'000).ok());
    ASSERT_TRUE(file->sync_entries().ok());
    ASSERT_TRUE(file->sync_slots().ok());
  }
  world_.disk().restart();
  ASSERT_TRUE(world_.open().ok());
  expect_like_a_rebuild();
}

TEST_F(MessageIndexTest, FilesBeforeTheLogsBeginAreRemoved) {
  send_files(4);
  const std::vector<std::string> before = names();
  ASSERT_THAT(before, SizeIs(4));
  std::vector<LogOffset> offsets;
  ASSERT_TRUE(world_.log()
                  .visit(LogOffset(0), world_.log().end(),
                         [&](const RecordView& record) {
                           offsets.push_back(record.log_offset);
                           return absl::OkStatus();
                         })
                  .ok());
  ASSERT_TRUE(world_.index().remove_before(offsets[4]).ok());
  EXPECT_EQ(names(), before);  // record 4 is in the first file
  ASSERT_TRUE(world_.index().remove_before(offsets[11]).ok());
  EXPECT_THAT(names(), ElementsAre(before[2], before[3]));
  EXPECT_THAT(world_.find("T", "a"), SizeIs(10));
  ASSERT_TRUE(world_.index().remove_before(world_.log().end()).ok());
  EXPECT_THAT(names(), ElementsAre(before[3]));  // the newest stays
  world_.close();
  world_.disk().restart();
  ASSERT_TRUE(world_.open().ok());
  EXPECT_EQ(world_.index().indexed(), world_.log().end());
  EXPECT_THAT(world_.find("T", "a"), SizeIs(5));
}

TEST_F(MessageIndexTest, OldFilesAreRemovedWhileANewOneIsNotYetDurable) {
  for (int i = 0; i < 5; ++i) send("T", "a b");  // fill a file
  follow();
  const LogOffset begin = world_.log().end();
  send("T", "a b");
  follow();
  ASSERT_THAT(names(), SizeIs(2));
  ASSERT_TRUE(world_.index().remove_before(begin).ok());
  EXPECT_THAT(names(), SizeIs(1));
  world_.close();
  world_.disk().restart();
  ASSERT_TRUE(world_.open().ok());
  EXPECT_EQ(world_.index().indexed(), world_.log().end());
  EXPECT_THAT(world_.find("T", "a"), ElementsAre("body 5"));
}

TEST_F(MessageIndexTest, ALogThatEndsEarlierThanTheIndexTakesItsEntriesAway) {
  send_files(2);
  world_.close();
  for (const std::string& path : world_.disk().files()) {
    if (path.starts_with("store/commitlog")) {
      ASSERT_TRUE(world_.disk().remove(path).ok());
    }
  }
  world_.disk().restart();
  world_.forget_sent_behind(0);
  ASSERT_TRUE(world_.open().ok());
  send("T", "new");
  follow();
  EXPECT_THAT(world_.find("T", "a"), IsEmpty());
  EXPECT_THAT(world_.find("T", "new"), SizeIs(1));
  expect_like_a_rebuild();
}

TEST_F(MessageIndexTest, OtherFilesInTheDirectoryAreLeftAlone) {
  send_files(1);
  world_.close();
  ASSERT_TRUE(world_.disk().open("store/index/notes.txt", Disk::OpenMode::kCreate).ok());
  ASSERT_TRUE(world_.disk().sync_directory("store/index").ok());
  world_.disk().restart();
  ASSERT_TRUE(world_.open().ok());
  EXPECT_THAT(world_.find("T", "a"), SizeIs(5));
  EXPECT_THAT(names(), SizeIs(2));
}

}  // namespace
}  // namespace petrel::store
