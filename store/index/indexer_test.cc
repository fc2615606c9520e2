// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/index/indexer.h"

#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/message_store.h"
#include "store/testing/open_store.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class IndexerTest : public ::testing::Test {
 protected:
  IndexerTest() {
    options_.directory = "store";
    options_.log = small_log_options();
    options_.index.files.geometry = {.slots = 64, .entries = 1024};
    options_.index.wake_bytes = 2000;
    options_.index.slice_bytes = 1000;
    options_.index.query_bytes_max = 4000;
  }
  ~IndexerTest() override { stop(); }

  void open() { store_ = open_store(disk_, clock_, executor_, options_, owner_).value(); }
  void stop() {
    executor_.run_all();
    store_.reset();
  }
  void send(std::string_view topic, std::string_view key) {
    const std::string record =
        test_record(topic, concat("body ", sent_++), concat("KEYS\x01", key, "\x02"));
    ASSERT_TRUE(append_and_commit(*store_, record, 0, clock_.wall_ms()).ok());
  }
  absl::StatusOr<Indexer::Answer> ask(std::string_view topic, std::string_view key,
                                      size_t records_max = 32) {
    return store_->indexer().query({.topic = std::string(topic),
                                    .key = std::string(key),
                                    .stored = {.begin_ms = 0, .end_ms = INT64_MAX / 2},
                                    .records_max = records_max});
  }
  std::vector<std::string> bodies(std::string_view topic, std::string_view key,
                                  size_t records_max = 32) {
    std::vector<std::string> found;
    const absl::StatusOr<Indexer::Answer> answer = ask(topic, key, records_max);
    EXPECT_TRUE(answer.ok()) << answer.status();
    if (!answer.ok()) return found;
    for (const LogSlice& slice : answer->records) {
      found.emplace_back(decode_record(slice.bytes(), Verify::kChecksums)->body);
    }
    return found;
  }

  SimDisk disk_{{}};
  ManualClock clock_;
  ManualExecutor executor_;
  StatelessOwner owner_;
  MessageStore::Options options_;
  std::unique_ptr<MessageStore> store_;
  int sent_ = 0;
};

TEST_F(IndexerTest, AQuerySeesAllThatIsCommitted) {
  open();
  send("T", "k");
  EXPECT_THAT(bodies("T", "k"), ElementsAre("body 0"));
  send("T", "k");
  EXPECT_THAT(bodies("T", "k"), ElementsAre("body 1", "body 0"));
  EXPECT_THAT(bodies("T", "k", 1), ElementsAre("body 1"));
  EXPECT_THAT(bodies("T", "other"), IsEmpty());
}

TEST_F(IndexerTest, WhatIsWrittenButNotCommittedIsNotSeen) {
  open();
  send("T", "k");
  store_->append(test_record("T", "x", "KEYS\x01k\x02"), 0, 0).value();
  store_->log().submit();
  ASSERT_TRUE(store_->log().write_group(false, 0).ok());
  EXPECT_THAT(bodies("T", "k"), ElementsAre("body 0"));
}

TEST_F(IndexerTest, JobsFollowTheLogOnceThereIsEnoughOfIt) {
  open();
  store_->indexer().tick();  // opens the index
  executor_.run_all();
  send("T", "k");
  executor_.run_all();
  EXPECT_GT(store_->indexer().behind_bytes(), 0);
  while (store_->log().end() < LogOffset(9000)) send("T", "k");
  executor_.run_all();
  EXPECT_LT(store_->indexer().behind_bytes(), 2000);
}

TEST_F(IndexerTest, WhatWaitsForLongIsIndexedAndMadeDurable) {
  open();
  store_->indexer().tick();
  executor_.run_all();
  send("T", "k");
  clock_.advance_ms(59'000);
  store_->indexer().tick();
  executor_.run_all();
  EXPECT_GT(store_->indexer().behind_bytes(), 0);
  EXPECT_EQ(store_->indexer().stats().durable_ms, 0);
  clock_.advance_ms(1'000);
  store_->indexer().tick();
  executor_.run_all();
  EXPECT_EQ(store_->indexer().behind_bytes(), 0);
  EXPECT_EQ(store_->indexer().stats().durable_ms, 1'700'000'000'000);
}

TEST_F(IndexerTest, FarBehindAQueryTellsWhatThereIs) {
  options_.index.enabled = false;
  open();
  for (int i = 0; i < 100; ++i) send("T", "k");
  EXPECT_TRUE(absl::IsFailedPrecondition(ask("T", "k").status()));
  stop();
  options_.index.enabled = true;
  open();
  const absl::StatusOr<Indexer::Answer> answer = ask("T", "k", 1000);
  ASSERT_TRUE(answer.ok());
  EXPECT_GT(answer->behind_bytes, 0);
  EXPECT_GT(answer->records.size(), 10u);
  EXPECT_LT(answer->records.size(), 100u);
  store_->indexer().tick();
  executor_.run_all();
  EXPECT_THAT(bodies("T", "k", 1000), SizeIs(100));
  EXPECT_EQ(ask("T", "k")->behind_bytes, 0);
}

TEST_F(IndexerTest, ACleanStopLeavesNothingToIndex) {
  open();
  for (int i = 0; i < 10; ++i) send("T", "k");
  ASSERT_TRUE(close_store(*store_).ok());
  stop();
  open();
  const int64_t operations = disk_.operations();
  EXPECT_THAT(bodies("T", "k"), SizeIs(10));
  EXPECT_LT(disk_.operations() - operations, 10);  // nothing is written anew
}

TEST_F(IndexerTest, AFailureIsToldAndTheIndexIsOpenedAgainLater) {
  open();
  send("T", "k");
  EXPECT_THAT(bodies("T", "k"), SizeIs(1));
  disk_.inject({.operation = SimDisk::Operation::kSync,
                .path_part = "index",
                .status = absl::InternalError("EIO")});
  clock_.advance_ms(60'000);
  store_->indexer().tick();
  executor_.run_all();
  EXPECT_EQ(store_->indexer().stats().failures, 1);
  send("T", "k");
  EXPECT_TRUE(absl::IsUnavailable(ask("T", "k").status()));
  clock_.advance_ms(60'000);
  store_->indexer().tick();
  executor_.run_all();
  EXPECT_THAT(bodies("T", "k"), SizeIs(2));
  EXPECT_EQ(store_->indexer().stats().failures, 1);
}

TEST_F(IndexerTest, ADamagedFileIsBuiltAgainByTheQueryThatFindsIt) {
  open();
  for (int i = 0; i < 10; ++i) send("T", "k");
  ASSERT_TRUE(close_store(*store_).ok());
  stop();
  constexpr uint64_t kFirstSlot = 40;
  const std::string name = disk_.list("store/index").value().at(0);
  for (uint64_t slot = 0; slot < 64; ++slot) {
    disk_.flip_bit(concat("store/index/", name), kFirstSlot + slot * 4, 6);
  }
  open();
  EXPECT_THAT(bodies("T", "k"), SizeIs(10));
  EXPECT_EQ(store_->indexer().stats().failures, 0);
}

}  // namespace
}  // namespace petrel::store
