// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// A record does the same to queues whether it was just appended or is read from the log.
#include "store/dispatcher.h"

#include <string>
#include <vector>

#include "common/clock.h"
#include "common/concat.h"
#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/testing/control_owner.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;

class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherTest() { reopen(); }

  void reopen() {
    store_.reset();
    executor_.run_all();
    disk_.restart();
    store_ = open_store(disk_, clock_, executor_, options(), owner_).value();
  }
  static MessageStore::Options options() {
    return {.directory = "store", .log = small_log_options()};
  }
  void append(std::string_view topic, std::string_view body, int32_t sys_flag = 0,
              std::string_view properties = "") {
    RecordFields fields;
    fields.topic = topic;
    fields.body = body;
    fields.sys_flag = sys_flag;
    fields.properties = properties;
    clock_.advance_ms(10);
    const std::string record = encode_record(fields).value();
    ASSERT_TRUE(store_->append(record, 0, clock_.wall_ms()).ok());
  }
  void control(const std::string& events) {
    ASSERT_TRUE(append_control(*store_, events, clock_.wall_ms()).ok());
  }
  void commit() { ASSERT_TRUE(write_and_commit(*store_).ok()); }
  void commit_to(LogOffset end) {
    store_->commit(CommittedOffset(end.value()), [](std::string_view) {});
  }

  // All that is to be known of the queues, entries included.
  std::string describe() {
    std::string text = concat("begin ", store_->begin().value(), "\n");
    for (const char* topic : {"T", "U", "SCHEDULE_TOPIC_XXXX", kControlTopic}) {
      const ConsumeQueue* const queue = store_->find_queue(topic, 0);
      if (queue == nullptr) continue;
      const QueueTotals totals = queue->totals();
      text += concat(topic, " ", queue->min().value(), "-", queue->max().value(), "-",
                     queue->next().value(), " ", totals.bytes, " ", totals.oldest_ms, " ",
                     totals.newest_ms, ":");
      std::vector<QueueEntry> entries(static_cast<size_t>(queue->max() - queue->min()));
      EXPECT_EQ(queue->read(queue->min(), entries), entries.size());
      for (const QueueEntry& entry : entries) {
        text += concat(" ", entry.log_offset.value(), ",", entry.size, ",", entry.tags_code);
      }
      text += "\n";
    }
    return text;
  }

  SimDisk disk_{{}};
  ManualClock clock_;
  ManualExecutor executor_;
  ControlOwner owner_;
  std::unique_ptr<MessageStore> store_;
};

TEST_F(DispatcherTest, WhatWasAppendedHereIsAfterARestartAsItWas) {
  append("T", "a", 0, "TAGS\x01red\x02");
  append("T", "half", sys_flag::kTransactionPrepared);
  append("T", "b");
  append("T", "rolled back", sys_flag::kTransactionRollback);
  append("SCHEDULE_TOPIC_XXXX", "later", 0,
         "DELAY\x01"
         "3\x02TAGS\x01red\x02");
  append("U", "old");
  control("delete U\n");
  append("U", "new");
  control("skip U 0 4\n");
  append("U", "behind");
  append("T", std::string(1900, 'x'));
  append("T", std::string(1900, 'x'));  // in the next segment
  commit();
  const LogOffset end = store_->log().end();
  control(concat("min T 0 1 ", end.value() - 1, " 100 7\nbegin 200\n"));
  commit();
  EXPECT_EQ(store_->find_queue("T", 0)->max(), QueueOffset(4)) << "two have no place";
  const std::string before = describe();
  reopen();
  EXPECT_EQ(describe(), before);
}

TEST_F(DispatcherTest, ARecordWithoutAPlaceTakesNoOffset) {
  append("T", "half", sys_flag::kTransactionPrepared);
  const std::string record = test_record("T", "next");
  const auto placed = store_->append(record, 0, 0);
  ASSERT_TRUE(placed.ok());
  EXPECT_EQ(placed->queue_offset, QueueOffset(0));
}

TEST_F(DispatcherTest, ABatchIsRefusedBeforeItIsInTheLog) {
  RecordFields fields;
  fields.topic = "T";
  fields.sys_flag = sys_flag::kInnerBatch;
  EXPECT_TRUE(
      absl::IsFailedPrecondition(store_->append(encode_record(fields).value(), 0, 0).status()));
  EXPECT_EQ(store_->log().end(), LogOffset(0));
}

TEST_F(DispatcherTest, ARecordIsAppliedAtOnceAndShownWhenItIsCommitted) {
  append("T", "a");
  const LogOffset first_end = store_->log().end();
  append("T", "b");
  const ConsumeQueue& queue = *store_->find_queue("T", 0);
  EXPECT_EQ(store_->applied(), store_->log().end());
  EXPECT_EQ(queue.next(), QueueOffset(2));
  EXPECT_EQ(queue.max(), QueueOffset(0));
  commit_to(first_end);
  EXPECT_EQ(queue.max(), QueueOffset(1));
  EXPECT_EQ(queue.totals().bytes, first_end.value());
  commit_to(store_->log().end());
  EXPECT_EQ(queue.max(), QueueOffset(2));
}

TEST_F(DispatcherTest, ARunOfOneTopicArrivesOnce) {
  for (const char* topic : {"T", "T", "U", "T"}) append(topic, "x");
  std::vector<std::string> arrived;
  store_->commit(CommittedOffset(store_->log().end().value()),
                 [&](std::string_view topic) { arrived.emplace_back(topic); });
  EXPECT_THAT(arrived, ElementsAre("T", "U", "T"));
}

// Messages that are appended in the same turn stand before the record that says what was decided.
TEST_F(DispatcherTest, WhatTheOwnerSaysIsShownWithItsRecord) {
  append("T", "a");
  commit();
  store_->move_min("T", 0, {.min = QueueOffset(1), .bytes = 1});
  store_->move_begin(LogOffset(50));
  append("U", "between");
  const LogOffset before = store_->log().end();
  ASSERT_TRUE(store_->append(test_record(kControlTopic, ""), 0, 0).ok());
  commit_to(before);
  EXPECT_EQ(store_->find_queue("T", 0)->min(), QueueOffset(0));
  EXPECT_EQ(store_->begin(), LogOffset(0));
  commit_to(store_->log().end());
  EXPECT_EQ(store_->find_queue("T", 0)->min(), QueueOffset(1));
  EXPECT_EQ(store_->begin(), LogOffset(50));
}

TEST_F(DispatcherTest, SaidAgainItChangesNothing) {
  for (int i = 0; i < 3; ++i) append("T", "a");
  const std::string events = "min T 0 2 0 10 5\nskip T 0 7\nbegin 60\n";
  control(events);
  commit();
  const ConsumeQueue& queue = *store_->find_queue("T", 0);
  const QueueTotals totals = queue.totals();
  control(events);
  control("min T 0 1 0 10 0\nbegin 30\n");
  commit();
  EXPECT_EQ(queue.totals(), totals);
  EXPECT_EQ(queue.min(), QueueOffset(2));
  EXPECT_EQ(queue.max(), QueueOffset(7));
  EXPECT_EQ(store_->begin(), LogOffset(60));
}

using DispatcherDeathTest = DispatcherTest;

TEST_F(DispatcherDeathTest, NothingIsAppendedBeforeTheRecordThatChangesItsPlace) {
  append("T", "a");
  store_->delete_topic("T");
  EXPECT_DEATH(append("T", "b"), "is not appended yet");
  ASSERT_TRUE(store_->append(test_record(kControlTopic, "delete T\n"), 0, 0).ok());
  append("T", "b");
  store_->skip_to("T", 0, QueueOffset(5));
  EXPECT_DEATH(append("T", "c"), "is not appended yet");
}

TEST_F(DispatcherDeathTest, WhatIsCommittedDoesNotGoBackNorBeyondWhatIsApplied) {
  append("T", "a");
  commit();
  EXPECT_DEATH(commit_to(LogOffset(0)), "check failed");
  EXPECT_DEATH(commit_to(store_->log().end() + 1), "check failed");
}

// As a replica does, whose log grows, or a broker that opens in slices.
TEST_F(DispatcherTest, TheLogCanBeAppliedInPieces) {
  for (int i = 0; i < 20; ++i) append("T", concat("body ", i));
  control("min T 0 5 0 10 5\n");
  commit();
  const std::string whole = describe();
  store_.reset();
  disk_.restart();
  store_ = MessageStore::open(disk_, clock_, executor_, options(), owner_).value();
  const LogOffset end = store_->log().end();
  EXPECT_EQ(store_->applied(), LogOffset(0));
  int pieces = 0;
  for (LogOffset before(-1); store_->applied() < end; ++pieces) {
    ASSERT_LT(before, store_->applied()) << "it gets on";
    before = store_->applied();
    ASSERT_TRUE(store_->apply_to(end, /*bytes_max=*/1).ok());
  }
  EXPECT_EQ(pieces, 21);
  EXPECT_EQ(store_->committed(), CommittedOffset(0)) << "that is for the owner to say";
  EXPECT_EQ(store_->find_queue("T", 0)->max(), QueueOffset(0));
  commit_to(end);
  ASSERT_TRUE(store_->finish_open().ok());
  EXPECT_EQ(describe(), whole);
}

// A replica takes bytes in before they are written.
TEST_F(DispatcherTest, WhatIsNotWrittenYetIsNotApplied) {
  append("T", "a");
  commit();
  const LogOffset end = store_->log().end();
  const LogRange range = store_->log().read_range(LogOffset(0), 1 << 20, end).value();
  SimDisk replicas_disk{{}};
  const auto replica =
      MessageStore::open(replicas_disk, clock_, executor_, options(), owner_).value();
  ASSERT_TRUE(replica->log().append_raw(LogOffset(0), range.bytes()).ok());
  const absl::Status early = replica->apply_to(end).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(early)) << early;
  EXPECT_EQ(replica->applied(), LogOffset(0));
  EXPECT_FALSE(replica->apply_to(end + 1).ok());
  replica->log().submit();
  ASSERT_TRUE(replica->log().write_group(/*sync=*/false, 0).ok());
  EXPECT_EQ(replica->apply_to(end).value(), end);
  EXPECT_FALSE(replica->apply_to(end + 1).ok()) << "there is no such record";
}

}  // namespace
}  // namespace petrel::store
