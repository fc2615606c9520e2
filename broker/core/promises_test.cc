// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// What replies promise, and when they leave; what is shown when.

#include <gtest/gtest.h>

#include "broker/core/broker_core_test_util.h"
#include "broker/core/record_copy.h"

namespace petrel::core {
namespace {

TEST(CommitRule, SyncFlushCommitsWhatIsSyncedAndAsyncWhatIsWritten) {
  const store::LogProgress progress{.written = store::WrittenOffset(200),
                                    .synced = store::SyncedOffset(100)};
  CommitRule sync(store::FlushMode::kSync);
  CommitRule async(store::FlushMode::kAsync);
  sync.own_progress(progress);
  async.own_progress(progress);
  EXPECT_EQ(sync.committed().value(), 100);
  EXPECT_EQ(async.committed().value(), 200);
  EXPECT_EQ(sync.shortfall(store::LogOffset(101)), Shortfall::kOwnDisk);
  EXPECT_EQ(sync.shortfall(store::LogOffset(100)), Shortfall::kNone);
}

TEST(CommitRule, AnOlderWordThatComesLaterTakesNothingBack) {
  CommitRule rule(store::FlushMode::kSync);
  rule.own_progress({.written = store::WrittenOffset(200), .synced = store::SyncedOffset(200)});
  rule.own_progress({.written = store::WrittenOffset(150), .synced = store::SyncedOffset(100)});
  EXPECT_EQ(rule.committed().value(), 200);
}

TEST(Publications, AreToldInTheOrderOfTheLogAndOfVersions) {
  Registry registry;
  Publications publications(registry);
  publications.begin(BrokerState());
  publications.topic_set(store::LogOffset(100), {.name = "t", .version = 7});
  publications.topic_set(store::LogOffset(200), {.name = "u", .version = 8});
  EXPECT_DEATH(publications.topic_removed(store::LogOffset(199), {.name = "t"}, 9), "check failed");
  EXPECT_DEATH(publications.topic_removed(store::LogOffset(200), {.name = "t"}, 8), "check failed");
  publications.committed(store::CommittedOffset(200));
  EXPECT_NE(registry.find_topic("t"), nullptr);
  EXPECT_EQ(registry.find_topic("u"), nullptr) << "its record is not committed";
  EXPECT_EQ(registry.config_version(), 7);
  EXPECT_DEATH(registry.publish_version(6), "taken back");
}

TEST_F(BrokerCoreTest, ASendThatAsksForNoWaitIsAnsweredAsSoonAsItIsAppended) {
  build({.core = {.flush_mode = store::FlushMode::kSync}});
  create_topic("t");
  auto& waits = send("t", "waits");
  auto& hurries = world().ask<SendRequest>([](auto& r) {
    r.topic = "t";
    r.wait = false;
    r.messages.push_back({.record = *store::encode_record({.topic = "t", .body = "hurries"})});
  });
  world().turn();
  EXPECT_FALSE(waits.done);
  ASSERT_TRUE(hurries.done);
  EXPECT_TRUE(hurries.outcome.ok());
  EXPECT_EQ(hurries.messages[0].queue_offset, store::QueueOffset(1));
}

TEST_F(BrokerCoreTest, WhatTheDiskDoesNotConfirmInTimeIsAnsweredAsSuch) {
  build({.core = {.flush_mode = store::FlushMode::kSync, .flush_timeout_ms = 5'000}});
  create_topic("t");
  auto& sent = send("t", "x");
  world().turn();
  world().flush(/*sync=*/false);
  world().clock.advance_ms(4'999);
  world().turn();
  EXPECT_FALSE(sent.done);
  world().clock.advance_ms(1);
  world().turn();
  ASSERT_TRUE(sent.done);
  EXPECT_EQ(sent.code(), OutcomeCode::kFlushDiskTimeout);
  world().settle();
  EXPECT_EQ(receive_now({}).deliveries.size(), 1u) << "it was stored after all";
}

TEST_F(BrokerCoreTest, WhatTheDiskConfirmedBeforeAPauseIsNotAnsweredAsLate) {
  build({.core = {.flush_mode = store::FlushMode::kSync, .flush_timeout_ms = 5'000}});
  create_topic("t");
  auto& sent = send("t", "x");
  world().turn();
  ASSERT_TRUE(world().store().log().write_group(/*sync=*/true, 0).ok());  // told later
  world().clock.advance_ms(60'000);
  world().turn();
  ASSERT_TRUE(sent.done);
  EXPECT_EQ(sent.code(), OutcomeCode::kOk);
}

TEST_F(BrokerCoreTest, ATopicIsShownWhenItIsCommitted) {
  build({.core = {.flush_mode = store::FlushMode::kSync}});
  world().ask<ApplyTopicsRequest>([](auto& r) { r.topics = {{.name = "t", .read_queues = 1}}; });
  world().turn();
  world().flush(/*sync=*/false);
  world().turn();
  EXPECT_EQ(world().registry().find_topic("t"), nullptr);
  world().flush(/*sync=*/true);
  world().turn();
  EXPECT_NE(world().registry().find_topic("t"), nullptr);
}

TEST_F(BrokerCoreTest, ATopicIsListedWhenItIsCommitted) {
  build({.core = {.flush_mode = store::FlushMode::kSync}});
  world().ask<ApplyTopicsRequest>([](auto& r) { r.topics = {{.name = "t", .read_queues = 1}}; });
  world().turn();
  auto& listed = world().ask<ListTopicsRequest>([](auto& /*r*/) {});
  world().turn();
  EXPECT_FALSE(listed.done) << "a power cut would take back what it tells";
  world().flush(/*sync=*/true);
  world().turn();
  ASSERT_TRUE(listed.done);
  EXPECT_EQ(listed.topics.size(), 1u);
  auto& again = world().ask<ListTopicsRequest>([](auto& /*r*/) {});
  world().turn();
  EXPECT_TRUE(again.done) << "nothing waits for the disk";
}

TEST_F(BrokerCoreTest, TheCoreLoadsARecordThatIsNotInMemoryAndAppendsAChangedCopy) {
  create_topic("t");
  auto& sent = send("t", "body", "tag");
  for (int i = 0; i < 100; ++i) {
    send("t", std::string(600'000, 'x'));  // more than what is kept in memory
    world().settle();
  }
  const int32_t size = static_cast<int32_t>(sent.messages[0].record.size());
  ASSERT_FALSE(world().store().log().read_hot(sent.messages[0].log_offset, size).has_value());
  std::string copy;
  EXPECT_TRUE(world().core().records().load(
      sent.messages[0].log_offset, size, [&](absl::StatusOr<store::LogSlice> slice) {
        ASSERT_TRUE(slice.ok()) << slice.status();
        const auto record = store::decode_record(slice->bytes(), store::Verify::kChecksums);
        ASSERT_TRUE(record.ok()) << record.status();
        copy = copy_record(*record, {.reconsume_times = 1, .properties = {{"ORIGIN", "t/0/0"}}})
                   .value();
      }));
  EXPECT_EQ(world().core().records().loading_bytes(), size);
  world().settle();
  EXPECT_EQ(world().core().records().loading_bytes(), 0);
  auto& again = world().ask<SendRequest>([&](auto& r) {
    r.topic = "t";
    r.messages.push_back({.record = copy});
  });
  world().settle();
  ASSERT_TRUE(again.outcome.ok()) << again.outcome.text;
  const auto slice = world().store().log().read_record(again.messages[0].log_offset);
  ASSERT_TRUE(slice.ok()) << slice.status();
  const auto record = store::decode_record(slice->bytes(), store::Verify::kChecksums);
  EXPECT_EQ(record->body, "body");
  EXPECT_EQ(record->reconsume_times, 1);
  EXPECT_EQ(store::find_property(record->properties, "TAGS"), "tag");
  EXPECT_EQ(store::find_property(record->properties, "ORIGIN"), "t/0/0");
}

TEST_F(BrokerCoreTest, WhatIsLoadedAtATimeIsBounded) {
  build({.core = {.loading_bytes_max = 1}});
  create_topic("t");
  auto& sent = send("t", "body");
  for (int i = 0; i < 100; ++i) {
    send("t", std::string(600'000, 'x'));
    world().settle();
  }
  const int32_t size = static_cast<int32_t>(sent.messages[0].record.size());
  const auto load = [&] {
    return world().core().records().load(sent.messages[0].log_offset, size,
                                         [](const auto& slice) { EXPECT_TRUE(slice.ok()); });
  };
  EXPECT_TRUE(load()) << "one always may be";
  EXPECT_FALSE(load());
  world().settle();
  EXPECT_TRUE(load());
}

TEST_F(BrokerCoreTest, ASnapshotGoesOnOverManyTurnsWhileMessagesComeAndGo) {
  build({.store = {.snapshot_log_bytes = 100'000}});
  create_topic("t", 4);
  for (int i = 0; i < 60; ++i) {
    for (int j = 0; j < 20; ++j) {
      send("t", std::string(100, 'x'));
    }
    world().turn();
    auto& received = receive({.batch = 20});
    world().turn();
    world().flush();
    world().turn();
    if (received.done && !received.deliveries.empty()) {
      ack(received);
    }
    if (i % 7 == 0) {
      world().run_background();
    }
  }
  world().settle();
  EXPECT_GT(world().core().stats().snapshots, 1);
  const std::string before = world().state_bytes();
  world().restart_after_crash();
  EXPECT_EQ(world().state_bytes(), before);
}

}  // namespace
}  // namespace petrel::core
