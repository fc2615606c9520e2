// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/state.h"

#include <gtest/gtest.h>

#include "broker/core/journal.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {
namespace {

using store::QueueOffset;

TopicConfig topic(std::string name, int64_t version) {
  return {.name = std::move(name),
          .read_queues = 2,
          .write_queues = 2,
          .permission = 6,
          .message_type = MessageType::kNormal,
          .retention_ms = 3'600'000,
          .version = version,
          .incarnation = version};
}

void apply_all(std::string_view record_body, BrokerState& into) {
  state::v1::StateRecord record;
  ASSERT_TRUE(record.ParseFromArray(record_body.data(), static_cast<int>(record_body.size())));
  for (const auto& event : record.events()) ASSERT_TRUE(into.apply(event).ok());
}

// A journal of one of everything, and the state that it leaves.
std::string journal_of_everything() {
  Journal journal;
  journal.topic_set(topic("orders", 1));
  journal.topic_set(topic("gone", 2));
  journal.group_set({.name = "billing", .backoff_ms = {1'000, 5'000}, .version = 3});
  journal.group_set({.name = "left", .version = 4});
  const Journal::Queue queue{"billing", "orders", 1};
  journal.positioned(queue, QueueOffset(100));
  const std::vector<QueueOffset> offsets{QueueOffset(100), QueueOffset(103), QueueOffset(104)};
  journal.delivered(queue, offsets,
                    {.delivery_id = 77,
                     .visible_at_ms = 9'000,
                     .renew_client_id = "client-1",
                     .renew_until_ms = 99'000},
                    QueueOffset(106));
  journal.acked(queue, QueueOffset(103));
  journal.acked(queue, QueueOffset(104));
  journal.extended(queue, {.offset = QueueOffset(100),
                           .delivery_id = 78,
                           .visible_at_ms = 10'000,
                           .suspend = true,
                           .keep_renewing = true});
  journal.topic_deleted("gone", 5);
  journal.group_deleted("left", 6);
  EXPECT_FALSE(journal.empty());
  std::string body = journal.take();
  EXPECT_TRUE(journal.empty());
  return body;
}

TEST(BrokerState, ReplayingAJournalGivesWhatItSays) {
  BrokerState state;
  apply_all(journal_of_everything(), state);
  ASSERT_NE(state.find_topic("orders"), nullptr);
  EXPECT_EQ(state.find_topic("gone"), nullptr);
  EXPECT_EQ(state.find_topic("orders")->config.retention_ms, 3'600'000);
  ASSERT_EQ(state.expiring_topics().size(), 1u) << "those with a retention of their own";
  EXPECT_EQ(state.expiring_topics().begin()->second, state.find_topic("orders"));
  EXPECT_EQ(state.find_group("left"), nullptr);
  EXPECT_EQ(state.config_version(), 6);
  EXPECT_EQ(state.find_group("billing")->config.backoff_ms, (std::vector<int64_t>{1'000, 5'000}));
  const Subscription* subscription = state.find_subscription("billing", "orders");
  ASSERT_NE(subscription, nullptr);
  EXPECT_EQ(subscription->find(0), nullptr);
  const GroupQueue* queue = subscription->find(1);
  ASSERT_NE(queue, nullptr);
  EXPECT_EQ(queue->next(), QueueOffset(106));
  ASSERT_EQ(queue->in_flight().size(), 1u);
  const auto* open = queue->find(QueueOffset(100), 78);
  ASSERT_NE(open, nullptr);
  EXPECT_EQ(open->visible_at_ms, 10'000);
  EXPECT_TRUE(open->suspended);
  EXPECT_EQ(open->renew_client_id, "client-1");
}

TEST(BrokerState, ASnapshotRestoresToTheSameBytes) {
  BrokerState state;
  apply_all(journal_of_everything(), state);
  const std::string snapshot = state.snapshot();
  BrokerState restored;
  ASSERT_TRUE(restored.restore(snapshot).ok());
  EXPECT_EQ(restored.snapshot(), snapshot);
}

TEST(BrokerState, DeletingATopicForgetsWhatGroupsConsumedOfIt) {
  BrokerState state;
  apply_all(journal_of_everything(), state);
  state.delete_topic("orders", 7);
  EXPECT_EQ(state.find_subscription("billing", "orders"), nullptr);
  state.set_topic(topic("orders", 8));
  EXPECT_TRUE(state.find_topic("orders")->subscriptions.empty());
}

TEST(BrokerState, DeletingAGroupLeavesTheTopicUsable) {
  BrokerState state;
  apply_all(journal_of_everything(), state);
  state.delete_group("billing", 7);
  EXPECT_TRUE(state.find_topic("orders")->subscriptions.empty());
  EXPECT_EQ(state.config_version(), 7);
}

TEST(BrokerState, AnEventForAnUnknownTopicOrAnAbsurdQueueIsDataLoss) {
  BrokerState state;
  apply_all(journal_of_everything(), state);
  state::v1::Event event;
  event.mutable_acked()->set_group("billing");
  event.mutable_acked()->set_topic("nowhere");
  EXPECT_EQ(state.apply(event).code(), absl::StatusCode::kDataLoss);
  event.mutable_acked()->set_topic("orders");
  event.mutable_acked()->set_queue_id(1 << 30);
  EXPECT_EQ(state.apply(event).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(state.apply(state::v1::Event()).code(), absl::StatusCode::kDataLoss);
}

TEST(BrokerState, ASnapshotThatDoesNotParseIsDataLoss) {
  BrokerState state;
  EXPECT_EQ(state.restore("\xff\xff\xff").code(), absl::StatusCode::kDataLoss);
}

TEST(BrokerState, ASnapshotWithAMessageTwiceInFlightIsDataLoss) {
  BrokerState state;
  apply_all(journal_of_everything(), state);
  BrokerState restored;
  const absl::Status refused = restored.restore(state.snapshot() + state.snapshot());
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(refused.message().find("twice in flight"), std::string::npos) << refused;
}

TEST(Journal, AcknowledgementsOfOneQueueInARowAreOneEvent) {
  Journal journal;
  journal.acked({"g", "t", 0}, QueueOffset(1));
  journal.acked({"g", "t", 0}, QueueOffset(2));
  journal.acked({"g", "t", 1}, QueueOffset(3));
  state::v1::StateRecord record;
  ASSERT_TRUE(record.ParseFromString(journal.take()));
  ASSERT_EQ(record.events_size(), 2);
  EXPECT_EQ(record.events(0).acked().offsets_size(), 2);
}

}  // namespace
}  // namespace petrel::core
