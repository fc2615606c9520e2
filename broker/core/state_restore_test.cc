// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <functional>

#include "broker/core/state.h"
#include "broker/core/testing/state_events.h"
#include "broker/core/testing/state_history.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {
namespace {

using events::bytes_of;
using state::v1::Snapshot;

class StateRestoreTest : public ::testing::Test {
 protected:
  StateRestoreTest() {
    constexpr events::Queue kQueue{.group = 2, .topic = 1, .queue_id = 1};
    BrokerState state;
    events::apply_all(
        {events::topic_set("orders", 1), events::group_set("billing", 2),
         events::client_set(1, "client-1"), events::position(kQueue, 64),
         events::delivery(kQueue, {.offsets = {64, 70}, .id = 5, .next = 100, .client = 1})},
        state);
    EXPECT_TRUE(sound_.ParseFromString(bytes_of(state)));
  }

  // What the change makes of a sound snapshot is refused with these words.
  void expect_refused(std::string_view words, const std::function<void(Snapshot&)>& change) {
    Snapshot snapshot = sound_;
    change(snapshot);
    BrokerState state;
    const absl::Status status = state.restore(std::vector{snapshot.SerializeAsString()});
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << words;
    EXPECT_NE(status.message().find(words.data(), 0, words.size()), std::string::npos) << status;
  }

  Snapshot sound_;
};

TEST_F(StateRestoreTest, ASoundSnapshotRestores) {
  BrokerState state;
  ASSERT_TRUE(state.restore(std::vector{sound_.SerializeAsString()}).ok());
  state.check_invariants();
  Snapshot again;
  ASSERT_TRUE(again.ParseFromString(bytes_of(state)));
  EXPECT_EQ(again.ShortDebugString(), sound_.ShortDebugString());
}

TEST_F(StateRestoreTest, NoPieceIsAnEmptyState) {
  BrokerState state;
  EXPECT_TRUE(state.restore({}).ok());
  EXPECT_TRUE(state.topics().empty());
}

TEST_F(StateRestoreTest, WhatDoesNotExistIsDataLoss) {
  expect_refused("group 9", [](Snapshot& s) { s.mutable_queues(0)->set_group_id(9); });
  expect_refused("topic 9", [](Snapshot& s) { s.mutable_queues(0)->set_topic_id(9); });
  expect_refused("queue -1", [](Snapshot& s) { s.mutable_queues(0)->set_queue_id(-1); });
  expect_refused("queue 1024", [](Snapshot& s) { s.mutable_queues(0)->set_queue_id(1'024); });
  expect_refused("not begun", [](Snapshot& s) { s.mutable_chunks(0)->set_queue_id(0); });
  expect_refused("not begun", [](Snapshot& s) { s.mutable_chunks(0)->set_queue_id(-1); });
  expect_refused("client 7", [](Snapshot& s) { s.mutable_chunks(0)->set_client_ids(0, 7); });
}

TEST_F(StateRestoreTest, AnOffsetThatTheGroupHasNotComeToIsDataLoss) {
  expect_refused("next offset 70", [](Snapshot& s) { s.mutable_queues(0)->set_next_offset(70); });
  expect_refused("not possible", [](Snapshot& s) { s.mutable_queues(0)->set_next_offset(-1); });
}

TEST_F(StateRestoreTest, WhatStandsTwiceIsDataLoss) {
  const auto count = [](Snapshot& s) { return s.mutable_counts(); };
  expect_refused("topic 'orders'", [&](Snapshot& s) {
    *s.add_topics() = s.topics(0);
    count(s)->set_topics(2);
  });
  expect_refused("group 'billing'", [&](Snapshot& s) {
    *s.add_groups() = s.groups(0);
    count(s)->set_groups(2);
  });
  expect_refused("client 'client-1'", [&](Snapshot& s) {
    *s.add_clients() = s.clients(0);
    count(s)->set_clients(2);
  });
  expect_refused("twice", [&](Snapshot& s) {
    *s.add_queues() = s.queues(0);
    count(s)->set_queues(2);
  });
  expect_refused("twice", [&](Snapshot& s) {
    *s.add_chunks() = s.chunks(0);
    count(s)->set_chunks(2);
  });
}

TEST_F(StateRestoreTest, ListsThatDoNotFitTogetherAreDataLoss) {
  for (const auto& change : std::vector<std::function<void(Snapshot::Chunk&)>>{
           [](auto& chunk) { chunk.set_bitmap(0); },
           [](auto& chunk) { chunk.set_bitmap(chunk.bitmap() | 2); },
           [](auto& chunk) { chunk.set_base(63); }, [](auto& chunk) { chunk.set_base(-64); },
           [](auto& chunk) { chunk.mutable_delivery_ids()->RemoveLast(); },
           [](auto& chunk) { chunk.add_visible_at_ms(1); },
           [](auto& chunk) { chunk.clear_attempts(); },
           [](auto& chunk) { chunk.add_suspended(true); },
           [](auto& chunk) { chunk.mutable_client_ids()->RemoveLast(); },
           [](auto& chunk) { chunk.clear_renew_until_ms(); },
           [](auto& chunk) { chunk.add_answer_left(true); }}) {
    expect_refused("fit", [&](Snapshot& s) { change(*s.mutable_chunks(0)); });
  }
}

TEST_F(StateRestoreTest, IdsBeyondTheLastOneAreDataLoss) {
  expect_refused("id 3", [](Snapshot& s) { s.mutable_topics(0)->set_incarnation(3); });
  expect_refused("id 0", [](Snapshot& s) { s.mutable_groups(0)->set_incarnation(0); });
  expect_refused("version 9", [](Snapshot& s) { s.mutable_groups(0)->set_version(9); });
  expect_refused("client", [](Snapshot& s) { s.set_last_client_id(0); });
}

TEST_F(StateRestoreTest, APieceThatLacksIsDataLoss) {
  expect_refused("not all there", [](Snapshot& s) { s.clear_chunks(); });
  expect_refused("nobody knows", [](Snapshot& s) { s.clear_counts(); });
  BrokerState state;
  const std::string piece = sound_.SerializeAsString();
  EXPECT_EQ(state.restore(std::vector{piece, piece}).code(), absl::StatusCode::kDataLoss);
}

TEST_F(StateRestoreTest, OtherBytesAndOtherFormatsAreDataLoss) {
  BrokerState state;
  EXPECT_EQ(state.restore(std::vector<std::string>{"\xff\xff\xff"}).code(),
            absl::StatusCode::kDataLoss);
  expect_refused("format 3", [](Snapshot& s) { s.set_format(3); });
}

// A flipped bit is refused, or makes another state; it never breaks one.
TEST_F(StateRestoreTest, ASnapshotWithAFlippedBitRestoresToAStateOrNotAtAll) {
  BrokerState state;
  StateHistory history(7, {});
  for (int step = 0; step < 500; ++step) {
    events::apply_all({history.next(state)}, state);
  }
  const std::string sound = bytes_of(state);
  int refused = 0;
  const google::protobuf::LogSilencer silencer;  // names that are no UTF-8
  for (int i = 0; i < 2'000; ++i) {
    std::string flipped = sound;
    char& byte = flipped[static_cast<size_t>(history.pick(static_cast<int64_t>(sound.size())))];
    byte = static_cast<char>(byte ^ (1 << history.pick(8)));
    BrokerState restored;
    if (!restored.restore(std::vector{flipped}).ok()) {
      ++refused;
      continue;
    }
    restored.check_invariants();
    BrokerState again;
    ASSERT_TRUE(again.restore(restored.capture_all()).ok());
    ASSERT_EQ(bytes_of(again), bytes_of(restored));
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace petrel::core
