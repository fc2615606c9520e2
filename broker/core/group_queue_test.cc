// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/group_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>

namespace petrel::core {
namespace {

using store::QueueOffset;
using Offsets = std::vector<int64_t>;

// No capture runs; clients are counted.
class Counting : public QueueChanges {
 public:
  Counting() : QueueChanges(0) {}
  void save_head(const GroupQueue&) override { ADD_FAILURE() << "no capture runs"; }
  void save_chunk(const OpenChunk&) override { ADD_FAILURE() << "no capture runs"; }
  void count(ClientId client, int64_t open_deliveries) override {
    counts[client.value()] += open_deliveries;
    EXPECT_GE(counts[client.value()], 0);
  }
  std::map<int64_t, int64_t> counts;
};

Offsets due(const GroupQueue& queue, int64_t now_ms, size_t limit = 100'000) {
  std::vector<QueueOffset> found;
  queue.due(now_ms, limit, found);
  Offsets offsets;
  for (const QueueOffset offset : found) {
    offsets.push_back(offset.value());
  }
  return offsets;
}

class GroupQueueTest : public ::testing::Test {
 protected:
  void deliver(const Offsets& offsets, int64_t id, int64_t visible_at_ms, int64_t client = 0) {
    const int64_t next = *std::max_element(offsets.begin(), offsets.end()) + 1;
    queue_.deliver(offsets,
                   {.delivery_id = id, .visible_at_ms = visible_at_ms, .client = ClientId(client)},
                   QueueOffset(next), changes_);
  }
  int32_t attempt(int64_t offset) { return queue_.find(QueueOffset(offset))->attempt; }
  bool acknowledge(int64_t offset) { return queue_.acknowledge(Offsets{offset}, changes_) == 1; }
  void TearDown() override { queue_.check_invariants(); }

  GroupQueue queue_;
  Counting changes_;
};

TEST_F(GroupQueueTest, ADeliveryMovesNextAndStaysOpenUntilAcknowledged) {
  deliver({0}, 10, 100);
  EXPECT_EQ(attempt(0), 1);
  EXPECT_EQ(queue_.next(), QueueOffset(1));
  EXPECT_EQ(queue_.commit_offset(), QueueOffset(0));
  EXPECT_NE(queue_.find(QueueOffset(0), 10), nullptr);
  EXPECT_TRUE(acknowledge(0));
  EXPECT_EQ(queue_.commit_offset(), QueueOffset(1));
  EXPECT_EQ(queue_.find(QueueOffset(0), 10), nullptr);
  EXPECT_FALSE(acknowledge(0));
}

TEST_F(GroupQueueTest, AnOffsetThatWasNotLookedAtIsNeverOpen) {
  const GroupQueue::InFlight delivery{.delivery_id = 10, .visible_at_ms = 100};
  EXPECT_DEATH(queue_.deliver(Offsets{3}, delivery, QueueOffset(3), changes_), "I-5");
  EXPECT_DEATH(queue_.deliver(Offsets{-1}, delivery, QueueOffset(3), changes_), "check failed");
  EXPECT_DEATH(queue_.reposition(QueueOffset(-1), changes_), "check failed");
}

TEST_F(GroupQueueTest, AnExpiredDeliveryIsDueAndItsRedeliveryIsTheNextAttempt) {
  deliver({0}, 10, 100);
  EXPECT_TRUE(due(queue_, 99).empty());
  EXPECT_EQ(due(queue_, 100), Offsets{0});
  deliver({0}, 11, 200);
  EXPECT_EQ(attempt(0), 2);
  EXPECT_TRUE(due(queue_, 100).empty());
  EXPECT_EQ(queue_.find(QueueOffset(0), 10), nullptr) << "the old handle is dead";
  EXPECT_NE(queue_.find(QueueOffset(0), 11), nullptr);
}

TEST_F(GroupQueueTest, ASuspendedDeliveryDoesNotCountAsAnAttempt) {
  deliver({0}, 10, 100);
  EXPECT_TRUE(queue_.extend({.delivery_id = 11, .visible_at_ms = 50, .suspend = true}, changes_));
  deliver({0}, 12, 200);
  EXPECT_EQ(attempt(0), 1);
  deliver({0}, 13, 300);
  EXPECT_EQ(attempt(0), 2);
}

TEST_F(GroupQueueTest, AnExtensionMovesTheTimeAndKillsTheOldHandle) {
  deliver({0}, 10, 100, /*client=*/5);
  EXPECT_EQ(changes_.counts[5], 1);
  EXPECT_TRUE(queue_.extend({.delivery_id = 11, .visible_at_ms = 500}, changes_));
  EXPECT_EQ(queue_.earliest_visible_at_ms(), 500);
  EXPECT_EQ(queue_.find(QueueOffset(0), 10), nullptr);
  ASSERT_NE(queue_.find(QueueOffset(0), 11), nullptr);
  EXPECT_EQ(queue_.find(QueueOffset(0), 11)->client, ClientId(0));
  EXPECT_EQ(changes_.counts[5], 0);
  EXPECT_FALSE(queue_.extend({.offset = QueueOffset(7), .delivery_id = 12}, changes_));
}

TEST_F(GroupQueueTest, TheNextInvisibleOneIsFoundBehindThoseThatAreDue) {
  deliver({0}, 1, 100);
  deliver({1}, 1, 300);
  deliver({700}, 1, 400);
  EXPECT_EQ(queue_.next_visible_after_ms(100), 300);
  EXPECT_EQ(queue_.next_visible_after_ms(99), 100);
  EXPECT_EQ(queue_.next_visible_after_ms(300), 400);
  EXPECT_EQ(queue_.next_visible_after_ms(400), std::nullopt);
}

TEST_F(GroupQueueTest, DueOnesComeByTheirChunksTimeAndThenByOffset) {
  deliver({64, 66}, 1, 100);
  deliver({0, 3}, 2, 200);
  deliver({65}, 3, 300);
  EXPECT_EQ(due(queue_, 299), (Offsets{64, 66, 0, 3}));
  EXPECT_EQ(due(queue_, 300), (Offsets{64, 65, 66, 0, 3}));
  EXPECT_EQ(due(queue_, 300, 2), (Offsets{64, 65}));
}

TEST_F(GroupQueueTest, AWalkGoesOnBehindWhatItsVisitorRefused) {
  deliver({0, 1, 2, 70, 71, 130}, 1, 100);
  GroupQueue::DuePosition position;
  Offsets seen;
  const auto two = [&seen](QueueOffset offset, const InFlight&) {
    seen.push_back(offset.value());
    return seen.size() % 2 != 0;
  };
  EXPECT_FALSE(queue_.walk_due(100, position, two));
  EXPECT_EQ(seen, (Offsets{0, 1}));
  EXPECT_FALSE(queue_.walk_due(100, position, two));
  EXPECT_EQ(seen, (Offsets{0, 1, 2, 70}));
  EXPECT_FALSE(queue_.walk_due(100, position, two));
  EXPECT_TRUE(queue_.walk_due(100, position, two));
  EXPECT_EQ(seen, (Offsets{0, 1, 2, 70, 71, 130}));
}

TEST_F(GroupQueueTest, GoingBackEndsWhatIsOpenThere) {
  deliver({10, 63, 64, 200}, 1, 100, 5);
  queue_.reposition(QueueOffset(63), changes_);
  EXPECT_EQ(queue_.next(), QueueOffset(63));
  EXPECT_EQ(queue_.in_flight_count(), 1u);
  EXPECT_NE(queue_.find(QueueOffset(10)), nullptr);
  EXPECT_EQ(changes_.counts[5], 1);
}

TEST_F(GroupQueueTest, ShorteningEndsWhatIsBelowAndMovesUp) {
  deliver({10, 63, 64, 200}, 1, 100);
  EXPECT_EQ(queue_.count_in_flight_below(QueueOffset(64)), 2u);
  queue_.shorten(QueueOffset(64), changes_);
  EXPECT_EQ(queue_.commit_offset(), QueueOffset(64));
  EXPECT_EQ(queue_.next(), QueueOffset(201));
  queue_.shorten(QueueOffset(500), changes_);
  EXPECT_EQ(queue_.in_flight_count(), 0u);
  EXPECT_EQ(queue_.next(), QueueOffset(500));
}

TEST_F(GroupQueueTest, TheLatestTimeThereIsIsATimeLikeOthers) {
  const int64_t last_ms = std::numeric_limits<int64_t>::max();
  deliver({0}, 1, last_ms);
  EXPECT_EQ(queue_.earliest_visible_at_ms(), last_ms);
  EXPECT_EQ(due(queue_, last_ms), Offsets{0});
  EXPECT_EQ(queue_.next_visible_after_ms(last_ms), std::nullopt);
}

TEST_F(GroupQueueTest, AChunkOfOneDeliveryIsSmall) {
  Offsets all(64);
  for (size_t i = 0; i < all.size(); ++i) {
    all[i] = static_cast<int64_t>(i);
  }
  deliver(all, 1, 100);
  queue_.acknowledge(Offsets(all.begin() + 1, all.end()), changes_);
  ASSERT_EQ(queue_.chunks().size(), 1u);
  EXPECT_LE(queue_.chunks().begin()->second.deliveries().capacity(), 8u);
}

// --- against plain code --------------------------------------------------------------------------

// What a group queue is, said with one map.
class Reference {
 public:
  struct Open {
    int64_t id, at;
    int32_t attempt;
    bool suspended;
    int64_t client;
    bool sent;  // its answer
  };

  void deliver(const Offsets& offsets, int64_t id, int64_t at, int64_t client, int64_t to) {
    for (const int64_t offset : offsets) {
      const auto known = open.find(offset);
      const int32_t attempt = known == open.end()       ? 1
                              : known->second.suspended ? known->second.attempt
                                                        : known->second.attempt + 1;
      open[offset] = {id, at, attempt, false, client, false};
    }
    next = std::max(next, to);
  }
  void erase(int64_t from, int64_t to) { open.erase(open.lower_bound(from), open.lower_bound(to)); }
  Offsets due(int64_t now) const {
    std::map<int64_t, int64_t> earliest;  // of chunks
    for (const auto& [offset, delivery] : open) {
      const auto [it, added] = earliest.try_emplace(offset / 64, delivery.at);
      it->second = std::min(it->second, delivery.at);
    }
    Offsets found;
    for (const auto& [offset, delivery] : open) {
      if (delivery.at <= now) {
        found.push_back(offset);
      }
    }
    std::sort(found.begin(), found.end(), [&earliest](int64_t a, int64_t b) {
      return std::tuple(earliest[a / 64], a) < std::tuple(earliest[b / 64], b);
    });
    return found;
  }
  std::optional<int64_t> visible_after(int64_t now) const {
    std::optional<int64_t> first;
    for (const auto& [offset, delivery] : open) {
      if (delivery.at > now) {
        first = std::min(first.value_or(delivery.at), delivery.at);
      }
    }
    return first;
  }

  int64_t next = 0;
  std::map<int64_t, Open> open;
};

class RandomQueue {
 public:
  explicit RandomQueue(uint32_t seed) : random_(seed) {}

  void step() {
    now_ += pick(5);
    ++id_;
    switch (pick(10)) {
      case 0:
      case 1:
      case 2:
        deliver_new();
        break;
      case 3:
        deliver_again();
        break;
      case 4:
      case 5:
      case 6:
        acknowledge();
        break;
      case 7:
      case 8:
        extend();
        break;
      default:
        move();
    }
  }

  void compare() {
    queue_.check_invariants();
    ASSERT_EQ(queue_.next().value(), model_.next);
    ASSERT_EQ(queue_.in_flight_count(), model_.open.size());
    ASSERT_EQ(queue_.commit_offset().value(),
              model_.open.empty() ? model_.next : model_.open.begin()->first);
    ASSERT_EQ(due(queue_, now_), model_.due(now_));
    ASSERT_EQ(queue_.next_visible_after_ms(now_), model_.visible_after(now_));
    ASSERT_EQ(queue_.earliest_visible_at_ms(),
              model_.visible_after(std::numeric_limits<int64_t>::min()));
    std::map<int64_t, int64_t> counts;
    auto expected = model_.open.begin();
    queue_.visit_in_flight(QueueOffset(0), [&](QueueOffset offset, const InFlight& open) {
      const auto& [at, one] = *expected++;
      EXPECT_EQ(offset.value(), at);
      EXPECT_EQ(std::tuple(open.delivery_id, open.visible_at_ms, open.attempt, open.suspended,
                           open.client.value(), open.answer_sent),
                std::tuple(one.id, one.at, one.attempt, one.suspended, one.client, one.sent));
      if (one.client != 0) {
        ++counts[one.client];
      }
      return true;
    });
    ASSERT_EQ(expected, model_.open.end());
    std::erase_if(changes_.counts, [](const auto& count) { return count.second == 0; });
    ASSERT_EQ(counts, changes_.counts);
    compare_walk();
  }

 private:
  int64_t pick(int64_t end) { return static_cast<int64_t>(random_()) % end; }

  void deliver(const Offsets& offsets, int64_t to) {
    const int64_t client = pick(3);
    const int64_t at = now_ + pick(60);
    queue_.deliver(offsets, {.delivery_id = id_, .visible_at_ms = at, .client = ClientId(client)},
                   QueueOffset(to), changes_);
    model_.deliver(offsets, id_, at, client, to);
  }
  void deliver_new() {
    Offsets offsets;
    const int64_t to = model_.next + pick(40);
    for (int64_t offset = model_.next; offset < to; ++offset) {
      if (pick(3) != 0) {
        offsets.push_back(offset);
      }
    }
    deliver(offsets, to);
  }
  void deliver_again() {
    Offsets offsets = due(queue_, now_, static_cast<size_t>(pick(20)));
    if (model_.next > 0 && pick(4) == 0) {
      offsets.push_back(pick(model_.next));  // one that is done, maybe; maybe one twice
    }
    deliver(offsets, model_.next);
  }
  int64_t some_offset() {
    const int64_t offset = pick(model_.next + 1);
    const auto open = model_.open.lower_bound(offset);
    return open == model_.open.end() || pick(5) == 0 ? offset : open->first;
  }
  void acknowledge() {
    Offsets offsets;
    for (int64_t i = pick(80); i > 0; --i) {
      offsets.push_back(some_offset());
    }
    if (pick(2) == 0) {
      std::sort(offsets.begin(), offsets.end());
    }
    size_t open = 0;
    for (const int64_t offset : offsets) {
      open += model_.open.erase(offset);
    }
    EXPECT_EQ(queue_.acknowledge(offsets, changes_), open);
  }
  void extend() {
    const GroupQueue::Extension extension{.offset = QueueOffset(some_offset()),
                                          .delivery_id = id_,
                                          .visible_at_ms = now_ + pick(60),
                                          .suspend = pick(2) == 0,
                                          .keep_renewing = pick(2) == 0};
    const auto known = model_.open.find(extension.offset.value());
    ASSERT_EQ(queue_.extend(extension, changes_), known != model_.open.end());
    if (known != model_.open.end()) {
      Reference::Open& open = known->second;
      open = {id_,
              extension.visible_at_ms,
              open.attempt,
              extension.suspend,
              extension.keep_renewing ? open.client : 0,
              extension.keep_renewing && open.client != 0};
    }
  }
  void move() {
    if (pick(2) == 0) {
      const int64_t next = std::max<int64_t>(model_.next + pick(200) - 100, 0);
      queue_.reposition(QueueOffset(next), changes_);
      model_.erase(next, std::numeric_limits<int64_t>::max());
      model_.next = next;
    } else {
      const int64_t min = queue_.commit_offset().value() + pick(300);
      queue_.shorten(QueueOffset(min), changes_);
      model_.erase(0, min);
      model_.next = std::max(model_.next, min);
    }
  }
  // A walk in parts, of a few each.
  void compare_walk() {
    GroupQueue::DuePosition position;
    Offsets seen;
    bool over = false;
    while (!over) {
      int64_t left = 1 + pick(5);
      over = queue_.walk_due(now_, position, [&](QueueOffset offset, const InFlight& open) {
        EXPECT_LE(open.visible_at_ms, now_);
        seen.push_back(offset.value());
        return --left > 0;
      });
    }
    ASSERT_EQ(seen, model_.due(now_));
  }

  std::mt19937 random_;
  GroupQueue queue_;
  Counting changes_;
  Reference model_;
  int64_t now_ = 1'000;
  int64_t id_ = 0;
};

TEST(GroupQueue, AgreesWithAPlainMapOverRandomOperations) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    RandomQueue queue(seed);
    for (int step = 0; step < 1'000; ++step) {
      ASSERT_NO_FATAL_FAILURE(queue.step());
      if (step % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(queue.compare()) << "step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace petrel::core
