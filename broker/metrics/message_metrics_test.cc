// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/metrics/message_metrics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace petrel::broker {
namespace {

using testing::HasSubstr;

TEST(MessageMetrics, CountWhatWentAndWhoLostIt) {
  MetricRegistry registry;
  MessageMetrics metrics(registry);
  EXPECT_THAT(registry.text(), HasSubstr("petrel_retention_deleted_bytes_total{reason=\"age\"} 0"))
      << "a rate needs a beginning";
  metrics.log_deleted(store::RetentionReason::kDisk, 4096);
  metrics.unread_deleted("orders", "billing", 7);
  metrics.deletion_failed();
  metrics.dead_lettered({.topic = "orders", .group = "billing"});
  EXPECT_THAT(registry.text(),
              HasSubstr("petrel_retention_deleted_bytes_total{reason=\"disk\"} 4096"));
  EXPECT_THAT(registry.text(), HasSubstr("petrel_retention_unread_messages_total{topic=\"orders\","
                                         "consumer_group=\"billing\"} 7"));
  EXPECT_THAT(registry.text(), HasSubstr("petrel_retention_failures_total 1"));
  EXPECT_THAT(registry.text(), HasSubstr("rocketmq_send_to_dlq_messages_total{topic=\"orders\","
                                         "consumer_group=\"billing\"} 1"));
}

}  // namespace
}  // namespace petrel::broker
