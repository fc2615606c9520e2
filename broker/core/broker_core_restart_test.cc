// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "broker/core/broker_core_test_util.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

// --- restarts

TEST_F(BrokerCoreTest, AfterACrashTheStateIsWhatItWas) {
  create_topic("t", 2);
  for (int i = 0; i < 10; ++i) send("t", concat(i));
  world().settle();
  auto& received = receive_now({.batch = 6});
  ack(received, 0);
  ack(received, 3);
  world().settle();
  const std::string before = world().state_bytes();
  world().restart_after_crash();
  EXPECT_EQ(world().state_bytes(), before);
  auto& acked = ack(received, 1);
  world().settle();
  EXPECT_TRUE(acked.entries[0].outcome.ok()) << "a handle from before the crash is good";
  EXPECT_EQ(receive_now({}).deliveries.size(), 4u);
}

TEST_F(BrokerCoreTest, ASnapshotAndTheLogBehindItGiveTheStateToo) {
  build({.store = {.snapshot_log_bytes = 2'000}});
  create_topic("t", 2);
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 5; ++i) send("t", concat(round, "-", i));
    world().settle();
    auto& received = receive_now({.batch = 4});
    ack(received, static_cast<size_t>(round) % received.deliveries.size());
    world().settle();
  }
  EXPECT_GT(world().core().stats().snapshots, 0);
  const std::string before = world().state_bytes();
  world().restart_after_crash();
  EXPECT_EQ(world().state_bytes(), before);
  world().stop();
  world().start();
  EXPECT_EQ(world().state_bytes(), before);
}

TEST_F(BrokerCoreTest, AfterARestartOldMessagesAreFoundThoughTheirQueueIsNotInMemory) {
  create_topic("t");
  for (int i = 0; i < 3'000; ++i) send("t", concat(i));
  world().settle();
  world().stop();
  world().start();
  std::set<int64_t> offsets;
  while (offsets.size() < 3'000) {
    auto& received = receive({.batch = 32, .wait_us = 1'000'000});
    world().settle();
    ASSERT_TRUE(received.done);
    ASSERT_FALSE(received.deliveries.empty()) << offsets.size();
    for (const auto& delivery : received.deliveries) {
      EXPECT_TRUE(offsets.insert(delivery.handle.queue_offset.value()).second);
      const auto slice =
          world().store().log().read(delivery.handle.log_offset, delivery.record_size);
      ASSERT_TRUE(slice.ok()) << slice.status().ToString();
    }
  }
}

// Every message that was answered OK is consumed, whatever crashes come between; without a crash,
// once.
TEST_F(BrokerCoreTest, AtLeastOnceHoldsOverRandomHistoriesWithCrashes) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    TempDirectory directory;
    // The clock leaps over minutes while sends wait.
    CoreWorld::Options options{.core = {.flush_timeout_ms = 1'000'000'000},
                               .store = {.snapshot_log_bytes = 4'000 + 1'000 * int64_t{seed % 5}}};
    world_ = std::make_unique<CoreWorld>(*disk_, directory.path(), options);
    std::mt19937 random(seed);
    create_topic("t", 3);
    std::set<std::string> answered, consumed;
    std::vector<std::pair<std::string, CoreWorld::Kept<SendRequest>*>> sent;
    const auto note_answers = [&] {
      for (const auto& [body, request] : sent) {
        if (request->done && request->outcome.ok()) answered.insert(body);
      }
      sent.clear();
    };
    const auto consume = [&] {
      auto& received = receive_now({.batch = 5});
      for (size_t i = 0; i < received.deliveries.size(); ++i) {
        const auto& delivery = received.deliveries[i];
        const auto slice =
            world().store().log().read(delivery.handle.log_offset, delivery.record_size);
        ASSERT_TRUE(slice.ok());
        if (random() % 4 == 0) continue;  // this consumer dies
        consumed.insert(
            std::string(store::decode_record(slice->bytes(), store::Verify::kChecksums)->body));
        ack(received, i);
      }
    };
    for (int step = 0; step < 200; ++step) {
      switch (random() % 8) {
        case 0:
          if (random() % 4 == 0) {
            world().settle();
            note_answers();
            world().restart_after_crash();
          }
          break;
        case 1:
        case 2:
          consume();
          break;
        case 3:
          world().clock.advance_ms(static_cast<int64_t>(random() % 8'000));
          break;
        default: {
          const std::string body = concat(seed, "-", step);
          sent.emplace_back(body, &send("t", body));
          if (random() % 2 == 0) world().turn();
        }
      }
    }
    world().settle();
    note_answers();
    for (int i = 0; i < 400 && consumed.size() < answered.size(); ++i) {
      world().clock.advance_ms(10'000);
      consume();
      world().settle();
    }
    EXPECT_EQ(consumed, answered);
    world_.reset();
  }
}

// --- the end

TEST_F(BrokerCoreTest, ShutdownEndsWaitingReceivesRefusesNewWorkAndStillTakesAcknowledgements) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  auto& received = receive_now({});
  auto& waiting = receive({.wait_us = 20'000'000});
  world().settle();
  world().post_internal(std::make_unique<BeginShutdown>());
  auto& sent = send("t", "more");
  auto& acked = ack(received);
  world().settle();
  EXPECT_EQ(waiting.code(), OutcomeCode::kNoMessage);
  EXPECT_EQ(sent.code(), OutcomeCode::kShuttingDown);
  EXPECT_TRUE(acked.entries[0].outcome.ok());
}

TEST_F(BrokerCoreTest, AFailedStoreAnswersEverythingThatWaitsAndComes) {
  create_topic("t");
  auto& sent = send("t", "hello");
  auto& waiting = receive({.wait_us = 20'000'000});
  world().turn();
  world().post_internal(std::make_unique<LogFailed>(absl::DataLossError("fdatasync: EIO")));
  world().turn();
  EXPECT_EQ(sent.code(), OutcomeCode::kStoreFailed);
  EXPECT_EQ(waiting.code(), OutcomeCode::kStoreFailed);
  auto& later = send("t", "more");
  world().turn();
  EXPECT_EQ(later.code(), OutcomeCode::kStoreFailed);
}

}  // namespace
}  // namespace petrel::core
