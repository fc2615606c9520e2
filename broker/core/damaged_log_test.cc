// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// The disk loses a message that was synced; consumers of everything else must not notice.
#include <memory>
#include <string>
#include <vector>

#include "broker/core/core_world.h"
#include "common/concat.h"
#include "gtest/gtest.h"
#include "store/record.h"
#include "store/sim_disk.h"

namespace petrel::core {
namespace {

using store::LogOffset;
using store::QueueOffset;

class DamagedLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.ask<ApplyTopicsRequest>(
        [](auto& r) { r.topics = {{.name = "t", .read_queues = 1, .write_queues = 1}}; });
    world_.settle();
  }
  // Where the message is in the log.
  LogOffset send(const std::string& body) {
    auto& sent = world_.ask<SendRequest>([&](auto& r) {
      r.topic = std::string("t");
      r.messages.push_back(
          {.record = store::encode_record({.topic = "t", .body = body}).value(), .tags_code = 0});
    });
    world_.settle();
    EXPECT_TRUE(sent.outcome.ok()) << sent.outcome.text;
    return sent.messages[0].log_offset;
  }
  CoreWorld::Kept<ReceiveRequest>& receive() {
    auto& received = world_.ask<ReceiveRequest>([](auto& r) {
      r.group = std::string("g");
      r.topic = std::string("t");
      r.batch_size = 16;
      r.invisible_ms = 10'000;
      r.filter = *TagFilter::parse("*");
      r.cancel_id = 1;
    });
    world_.settle();
    EXPECT_TRUE(received.done);
    return received;
  }
  std::vector<int64_t> receive_offsets() {
    std::vector<int64_t> offsets;
    for (const auto& delivery : receive().deliveries) {
      offsets.push_back(delivery.handle.queue_offset.value());
    }
    return offsets;
  }
  void restart_with_damage_at(LogOffset record) {
    world_.crash();
    disk_.restart();
    disk_.flip_bit("store/commitlog/00000000000000000000",
                   static_cast<uint64_t>(record.value() + 90), 3);
    world_.start();
  }

  store::SimDisk disk_{{}};
  CoreWorld world_{disk_, "store"};
};

TEST_F(DamagedLogTest, ConsumersStepOverALostMessage) {
  send("first");
  const LogOffset lost = send("lost");
  send("last");
  restart_with_damage_at(lost);
  EXPECT_EQ(receive_offsets(), (std::vector<int64_t>{0, 2}));
  send("new");
  EXPECT_EQ(receive_offsets(), std::vector<int64_t>{3});
}

TEST_F(DamagedLogTest, ALostMessageThatWasDeliveredIsNotDueAgain) {
  send("first");
  const LogOffset lost = send("lost");
  EXPECT_EQ(receive_offsets(), (std::vector<int64_t>{0, 1}));
  restart_with_damage_at(lost);
  world_.clock.advance_ms(20'000);
  EXPECT_EQ(receive_offsets(), std::vector<int64_t>{0});
}

TEST_F(DamagedLogTest, PlacesThatAGroupHasSeenAreNotGivenAgain) {
  send("first");
  const LogOffset lost = send("lost");
  EXPECT_EQ(receive_offsets(), (std::vector<int64_t>{0, 1}));
  // The whole header is gone, so that nothing tells whose record it was.
  world_.crash();
  disk_.restart();
  for (uint64_t byte = 0; byte < 8; ++byte) {
    disk_.flip_bit("store/commitlog/00000000000000000000",
                   static_cast<uint64_t>(lost.value()) + byte, 7);
  }
  world_.start();
  EXPECT_EQ(world_.store().queue("t", 0)->max(), QueueOffset(2));
  send("new");
  EXPECT_EQ(receive_offsets(), std::vector<int64_t>{2});
}

}  // namespace
}  // namespace petrel::core
