// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/group_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace petrel::core {
namespace {

using store::QueueOffset;

std::vector<QueueOffset> due(const GroupQueue& queue, int64_t now_ms) {
  std::vector<QueueOffset> offsets;
  queue.due(now_ms, 1'000, offsets);
  return offsets;
}

TEST(GroupQueue, ADeliveryMovesNextAndStaysOpenUntilAcknowledged) {
  GroupQueue queue;
  EXPECT_EQ(queue.deliver(QueueOffset(0), {.delivery_id = 10, .visible_at_ms = 100}), 1);
  EXPECT_EQ(queue.next(), QueueOffset(1));
  EXPECT_EQ(queue.commit_offset(), QueueOffset(0));
  EXPECT_NE(queue.find(QueueOffset(0), 10), nullptr);
  EXPECT_TRUE(queue.acknowledge(QueueOffset(0)));
  EXPECT_EQ(queue.commit_offset(), QueueOffset(1));
  EXPECT_EQ(queue.find(QueueOffset(0), 10), nullptr);
  EXPECT_FALSE(queue.acknowledge(QueueOffset(0)));
}

TEST(GroupQueue, AnExpiredDeliveryIsDueAndItsRedeliveryIsTheNextAttempt) {
  GroupQueue queue;
  queue.deliver(QueueOffset(0), {.delivery_id = 10, .visible_at_ms = 100});
  EXPECT_TRUE(due(queue, 99).empty());
  EXPECT_EQ(due(queue, 100), std::vector{QueueOffset(0)});
  EXPECT_EQ(queue.deliver(QueueOffset(0), {.delivery_id = 11, .visible_at_ms = 200}), 2);
  EXPECT_TRUE(due(queue, 100).empty());
  EXPECT_EQ(queue.find(QueueOffset(0), 10), nullptr) << "the old handle is dead";
  EXPECT_NE(queue.find(QueueOffset(0), 11), nullptr);
}

TEST(GroupQueue, ASuspendedDeliveryDoesNotCountAsAnAttempt) {
  GroupQueue queue;
  queue.deliver(QueueOffset(0), {.delivery_id = 10, .visible_at_ms = 100});
  EXPECT_TRUE(queue.extend(QueueOffset(0), 11, 50, /*suspend=*/true, /*keep_renewing=*/false));
  EXPECT_EQ(queue.deliver(QueueOffset(0), {.delivery_id = 12, .visible_at_ms = 200}), 1);
  EXPECT_EQ(queue.deliver(QueueOffset(0), {.delivery_id = 13, .visible_at_ms = 300}), 2);
}

TEST(GroupQueue, AnExtensionMovesTheTimeAndKillsTheOldHandle) {
  GroupQueue queue;
  queue.deliver(QueueOffset(0),
                {.delivery_id = 10, .visible_at_ms = 100, .renew_client_id = "client"});
  EXPECT_TRUE(queue.extend(QueueOffset(0), 11, 500, false, false));
  EXPECT_EQ(queue.earliest_visible_at_ms(), 500);
  EXPECT_EQ(queue.find(QueueOffset(0), 10), nullptr);
  ASSERT_NE(queue.find(QueueOffset(0), 11), nullptr);
  EXPECT_TRUE(queue.find(QueueOffset(0), 11)->renew_client_id.empty());
  EXPECT_FALSE(queue.extend(QueueOffset(7), 12, 500, false, false));
}

TEST(GroupQueue, TheNextInvisibleOneIsFoundBehindThoseThatAreDue) {
  GroupQueue queue;
  queue.deliver(QueueOffset(0), {.delivery_id = 1, .visible_at_ms = 100});
  queue.deliver(QueueOffset(1), {.delivery_id = 1, .visible_at_ms = 300});
  EXPECT_EQ(queue.next_visible_after_ms(100), 300);
  EXPECT_EQ(queue.next_visible_after_ms(99), 100);
  EXPECT_EQ(queue.next_visible_after_ms(300), std::nullopt);
}

// A naive model: every offset's state in one map.
TEST(GroupQueue, AgreesWithANaiveModelOverRandomOperations) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int64_t n) { return static_cast<int64_t>(random()) % n; };
    GroupQueue queue;
    struct Open {
      int64_t id, at;
      int32_t attempt;
      bool suspended;
    };
    std::map<int64_t, Open> model;
    int64_t next = 0, now = 1'000, id = 0;
    for (int step = 0; step < 2'000; ++step) {
      now += pick(5);
      ++id;
      const int64_t offset = pick(next + 1);
      switch (pick(4)) {
        case 0:
          queue.deliver(QueueOffset(next), {.delivery_id = id, .visible_at_ms = now + 20});
          model[next++] = {id, now + 20, 1, false};
          break;
        case 1:
          EXPECT_EQ(queue.acknowledge(QueueOffset(offset)), model.erase(offset) == 1);
          break;
        case 2: {
          const bool suspend = pick(2) == 0;
          const auto it = model.find(offset);
          EXPECT_EQ(queue.extend(QueueOffset(offset), id, now + 40, suspend, false),
                    it != model.end());
          if (it != model.end()) it->second = {id, now + 40, it->second.attempt, suspend};
          break;
        }
        default:
          for (const QueueOffset o : due(queue, now)) {
            Open& open = model.at(o.value());
            ASSERT_LE(open.at, now);
            open = {id, now + 20, open.attempt + (open.suspended ? 0 : 1), false};
            EXPECT_EQ(queue.deliver(o, {.delivery_id = id, .visible_at_ms = now + 20}),
                      open.attempt);
          }
      }
      ASSERT_EQ(queue.next().value(), next);
      ASSERT_EQ(queue.in_flight().size(), model.size());
      ASSERT_EQ(queue.commit_offset().value(), model.empty() ? next : model.begin()->first);
    }
    for (const auto& [offset, open] : model) {
      const auto* found = queue.find(QueueOffset(offset), open.id);
      ASSERT_NE(found, nullptr) << "seed " << seed;
      EXPECT_EQ(found->visible_at_ms, open.at);
      EXPECT_EQ(found->attempt, open.attempt);
    }
  }
}

}  // namespace
}  // namespace petrel::core
