// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// The disk loses a message that was synced, or its place in the queue; consumers of everything else
// must not notice.
#include <memory>
#include <string>
#include <vector>

#include "broker/core/core_world.h"
#include "common/concat.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/log/record.h"

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
      r.messages.push_back({.record = store::encode_record({.topic = "t", .body = body}).value()});
    });
    world_.settle();
    EXPECT_TRUE(sent.outcome.ok()) << sent.outcome.text;
    return sent.messages[0].log_offset;
  }
  CoreWorld::Kept<ReceiveRequest>& receive() {
    auto& received = world_.ask<ReceiveRequest>([this](auto& r) {
      r.group = std::string("g");
      r.topic = std::string("t");
      r.batch_size = 16;
      r.invisible_ms = 10'000;
      r.cancel_id = world_.new_cancel_id();
    });
    world_.settle();
    if (!received.done) {  // it waited for a page, and there was nothing in it
      world_.clock.advance_ms(3'000);
      world_.settle();
    }
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
  EXPECT_EQ(world_.store().queue("t", 0)->next(), QueueOffset(2));
  world_.settle();
  EXPECT_EQ(world_.store().queue("t", 0)->max(), QueueOffset(2));
  send("new");
  EXPECT_EQ(receive_offsets(), std::vector<int64_t>{2});
}

// ---- the file of a queue

// What a front end does with a delivery: reads its record, and tells the core if that is not there.
class DamagedQueueTest : public DamagedLogTest {
 protected:
  static constexpr char kFile[] = "store/consumequeue/t/0/00000000000000000000";

  void SetUp() override {
    DamagedLogTest::SetUp();
    for (int i = 0; i < 5; ++i) sent_.push_back(send(concat("body ", i)));
    world_.stop();
    disk_.restart();
  }
  std::vector<std::string> receive_bodies() {
    std::vector<std::string> bodies;
    auto mismatch = std::make_unique<EntryMismatchRequest>();
    mismatch->group = "g";
    mismatch->topic = "t";
    for (const auto& delivery : receive().deliveries) {
      attempts_.push_back(delivery.attempt);
      const auto slice =
          world_.store().log().read(delivery.handle.log_offset, delivery.record_size);
      const auto record = slice.ok()
                              ? store::decode_record(slice->bytes(), store::Verify::kChecksums)
                              : slice.status();
      if (record.ok() && record->queue_offset == delivery.handle.queue_offset) {
        bodies.emplace_back(record->body);
      } else {
        mismatch->handles.push_back(delivery.handle);
      }
    }
    world_.post_request(std::move(mismatch));
    world_.settle();
    world_.clock.advance_ms(200);
    world_.settle();
    return bodies;
  }
  std::vector<LogOffset> sent_;
  std::vector<int32_t> attempts_;
};

TEST_F(DamagedQueueTest, AMessageWhoseEntryLedElsewhereComesAgainAtOnceAndNotAsAFurtherAttempt) {
  disk_.flip_bit(kFile, 2 * store::kQueueEntryBytes + 11, 1);  // the size gets smaller
  world_.start();
  EXPECT_EQ(receive_bodies(), (std::vector<std::string>{"body 0", "body 1", "body 3", "body 4"}));
  EXPECT_EQ(receive_bodies(), std::vector<std::string>{"body 2"});
  EXPECT_EQ(attempts_, std::vector<int32_t>(6, 1));
  EXPECT_EQ(world_.store().repaired_entries(), 1);
}

TEST_F(DamagedQueueTest, AMessageThatTheLogHasLostIsAcknowledged) {
  disk_.flip_bit("store/commitlog/00000000000000000000",
                 static_cast<uint64_t>(sent_[2].value() + 90), 3);
  world_.start();
  EXPECT_EQ(receive_bodies(), (std::vector<std::string>{"body 0", "body 1", "body 3", "body 4"}));
  EXPECT_EQ(receive_bodies(), std::vector<std::string>{});
  world_.clock.advance_ms(20'000);
  EXPECT_EQ(receive_bodies().size(), 4U) << "nobody acknowledged those";
  EXPECT_EQ(world_.store().log().damage().refused_reads(), 1);
}

TEST_F(DamagedQueueTest, NothingIsDoneAboutADeliveryThatIsOver) {
  world_.start();
  const ReceiptHandle handle = receive().deliveries.front().handle;
  auto mismatch = std::make_unique<EntryMismatchRequest>();
  mismatch->group = "g";
  mismatch->topic = "t";
  mismatch->handles = {handle, handle};
  mismatch->handles[0].delivery_id += 1;
  mismatch->handles[1].queue_id = 7;
  world_.post_request(std::move(mismatch));
  world_.settle();
  world_.clock.advance_ms(200);
  EXPECT_EQ(receive_offsets(), std::vector<int64_t>{});
}

// ---- the broker's own records

class LostStateTest : public ::testing::Test {
 protected:
  static constexpr int64_t kFileBytes = 64 << 10;

  static CoreWorld::Options options() {
    CoreWorld::Options options;
    options.store.log.segment_bytes = kFileBytes;
    options.store.log.record_bytes_max = 16 << 10;
    return options;
  }
  void apply_topic(const std::string& name) {
    auto& applied = world_.ask<ApplyTopicsRequest>(
        [&](auto& r) { r.topics = {{.name = name, .read_queues = 1, .write_queues = 1}}; });
    world_.settle();
    ASSERT_TRUE(applied.outcome.ok()) << applied.outcome.text;
  }
  // Messages of the topic, until the log's end is in the next file.
  void fill_file(const std::string& topic) {
    const int64_t file = world_.store().log().end().value() / kFileBytes;
    while (world_.store().log().end().value() / kFileBytes == file) {
      auto& sent = world_.ask<SendRequest>([&](auto& r) {
        r.topic = topic;
        const std::string body(8000, 'x');
        r.messages.push_back(
            {.record = store::encode_record({.topic = topic, .body = body}).value()});
      });
      world_.settle();
      ASSERT_TRUE(sent.outcome.ok()) << sent.outcome.text;
    }
  }
  LogOffset last_state_record() {
    LogOffset last(-1);
    const store::CommitLog& log = world_.store().log();
    const absl::Status visited =
        log.visit(log.begin(), log.end(), [&](const store::RecordView& record) {
          if (record.topic == kStateTopic) last = record.log_offset;
          return absl::OkStatus();
        });
    EXPECT_TRUE(visited.ok()) << visited;
    return last;
  }
  absl::Status start_again() {
    world_.crash();
    disk_.restart();
    return world_.try_start();
  }
  void delete_first_file() { disk_.erase_file("store/commitlog/00000000000000000000"); }

  store::SimDisk disk_{{}};
  CoreWorld world_{disk_, "store", options()};
};

TEST_F(LostStateTest, StateWhoseBeginningWasDeletedRefusesTheStart) {
  apply_topic("a");
  fill_file("a");
  apply_topic("b");
  world_.crash();
  delete_first_file();
  ASSERT_TRUE(disk_.list("store/snapshots")->empty());
  const absl::Status refused = start_again();
  EXPECT_TRUE(absl::IsDataLoss(refused));
  EXPECT_NE(refused.message().find("restore a file of snapshots/ from a copy"), std::string::npos)
      << refused;
}

TEST_F(LostStateTest, WithASnapshotTheBeginningMayBeDeleted) {
  apply_topic("a");
  fill_file("a");
  world_.stop();
  world_.start();
  apply_topic("b");
  world_.crash();
  delete_first_file();
  const absl::Status started = start_again();
  ASSERT_TRUE(started.ok()) << started;
  EXPECT_NE(world_.store().find_queue("a", 0), nullptr);
}

// No later one tells that it is gone, and nothing in the damaged bytes says what they were.
TEST_F(LostStateTest, ALostLastStateRecordRefusesTheStart) {
  apply_topic("a");
  apply_topic("b");
  const LogOffset lost = last_state_record();
  auto& sent = world_.ask<SendRequest>([&](auto& r) {
    r.topic = std::string("a");
    r.messages.push_back({.record = store::encode_record({.topic = "a", .body = "x"}).value()});
  });
  world_.settle();
  ASSERT_TRUE(sent.outcome.ok()) << sent.outcome.text;
  ASSERT_GT(sent.messages[0].log_offset, last_state_record());
  world_.crash();
  for (uint64_t byte = 0; byte < 8; ++byte) {
    disk_.flip_bit("store/commitlog/00000000000000000000",
                   static_cast<uint64_t>(lost.value()) + byte, 7);
  }
  const absl::Status refused = start_again();
  EXPECT_TRUE(absl::IsDataLoss(refused));
  EXPECT_NE(refused.message().find("tells what the broker did"), std::string::npos) << refused;
}

}  // namespace
}  // namespace petrel::core
