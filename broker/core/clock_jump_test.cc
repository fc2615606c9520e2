// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// A wall clock that is set wrongly, for a while or for good.
#include "broker/core/broker_core_test_util.h"
#include "broker/core/events.h"

namespace petrel::core {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;

class ClockJumpTest : public BrokerCoreTest {
 protected:
  ClockJumpTest() {
    build({.store = {.log = {.segment_bytes = 64 << 10, .record_bytes_max = 32 << 10}}});
    create_topic("t");
  }
  // So much that the first files of the log may go.
  void fill() {
    for (int i = 0; i < 20; ++i) {
      send("t", std::string(10'000, 'x'));
      world().settle();
    }
    for (int i = 0; i < 2; ++i) {
      send("t", std::string(30'000, 'x'));
      send("t", std::string(30'000, 'x'));
      world().clock.advance_ms(kHourMs);
      world().settle();
    }
  }
  store::QueueOffset min_after_retention() {
    world().post_internal(std::make_unique<DiskMeasured>(std::nullopt, false));
    world().settle();
    return world().store().find_queue("t", 0)->min();
  }
  int64_t store_ms(const ReceiveRequest::Delivery& delivery) {
    return store::decode_record(delivery.record->bytes(), store::Verify::kStructure)->store_ms;
  }
};

TEST_F(ClockJumpTest, AClockThatIsDaysAheadExpiresNoDelivery) {
  send("t", "hello");
  world().settle();
  auto& first = receive_now({.invisible_ms = 30'000});
  ASSERT_EQ(first.deliveries.size(), 1u);
  world().clock.jump_wall_ms(3 * kDayMs);
  EXPECT_TRUE(receive_now({}).deliveries.empty());
  world().clock.advance_ms(20'000);
  EXPECT_TRUE(receive_now({}).deliveries.empty());
  auto& acked = ack(first);
  world().settle();
  EXPECT_TRUE(acked.outcome.ok()) << acked.outcome.text;
}

TEST_F(ClockJumpTest, AClockThatStepsBackHidesNothing) {
  send("t", "hello");
  world().settle();
  ASSERT_EQ(receive_now({.invisible_ms = 30'000}).deliveries.size(), 1u);
  world().clock.jump_wall_ms(-3 * kDayMs);
  send("t", "new");
  world().settle();
  EXPECT_EQ(receive_now({}).deliveries.size(), 1u);
  world().clock.advance_ms(40'000);
  const auto& again = receive_now({});
  ASSERT_EQ(again.deliveries.size(), 2u) << "it is due after 30 s, at nine tenths of their pace";
}

TEST_F(ClockJumpTest, NothingIsDeletedByItsAgeWhileTheClocksDisagree) {
  fill();
  world().clock.jump_wall_ms(4 * kDayMs);
  EXPECT_EQ(min_after_retention(), store::QueueOffset(0));
  world().clock.jump_wall_ms(-4 * kDayMs);
  EXPECT_EQ(min_after_retention(), store::QueueOffset(0));
  world().clock.advance_ms(73 * kHourMs);
  EXPECT_GT(min_after_retention(), store::QueueOffset(0)) << "they agree, and it is old";
}

TEST_F(ClockJumpTest, ATopicsOwnRetentionWaitsToo) {
  auto& applied = world().ask<ApplyTopicsRequest>([](auto& r) {
    r.topics = {{.name = "t", .read_queues = 1, .write_queues = 1, .retention_ms = kHourMs}};
  });
  world().settle();
  ASSERT_TRUE(applied.outcome.ok());
  fill();
  const store::QueueOffset before = world().store().find_queue("t", 0)->min();
  world().clock.jump_wall_ms(kDayMs);
  EXPECT_EQ(min_after_retention(), before);
}

TEST_F(ClockJumpTest, StoreTimesDoNotGoBackOverARestart) {
  send("t", "first");
  world().settle();
  const int64_t first_ms = store_ms(receive_now({}).deliveries.at(0));
  world().clock.jump_wall_ms(-kDayMs);
  world().restart_after_crash();
  send("t", "second");
  world().settle();
  EXPECT_GE(store_ms(receive_now({}).deliveries.at(0)), first_ms);
}

TEST_F(ClockJumpTest, ASnapshotKeepsTheTimeOfTheLog) {
  send("t", "first");
  world().settle();
  const int64_t first_ms = store_ms(receive_now({}).deliveries.at(0));
  world().stop();
  world().clock.jump_wall_ms(-kDayMs);
  world().start();
  EXPECT_GE(world().store().last_store_ms(), first_ms);
  send("t", "second");
  world().settle();
  EXPECT_GE(store_ms(receive_now({}).deliveries.at(0)), first_ms);
}

}  // namespace
}  // namespace petrel::core
