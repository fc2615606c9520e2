// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "proto/message_queues.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "apache/rocketmq/v2/service.pb.h"

namespace petrel {
namespace {

namespace v2 = apache::rocketmq::v2;
using ::testing::ElementsAre;

std::vector<std::string> queues(const QueueCounts& counts) {
  v2::MessageQueue queue;
  queue.mutable_topic()->set_name("orders");
  v2::QueryRouteResponse response;
  add_message_queues(counts, queue, response.mutable_message_queues());
  std::vector<std::string> result;
  for (const v2::MessageQueue& q : response.message_queues()) {
    EXPECT_EQ(q.topic().name(), "orders");
    result.push_back(std::to_string(q.id()) + v2::Permission_Name(q.permission()));
  }
  return result;
}

TEST(MessageQueuesTest, QueuesForBothCountFromZero) {
  EXPECT_THAT(queues({2, 2, true, true}), ElementsAre("0READ_WRITE", "1READ_WRITE"));
}

TEST(MessageQueuesTest, QueuesForReadingOnlyComeFirst) {
  EXPECT_THAT(queues({3, 1, true, true}), ElementsAre("0READ", "1READ", "2READ_WRITE"));
}

TEST(MessageQueuesTest, QueuesForWritingOnlyComeBeforeThoseForBoth) {
  EXPECT_THAT(queues({1, 2, true, true}), ElementsAre("0WRITE", "1READ_WRITE"));
}

TEST(MessageQueuesTest, ThePermissionOfTheTopicHoldsForAllQueues) {
  EXPECT_THAT(queues({1, 2, true, false}), ElementsAre("0READ"));
  EXPECT_THAT(queues({1, 2, false, true}), ElementsAre("0WRITE", "1WRITE"));
}

TEST(MessageQueuesTest, ATopicWithoutPermissionShowsItsQueuesAsNone) {
  EXPECT_THAT(queues({1, 2, false, false}), ElementsAre("0NONE", "1NONE"));
  EXPECT_THAT(queues({0, 0, false, false}), ElementsAre("0NONE"));
}

}  // namespace
}  // namespace petrel
