// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "broker/core/state.h"
#include "broker/core/state_pieces.h"
#include "broker/core/testing/state_events.h"
#include "broker/core/testing/state_history.h"

namespace petrel::core {
namespace {

using events::bytes_of;

size_t bytes_in(const std::vector<std::string>& pieces) {
  size_t bytes = 0;
  for (const std::string& piece : pieces) {
    bytes += piece.size();
  }
  return bytes;
}

void expect_restores_to(std::vector<std::string> pieces, const std::string& expected,
                        uint32_t seed) {
  std::shuffle(pieces.begin(), pieces.end(), std::mt19937(seed));
  BrokerState restored;
  const absl::Status status = restored.restore(pieces);
  ASSERT_TRUE(status.ok()) << status;
  restored.check_invariants();
  ASSERT_EQ(bytes_of(restored), expected);
}

TEST(StateCapture, TheStateAsItWasWhateverHappensMeanwhile) {
  int64_t captures = 0;
  int64_t events_meanwhile = 0;
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    BrokerState state;
    StateHistory history(seed, {});
    std::string begun;  // the state at begin_capture()
    for (int step = 0; step < 5'000; ++step) {
      events::apply_all({history.next(state)}, state);
      if (!state.capturing()) {
        if (step > 50 && history.pick(20) == 0) {
          begun = bytes_of(state);
          state.begin_capture();
        }
        continue;
      }
      ++events_meanwhile;
      if (history.pick(500) == 0) {
        state.abandon_capture();
        continue;
      }
      const int64_t slice = history.pick(4) == 0 ? 1 + history.pick(2'000) : 0;
      if (slice > 0 && state.capture_some(static_cast<size_t>(slice))) {
        ++captures;
        ASSERT_NO_FATAL_FAILURE(expect_restores_to(state.take_captured(), begun, seed))
            << "step " << step;
        ASSERT_FALSE(state.capturing());
        state.check_invariants();
      }
    }
  }
  EXPECT_GT(captures, 1'000);
  EXPECT_GT(events_meanwhile, 10 * captures);
}

TEST(StateCapture, BothStatesGoOnAlikeFromASnapshot) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    BrokerState state;
    StateHistory history(seed, {});
    for (int step = 0; step < 1'000; ++step) {
      events::apply_all({history.next(state)}, state);
    }
    BrokerState restored;
    ASSERT_TRUE(restored.restore(state.capture_all()).ok());
    for (int step = 0; step < 1'000; ++step) {
      const events::Event event = history.next(state);
      events::apply_all({event}, state);
      events::apply_all({event}, restored);
    }
    ASSERT_EQ(bytes_of(restored), bytes_of(state)) << "seed " << seed;
  }
}

// A group that has 40 queues with 500 open deliveries each.
class LargeCaptureTest : public ::testing::Test {
 protected:
  LargeCaptureTest() {
    events::apply_all({events::topic_set("t", 1), events::group_set("g", 2)}, state_);
    for (int32_t queue_id = 0; queue_id < kQueues; ++queue_id) {
      events::DeliveryFields fields{.id = 1'700'000'000'000, .visible_at_ms = 1'700'000'030'000};
      for (; fields.next < 500; ++fields.next) {
        fields.offsets.push_back(fields.next);
      }
      events::apply_all({events::delivery({2, 1, queue_id}, fields)}, state_);
    }
  }
  void acknowledge_in_every_chunk(int64_t place) {
    for (int32_t queue_id = 0; queue_id < kQueues; ++queue_id) {
      std::vector<int64_t> offsets;
      for (int64_t offset = place; offset < 500; offset += 64) {
        offsets.push_back(offset);
      }
      events::apply_all({events::acknowledged({2, 1, queue_id}, offsets)}, state_);
    }
  }

  static constexpr int32_t kQueues = 40;
  BrokerState state_;
};

TEST_F(LargeCaptureTest, SlicesAndPiecesAreOfTheSizeAskedFor) {
  constexpr size_t kSlice = 4'096;
  const size_t whole = bytes_in(state_.capture_all());
  ASSERT_GT(whole, 200'000u);
  state_.begin_capture();
  size_t slices = 1;
  while (!state_.capture_some(kSlice)) {
    ++slices;
  }
  // A slice ends with the chunk that fills it; a chunk is below 2 KiB here.
  EXPECT_GE(slices, whole / (kSlice + 2'048));
  EXPECT_LE(slices, whole / kSlice * 2 + 2);
  const std::vector<std::string> pieces = state_.take_captured();
  EXPECT_GE(pieces.size(), 2u);
  for (const std::string& piece : pieces) {
    EXPECT_LE(piece.size(), StatePieces::kPieceBytesMax);
  }
  EXPECT_EQ(pieces, state_.capture_all()) << "nothing happened meanwhile";
}

TEST_F(LargeCaptureTest, EachUnitIsSavedOnceHoweverOftenItChanges) {
  const std::string begun = bytes_of(state_);
  const size_t whole = bytes_in(state_.capture_all());
  state_.begin_capture();
  for (int64_t place = 0; place < 64; ++place) {
    acknowledge_in_every_chunk(place);
    state_.capture_some(512);
  }
  while (!state_.capture_some(512)) {
  }
  const std::vector<std::string> pieces = state_.take_captured();
  EXPECT_LE(bytes_in(pieces), whole + 64) << "but for where pieces end";
  expect_restores_to(pieces, begun, 1);
}

TEST_F(LargeCaptureTest, WhatIsDeletedMeanwhileIsCapturedInSlicesToo) {
  const std::string begun = bytes_of(state_);
  state_.begin_capture();
  state_.capture_some(10'000);
  events::apply_all(
      {events::topic_removed(1, 3), events::topic_set("t", 4), events::position({2, 4, 0}, 7)},
      state_);
  size_t slices = 0;
  for (; !state_.capture_some(4'096); ++slices) {
  }
  EXPECT_GT(slices, 30u) << "the deletion itself saved next to nothing";
  expect_restores_to(state_.take_captured(), begun, 1);
}

TEST_F(LargeCaptureTest, ACaptureAtOnceLeavesARunningOneAlone) {
  const std::string begun = bytes_of(state_);
  state_.begin_capture();
  state_.capture_some(5'000);
  acknowledge_in_every_chunk(3);
  EXPECT_NE(bytes_of(state_), begun);
  while (!state_.capture_some(5'000)) {
  }
  expect_restores_to(state_.take_captured(), begun, 1);
}

TEST_F(LargeCaptureTest, AnAbandonedCaptureDoesNotLackInTheNext) {
  state_.begin_capture();
  state_.capture_some(100'000);
  acknowledge_in_every_chunk(3);
  state_.abandon_capture();
  const std::string begun = bytes_of(state_);
  state_.begin_capture();
  acknowledge_in_every_chunk(5);
  while (!state_.capture_some(65'536)) {
  }
  expect_restores_to(state_.take_captured(), begun, 1);
}

}  // namespace
}  // namespace petrel::core
