// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/metrics/broker_metrics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace petrel::broker {
namespace {

using testing::HasSubstr;
using testing::Not;

class Metrics : public testing::Test {
 protected:
  MetricRegistry registry_{node_labels("c1", "broker-a")};
  BrokerMetrics metrics_{registry_};
};

TEST_F(Metrics, CarryRocketMqsNamesAndLabels) {
  metrics_.sent("orders", 3, 3'000);
  metrics_.delivered("orders", "billing", 2, 2'000);
  const std::string text = registry_.text();
  EXPECT_THAT(text, HasSubstr("rocketmq_messages_in_total{cluster=\"c1\",node_type=\"broker\","
                              "node_id=\"broker-a\",topic=\"orders\",message_type=\"NORMAL\","
                              "is_system=\"false\"} 3"));
  EXPECT_THAT(text, HasSubstr("rocketmq_throughput_out_total{cluster=\"c1\",node_type=\"broker\","
                              "node_id=\"broker-a\",topic=\"orders\",consumer_group=\"billing\","
                              "is_retry=\"false\",is_system=\"false\"} 2000"));
}

TEST_F(Metrics, MessagesOfOneRequestCountWithTheirMeanSize) {
  metrics_.sent("orders", 4, 8'000);
  EXPECT_THAT(registry_.text(),
              HasSubstr("topic=\"orders\",message_type=\"NORMAL\",le=\"4096\"} 4"));
}

TEST_F(Metrics, SeriesEndWithTheirTopicAndGroup) {
  core::Registry known;
  known.begin({{.name = "orders"}, {.name = "bills"}}, {{.name = "billing"}, {.name = "audit"}}, 4);
  for (const char* topic : {"orders", "bills"}) {
    metrics_.sent(topic, 1, 100);
    metrics_.delivered(topic, "billing", 1, 100);
    metrics_.delivered(topic, "audit", 1, 100);
  }
  metrics_.forget_gone(known);
  EXPECT_THAT(registry_.text(), HasSubstr("topic=\"bills\",consumer_group=\"audit\""));
  known.remove_topic("orders", 5);
  known.remove_group("audit", 6);
  known.publish_version(6);
  metrics_.forget_gone(known);
  EXPECT_THAT(registry_.text(), Not(HasSubstr("topic=\"orders\"")));
  EXPECT_THAT(registry_.text(), Not(HasSubstr("consumer_group=\"audit\"")));
  EXPECT_THAT(registry_.text(), HasSubstr("topic=\"bills\",consumer_group=\"billing\""));
  known.begin({{.name = "orders"}}, {{.name = "billing"}}, 7);
  metrics_.forget_gone(known);
  EXPECT_THAT(registry_.text(), Not(HasSubstr("topic=\"bills\"")));
  metrics_.sent("orders", 7, 700);
  EXPECT_THAT(registry_.text(), HasSubstr("topic=\"orders\",message_type=\"NORMAL\","
                                          "is_system=\"false\"} 7"));
}

TEST_F(Metrics, CallsCountByTheirResult) {
  metrics_.finished(grpcfront::Rpc::kSendMessage, grpcfront::rmq::OK, 400);
  metrics_.finished(grpcfront::Rpc::kSendMessage, grpcfront::rmq::OK, 400);
  metrics_.finished(grpcfront::Rpc::kSendMessage, grpcfront::rmq::ILLEGAL_TOPIC, 400);
  const std::string text = registry_.text();
  EXPECT_THAT(text, HasSubstr("request_code=\"send_message\",response_code=\"OK\","
                              "is_long_polling=\"false\",result=\"success\",le=\"0.5\"} 2"));
  EXPECT_THAT(text, HasSubstr("response_code=\"ILLEGAL_TOPIC\",is_long_polling=\"false\","
                              "result=\"failed\",le=\"+Inf\"} 1"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "petrel_send_seconds_count{cluster=\"c1\",node_type=\"broker\",node_id=\"broker-a\"} 2"));
}

}  // namespace
}  // namespace petrel::broker
