// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue/queue_capture.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/concat.h"
#include "common/random.h"
#include "gtest/gtest.h"
#include "store/queue/queue_table.h"

namespace petrel::store {
namespace {

// What a snapshot wants of one queue, with nothing shared.
struct Seen {
  std::string topic;
  QueueBounds bounds;
  uint64_t generation = 0;  // 0: nothing to write
  QueueOffset first{0};
  QueueOffset end{0};
  std::vector<QueueEntry> entries;
  std::vector<std::pair<QueueOffset, QueueEntry>> corrected;
  friend bool operator==(const Seen&, const Seen&) = default;
};

void add_unwritten(Seen& seen, uint64_t generation, const QueueView::Unwritten& unwritten) {
  seen.generation = generation;
  seen.first = unwritten.first;
  seen.end = unwritten.end;
  for (const QueueView::Piece& piece : unwritten.pieces) {
    seen.entries.insert(seen.entries.end(), piece.entries.begin(), piece.entries.end());
  }
  for (const CorrectedEntry& entry : unwritten.corrected) {
    seen.corrected.emplace_back(entry.offset, entry.entry);
  }
}

// All queues in one go.
std::vector<Seen> look_at(const QueueTable& table) {
  std::vector<Seen> all;
  for (const auto& [topic, queues] : table.topics()) {
    for (const auto& [queue_id, queue] : queues) {
      if (queue->max() == QueueOffset(0)) continue;  // it never had a message
      Seen& seen = all.emplace_back(Seen{.topic = topic, .bounds = {}});
      if (queue->is_dirty()) add_unwritten(seen, queue->generation(), queue->unwritten());
      LogOffset front = queue->listed_front().value_or(LogOffset(0));
      if (!queue->listed_front().has_value() && !seen.entries.empty()) {
        front = seen.entries.front().log_offset;
      }
      seen.bounds = {.queue_id = queue_id,
                     .min = queue->min(),
                     .max = queue->max(),
                     .front = front,
                     .totals = queue->totals()};
    }
  }
  return all;
}

std::vector<Seen> look_at(const CapturedQueues& captured) {
  std::vector<Seen> all;
  for (const TopicBounds& topic : captured.topics) {
    for (const QueueBounds& queue : topic.queues) {
      Seen& seen = all.emplace_back(Seen{.topic = topic.topic, .bounds = queue});
      for (const UnwrittenQueue& unwritten : captured.unwritten) {
        if (unwritten.topic != topic.topic || unwritten.queue_id != queue.queue_id) continue;
        EXPECT_EQ(seen.generation, 0u) << "twice";
        add_unwritten(seen, unwritten.generation, unwritten.entries);
      }
    }
  }
  EXPECT_EQ(captured.queues, all.size());
  return all;
}

class CaptureTest : public ::testing::Test {
 protected:
  void append(QueueView* queue, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      queue->take_places(1);
      table_.show(queue, {.log_offset = LogOffset(log_end_), .size = 100, .tags_code = log_end_},
                  log_end_);
      log_end_ += 100;
    }
  }
  void delete_topic(std::string_view topic) {
    if (const auto number = table_.hide_topic(topic)) table_.forget_hidden(*number);
  }
  void capture_all() {
    table_.begin_capture();
    EXPECT_TRUE(table_.capture_some(SIZE_MAX));
  }

  QueueTable table_;
  int64_t log_end_ = 0;
};

TEST_F(CaptureTest, AQueueThatChangesIsCapturedAsItWas) {
  append(table_.queue("a", 0), 3);
  append(table_.queue("b", 1), 5);
  append(table_.queue("c", 0), 7);
  const std::vector<Seen> before = look_at(table_);
  table_.begin_capture();
  append(table_.queue("b", 1), 100);
  delete_topic("c");
  append(table_.queue("c", 0), 1);
  append(table_.queue("b", 0), 1);
  append(table_.queue("d", 0), 1);
  EXPECT_FALSE(table_.capture_some(2));
  EXPECT_TRUE(table_.capture_some(20));
  EXPECT_EQ(look_at(table_.end_capture()), before);
}

// A snapshot at an offset before its deletion has it, and not the one made since.
TEST_F(CaptureTest, AQueueThatIsHiddenIsCapturedAndNotItsSuccessor) {
  append(table_.queue("a", 0), 3);
  append(table_.queue("b", 0), 1);
  const std::vector<Seen> before = look_at(table_);
  const uint64_t number = table_.hide_topic("a").value();
  table_.queue("a", 0)->take_places(1);
  capture_all();
  EXPECT_EQ(look_at(table_.end_capture()), before);
  table_.begin_capture();
  table_.forget_hidden(number);
  EXPECT_TRUE(table_.capture_some(SIZE_MAX));
  EXPECT_EQ(look_at(table_.end_capture()), before);
}

TEST_F(CaptureTest, ATurnTakesNoMoreQueuesThanItWasTold) {
  for (int id = 0; id < 10; ++id) append(table_.queue("many", id), 1);
  append(table_.queue("a", 0), 1);
  const std::vector<Seen> before = look_at(table_);
  table_.begin_capture();
  delete_topic("many");  // at once, but sorted in bit by bit
  int turns = 1;
  while (!table_.capture_some(2)) ++turns;
  EXPECT_EQ(turns, 6);
  EXPECT_EQ(look_at(table_.end_capture()), before);
}

TEST_F(CaptureTest, AbandonedItLeavesNothingForTheNextOne) {
  append(table_.queue("a", 0), 1);
  append(table_.queue("b", 0), 1);
  table_.begin_capture();
  append(table_.queue("b", 0), 1);
  table_.end_capture();
  append(table_.queue("a", 0), 1);
  const std::vector<Seen> before = look_at(table_);
  capture_all();
  EXPECT_EQ(look_at(table_.end_capture()), before);
}

TEST_F(CaptureTest, EntriesAreSharedAndStayWhileTheQueueGoesOn) {
  QueueView* const queue = table_.queue("a", 0);
  append(queue, 5);
  capture_all();
  const CapturedQueues captured = table_.end_capture();
  const std::span<const QueueEntry> entries =
      captured.unwritten.front().entries.pieces.front().entries;
  QueueEntry first;
  append(queue, 2000);
  EXPECT_EQ(entries.size(), 5u);
  ASSERT_EQ(queue->read(QueueOffset(4), std::span(&first, 1)), 1u);
  EXPECT_EQ(entries[4], first);
}

// Whatever happens to queues while they are captured.
class RandomCaptureTest : public CaptureTest {
 protected:
  explicit RandomCaptureTest() = default;

  std::string any_topic() { return concat("t", random_->below(6)); }
  QueueView* any_queue() {
    return table_.queue(any_topic(), static_cast<int32_t>(random_->below(4)));
  }
  void move_min(QueueView* queue) {
    const auto entries = static_cast<uint64_t>(queue->durable() - queue->min());
    const QueueOffset min = queue->min() + static_cast<int64_t>(random_->below(entries + 1));
    table_.move_min(queue, {.min = min, .front = LogOffset(log_end_ - 1), .bytes = 100});
  }
  void correct(QueueView* queue) {
    if (queue->min() == queue->durable()) return;
    const auto entries = static_cast<uint64_t>(queue->durable() - queue->min());
    const CorrectedEntry corrected{
        .offset = queue->min() + static_cast<int64_t>(random_->below(entries)),
        .entry = {.log_offset = LogOffset(log_end_), .size = 7}};
    if (random_->below(2) == 0) queue->distrust(corrected.offset);
    queue->correct(std::span(&corrected, 1));
  }
  void change_something() {
    switch (random_->below(10)) {
      case 0:
        delete_topic(any_topic());
        break;
      case 1:
        move_min(any_queue());
        break;
      case 2:
        correct(any_queue());
        break;
      case 3: {
        const QueueView* const queue = any_queue();
        table_.forget_hidden(table_.hide_queue(queue->topic(), queue->queue_id()));
        break;
      }
      default:
        append(any_queue(), random_->below(20));
        break;
    }
  }
  void change_some(uint64_t most) {
    for (uint64_t left = random_->below(most + 1); left > 0; --left) change_something();
  }
  void snapshot() {
    const std::vector<Seen> before = look_at(table_);
    table_.begin_capture();
    do {
      change_some(5);
      if (random_->below(200) == 0) {
        table_.end_capture();
        return;
      }
    } while (!table_.capture_some(random_->below(5)));
    const CapturedQueues captured = table_.end_capture();
    change_some(10);
    ASSERT_EQ(look_at(captured), before);
    if (random_->below(4) == 0) return;  // it could not be written
    while (!table_.set_durable(captured.unwritten, random_->below(5))) change_some(3);
  }

  std::unique_ptr<SeededRandom> random_;
};

TEST_F(RandomCaptureTest, GivesWhatOneGoAtItsBeginWouldHaveGiven) {
  for (uint64_t seed = 1; seed <= 50 && !HasFailure(); ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    random_ = std::make_unique<SeededRandom>(seed);
    for (int round = 0; round < 40 && !HasFailure(); ++round) {
      change_some(30);
      snapshot();
    }
  }
}

}  // namespace
}  // namespace petrel::store
