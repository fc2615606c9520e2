// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/registration/table_diff.h"

#include "gtest/gtest.h"

namespace petrel::broker {
namespace {

std::shared_ptr<const core::TopicConfig> topic(const std::string& name, int64_t version) {
  return std::make_shared<core::TopicConfig>(
      core::TopicConfig{.name = name,
                        .read_queues = 8,
                        .write_queues = 4,
                        .permission = 6,
                        .message_type = core::MessageType::kNormal,
                        .version = version});
}

TEST(TableDiff, TheFirstRequestTellsEverything) {
  TableDiff table;
  nameserver::v1::RegisterRequest request;
  table.fill({topic("a", 1), topic("b", 2)}, &request);
  EXPECT_TRUE(request.full());
  ASSERT_EQ(request.topics_size(), 2);
  EXPECT_EQ(request.topics(0).topic(), "a");
  EXPECT_EQ(request.topics(0).read_queues(), 8);
  EXPECT_EQ(request.topics(0).write_queues(), 4);
  EXPECT_EQ(request.topics(0).permission(), 6);
  EXPECT_EQ(request.topics(0).message_types(0), 1);
}

TEST(TableDiff, LaterOnesTellWhatChanged) {
  TableDiff table;
  nameserver::v1::RegisterRequest first;
  table.fill({topic("a", 1), topic("b", 2), topic("c", 3)}, &first);
  nameserver::v1::RegisterRequest second;
  table.fill({topic("a", 1), topic("b", 4), topic("d", 5)}, &second);
  EXPECT_FALSE(second.full());
  ASSERT_EQ(second.topics_size(), 2);
  EXPECT_EQ(second.topics(0).topic(), "b");
  EXPECT_EQ(second.topics(1).topic(), "d");
  ASSERT_EQ(second.removed_topics_size(), 1);
  EXPECT_EQ(second.removed_topics(0), "c");
  nameserver::v1::RegisterRequest heartbeat;
  table.fill({topic("a", 1), topic("b", 4), topic("d", 5)}, &heartbeat);
  EXPECT_EQ(heartbeat.topics_size() + heartbeat.removed_topics_size(), 0);
}

TEST(TableDiff, AfterAResetEverythingIsToldAgain) {
  TableDiff table;
  nameserver::v1::RegisterRequest first;
  table.fill({topic("a", 1)}, &first);
  table.reset();
  nameserver::v1::RegisterRequest again;
  table.fill({topic("a", 1)}, &again);
  EXPECT_TRUE(again.full());
  EXPECT_EQ(again.topics_size(), 1);
}

}  // namespace
}  // namespace petrel::broker
