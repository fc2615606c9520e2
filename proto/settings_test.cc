// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "proto/settings.h"

#include <gtest/gtest.h>

#include "apache/rocketmq/v2/definition.pb.h"

namespace petrel {
namespace {

namespace v2 = apache::rocketmq::v2;

TEST(SettingsTest, AProducerLearnsLimitsAndItsBackoff) {
  v2::Settings client;
  client.set_client_type(v2::PRODUCER);
  client.mutable_access_point()->set_scheme(v2::IPv4);
  client.mutable_publishing()->add_topics()->set_name("orders");
  client.mutable_request_timeout()->set_seconds(3);

  const absl::StatusOr<v2::Settings> merged = merge_settings(client, {});
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(merged->client_type(), v2::PRODUCER);
  EXPECT_EQ(merged->access_point().scheme(), v2::IPv4);
  EXPECT_EQ(merged->request_timeout().seconds(), 3);
  EXPECT_EQ(merged->publishing().topics(0).name(), "orders");
  EXPECT_EQ(merged->publishing().max_body_size(), 4194304);
  EXPECT_TRUE(merged->publishing().validate_message_type());
  EXPECT_EQ(merged->backoff_policy().max_attempts(), 3);
  const v2::ExponentialBackoff& backoff = merged->backoff_policy().exponential_backoff();
  EXPECT_EQ(backoff.initial().nanos(), 10'000'000);
  EXPECT_EQ(backoff.max().seconds(), 1);
  EXPECT_EQ(backoff.multiplier(), 2);
  EXPECT_FALSE(merged->metric().on());
}

TEST(SettingsTest, AConsumerOfAnUnknownGroupGetsTheLadder) {
  v2::Settings client;
  client.set_client_type(v2::PUSH_CONSUMER);
  client.mutable_subscription()->mutable_group()->set_name("billing");
  client.mutable_subscription()->add_subscriptions()->mutable_topic()->set_name("orders");

  const absl::StatusOr<v2::Settings> merged = merge_settings(client, {});
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(merged->subscription().group().name(), "billing");
  EXPECT_EQ(merged->subscription().subscriptions_size(), 1);
  EXPECT_FALSE(merged->subscription().fifo());
  EXPECT_EQ(merged->subscription().receive_batch_size(), 32);
  EXPECT_EQ(merged->subscription().long_polling_timeout().seconds(), 20);
  EXPECT_EQ(merged->backoff_policy().max_attempts(), 17);
  const v2::CustomizedBackoff& backoff = merged->backoff_policy().customized_backoff();
  ASSERT_EQ(backoff.next_size(), 18);
  EXPECT_EQ(backoff.next(0).seconds(), 1);
  EXPECT_EQ(backoff.next(17).seconds(), 7200);
}

TEST(SettingsTest, AGroupsOwnBackoffReplacesTheLadderAndWhatTheClientSent) {
  v2::Settings client;
  client.mutable_subscription()->mutable_group()->set_name("billing");
  client.mutable_backoff_policy()->mutable_customized_backoff()->add_next()->set_seconds(99);

  const absl::StatusOr<v2::Settings> merged =
      merge_settings(client, {}, {.fifo = true, .attempts_max = 3, .backoff_ms = {1500, 2000}});
  ASSERT_TRUE(merged.ok());
  EXPECT_TRUE(merged->subscription().fifo());
  EXPECT_EQ(merged->backoff_policy().max_attempts(), 3);
  const v2::CustomizedBackoff& backoff = merged->backoff_policy().customized_backoff();
  ASSERT_EQ(backoff.next_size(), 2);
  EXPECT_EQ(backoff.next(0).seconds(), 1);
  EXPECT_EQ(backoff.next(0).nanos(), 500'000'000);
}

TEST(SettingsTest, SettingsOfNeitherKindAreRefused) {
  EXPECT_EQ(merge_settings(v2::Settings(), {}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace petrel
