// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue/queue_table.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/concat.h"
#include "gtest/gtest.h"

namespace petrel::store {
namespace {

void append(QueueTable& table, QueueView* queue, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    queue->take_places(1);
    table.show(queue, {.log_offset = LogOffset(queue->max().value() * 100), .size = 100}, 1);
  }
}

std::shared_ptr<const QueuePage> page(int64_t number) {
  auto loaded = std::make_shared<QueuePage>();
  loaded->first = QueueOffset(number * kQueuePageEntries);
  loaded->entries.assign(kQueuePageEntries, {.log_offset = LogOffset(1), .size = 100});
  return loaded;
}

bool is_loaded(const QueueView* queue, int64_t number) {
  QueueEntry entry;
  return queue->read(QueueOffset(number * kQueuePageEntries), std::span(&entry, 1)) == 1;
}

bool delete_topic(QueueTable& table, std::string_view topic) {
  const std::optional<uint64_t> number = table.hide_topic(topic);
  if (number.has_value()) table.forget_hidden(*number);
  return number.has_value();
}

std::vector<UnwrittenQueue> unwritten(QueueTable& table) {
  table.begin_capture();
  EXPECT_TRUE(table.capture_some(SIZE_MAX));
  return table.end_capture().unwritten;
}

void make_durable(QueueTable& table) { EXPECT_TRUE(table.set_durable(unwritten(table), SIZE_MAX)); }

TEST(QueueTable, WhatWasFoundLastIsNotFoundWhenItIsGone) {
  QueueTable table;
  QueueView* const first = table.queue("b", 0);
  EXPECT_EQ(table.find("b", 0), first);
  for (int i = 0; i < 100; ++i) table.queue(concat("a", i), 0);
  EXPECT_EQ(table.find("b", 0), first);
  EXPECT_EQ(table.find("b", 1), nullptr);
  QueueView* const second = table.queue("b", 1);
  EXPECT_EQ(table.find("b", 1), second);
  EXPECT_TRUE(delete_topic(table, "b"));
  EXPECT_EQ(table.find("b", 0), nullptr);
  EXPECT_NE(table.queue("b", 0), nullptr);
  EXPECT_EQ(table.find("b", 1), nullptr);
}

TEST(QueueTable, WhatStaysInMemoryIsBoundedWith100000Queues) {
  constexpr int kTopics = 1000;
  constexpr int kQueuesOfTopic = 100;
  QueueTable table;
  std::vector<QueueView*> queues;
  for (int topic = 0; topic < kTopics; ++topic) {
    for (int id = 0; id < kQueuesOfTopic; ++id) {
      queues.push_back(table.queue(concat("t", topic), id));
      append(table, queues.back(), 20);
    }
  }
  const auto in_memory = [&] {
    int64_t sum = 0;
    for (const QueueView* queue : queues) sum += queue->entries_in_memory();
    return sum;
  };
  ASSERT_EQ(in_memory(), 2'000'000);
  make_durable(table);
  EXPECT_LE(in_memory(), QueueTable::kWarmEntriesOfAll);
  EXPECT_GE(in_memory(), QueueTable::kWarmEntriesOfAll / 2);
  EXPECT_EQ(queues.front()->entries_in_memory(), queues.back()->entries_in_memory());
  // Those that get nothing new leave memory, and the others have room.
  append(table, queues[7], 1000);
  make_durable(table);
  EXPECT_EQ(in_memory(), QueueTable::kWarmEntries);
  EXPECT_EQ(queues[7]->entries_in_memory(), QueueTable::kWarmEntries);
}

TEST(QueueTable, QueuesWithFewEntriesLeaveTheirShareToOthers) {
  QueueTable table;
  std::vector<QueueView*> queues;
  for (int id = 0; id < 50'000; ++id) {
    queues.push_back(table.queue("t", id));
    append(table, queues.back(), id == 0 ? 1000 : 2);
  }
  make_durable(table);
  EXPECT_EQ(queues[0]->entries_in_memory(), QueueTable::kWarmEntries);
  EXPECT_EQ(queues[1]->entries_in_memory(), 2);
}

// 100,000 times 100,000 would take longer than anybody waits for a test.
TEST(QueueTable, ATopicIsDeletedInProportionToItsQueues) {
  constexpr int kTopics = 100'000;
  QueueTable table;
  for (int topic = 0; topic < kTopics; ++topic)
    append(table, table.queue(concat("t", topic), 0), 2);
  make_durable(table);  // warm
  for (int topic = 0; topic < kTopics; ++topic)
    append(table, table.queue(concat("t", topic), 0), 1);
  for (int topic = 0; topic < kTopics - 1; ++topic) {
    ASSERT_TRUE(delete_topic(table, concat("t", topic)));
  }
  EXPECT_FALSE(delete_topic(table, "t0"));
  const std::vector<UnwrittenQueue> left = unwritten(table);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].topic, concat("t", kTopics - 1));
  EXPECT_EQ(table.with_front_below(LogOffset(1'000'000)).size(), 1u);
}

TEST(QueueTable, TheOldestLoadedPageLeavesFirst) {
  QueueTable table;
  QueueView* const queue = table.add("t", 0, QueueOffset(0), QueueOffset(2000 * kQueuePageEntries));
  for (int64_t number = 0; number < 1024; ++number) table.put_page(queue, page(number));
  table.put_page(queue, page(0));  // again, so it is the newest
  table.put_page(queue, page(1024));
  EXPECT_TRUE(is_loaded(queue, 0));
  EXPECT_FALSE(is_loaded(queue, 1));
  EXPECT_TRUE(is_loaded(queue, 2));
}

TEST(QueueTable, PagesOfADeletedTopicLeaveWithIt) {
  QueueTable table;
  const QueueOffset end(2000 * kQueuePageEntries);
  for (int64_t number = 0; number < 600; ++number) {
    table.put_page(
        table.find("t", 0) == nullptr ? table.add("t", 0, QueueOffset(0), end) : table.find("t", 0),
        page(number));
  }
  QueueView* const kept = table.add("kept", 0, QueueOffset(0), end);
  for (int64_t number = 0; number < 400; ++number) table.put_page(kept, page(number));
  ASSERT_TRUE(delete_topic(table, "t"));
  for (int64_t number = 400; number < 1024; ++number) table.put_page(kept, page(number));
  for (int64_t number = 0; number < 1024; ++number) EXPECT_TRUE(is_loaded(kept, number)) << number;
}

}  // namespace
}  // namespace petrel::store
