// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/brokers/broker_admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/brokers/testing/fake_broker.h"

namespace petrel::ops {
namespace {

using testing::HasSubstr;

TEST(BrokerAdmin, ATopicThatIsKeptBecauseItHasMessagesIsToldAndOthersGo) {
  FakeBroker broker;
  broker.set_topic("empty", 1);
  broker.set_topic("full", 1);
  broker.set_topic_size("full", 100);
  BrokerAdmin admin(broker.connection());
  const absl::Status kept = admin.delete_topics({"empty", "full"}, true).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(kept)) << kept;
  EXPECT_THAT(std::string(kept.message()), HasSubstr("topic full has messages"));
  const auto left = admin.content();
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(left->topics.count("full"), 1u);
  EXPECT_EQ(left->topics.count("empty"), 0u);
  EXPECT_TRUE(admin.delete_topics({"full"}, false).ok());
}

TEST(BrokerAdmin, QueuesThatAreNotWrittenAnyMoreAreTold) {
  FakeBroker broker;
  broker.set_queues("wide", 4, 4);
  broker.set_queues("closing", 4, 1);
  BrokerAdmin admin(broker.connection());
  auto content = admin.content();
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->topics.at("wide").closing.messages, 0);
  EXPECT_EQ(content->topics.at("closing").closing.messages, 3);
  EXPECT_EQ(content->topics.at("closing").closing.unread, -1) << "no group reads it";
  broker.set_group("billing");
  const auto closing = [&](const std::vector<int32_t>& lagging_queues) {
    broker.set_lagging("billing", "closing", lagging_queues);
    const auto read = admin.content({"closing"}, {});
    return read.ok() ? read->topics.at("closing").closing : ClosingQueues{.messages = -1};
  };
  EXPECT_EQ(closing({0, 2, 3}), (ClosingQueues{3, 2, "billing"})) << "of those that are closed";
  EXPECT_EQ(closing({0}), (ClosingQueues{3, 0, ""})) << "what comes to the others hinders nothing";
  broker.set_lagging("billing", "wide", {0});
  content = admin.content();
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->topics.at("wide").closing, ClosingQueues()) << "nothing is closed";
}

TEST(BrokerAdmin, AGroupThatIsInUseIsKeptWhateverWasKnownOfItBefore) {
  FakeBroker broker;
  broker.set_group("idle");
  broker.set_group("busy");
  broker.set_lagging("busy");
  BrokerAdmin admin(broker.connection());
  const absl::Status kept = admin.delete_groups({"busy", "idle"}, true).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(kept)) << kept;
  EXPECT_THAT(std::string(kept.message()), HasSubstr("consumer group busy"));
  EXPECT_TRUE(broker.has_group("busy"));
  EXPECT_FALSE(broker.has_group("idle"));
  EXPECT_TRUE(admin.delete_groups({"busy"}, false).ok());
  EXPECT_FALSE(broker.has_group("busy"));
}

}  // namespace
}  // namespace petrel::ops
