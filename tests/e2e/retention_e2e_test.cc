// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// A real broker deletes what is old, while clients go on.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "common/concat.h"
#include "petrel/admin/v1/admin.grpc.pb.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/messaging_client.h"

namespace petrel::e2e {
namespace {

namespace admin = ::petrel::admin::v1;
namespace rmq = ::apache::rocketmq::v2;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTopic[] = "orders";
constexpr int64_t kSegmentBytes = 1 << 20;
constexpr int64_t kLogBytesMax = 4 << 20;

class RetentionE2eTest : public ::testing::Test {
 protected:
  RetentionE2eTest() { add_short_log_flags(broker_, store_); }

  std::string log_begin() const {
    std::string first = "~";
    for (const auto& file : std::filesystem::directory_iterator(concat(store_, "/commitlog"))) {
      first = std::min(first, file.path().filename().string());
    }
    return first;
  }
  bool is_small() const {
    int64_t bytes = 0;
    for (const char* directory : {"/commitlog", "/removed"}) {
      if (!std::filesystem::exists(concat(store_, directory))) continue;
      for (const auto& file : std::filesystem::directory_iterator(concat(store_, directory))) {
        std::error_code gone;  // the broker deletes meanwhile
        const auto size = file.file_size(gone);
        if (!gone) bytes += static_cast<int64_t>(size);
      }
    }
    return bytes <= kLogBytesMax + 2 * kSegmentBytes;
  }
  // So that the disk of whoever runs this does not matter.
  void ignore_the_disk() {
    broker_.add_flag("--store.disk-space-clean-forcibly-ratio=100");
    broker_.add_flag("--store.disk-space-warning-level-ratio=100");
  }

  std::unique_ptr<admin::BrokerAdmin::Stub> admin_stub() const {
    return admin::BrokerAdmin::NewStub(
        grpc::CreateChannel(broker_.address(), grpc::InsecureChannelCredentials()));
  }
  void keep(const std::string& topic, int64_t retention_ms) {
    admin::ApplyTopicsRequest request;
    admin::TopicSpec& spec = *request.add_topics();
    spec.set_name(topic);
    spec.set_read_queues(1);
    spec.set_retention_ms(retention_ms);
    grpc::ClientContext context;
    admin::ApplyTopicsResponse response;
    const grpc::Status applied = admin_stub()->ApplyTopics(&context, request, &response);
    ASSERT_TRUE(applied.ok()) << applied.error_message();
  }
  admin::TopicStatus described(const std::string& topic) {
    admin::ListTopicsRequest request;
    request.add_names(topic);
    grpc::ClientContext context;
    admin::ListTopicsResponse response;
    const grpc::Status listed = admin_stub()->ListTopics(&context, request, &response);
    EXPECT_TRUE(listed.ok()) << listed.error_message();
    return response.topics_size() == 1 ? response.topics(0) : admin::TopicStatus();
  }

  Server broker_{"petrel-broker"};
  const std::string store_ = concat(broker_.directory(), "/store");
};

TEST_F(RetentionE2eTest, OldSegmentsGoWhileConsumersGoOn) {
  ignore_the_disk();
  broker_.add_flag("--store.log-size-max=4MiB");
  ASSERT_TRUE(broker_.start());
  MessagingClient client(broker_.address());
  const std::string filling(60'000, 'x');
  ASSERT_EQ(client.send(kTopic, "first"), rmq::OK);
  ASSERT_EQ(client.drain(kTopic, "steady").size(), 1u);
  ASSERT_EQ(client.receive(kTopic, "left").size(), 1u) << "a group that is not seen again";

  std::set<std::string> sent;
  std::set<std::string> received;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 16; ++i) {
      const std::string body = concat("round ", round, " message ", i, " ", filling);
      ASSERT_EQ(client.send(kTopic, body), rmq::OK);
      sent.insert(body);
    }
    while (received.size() < sent.size()) {
      for (const auto& message : client.receive(kTopic, "steady")) {
        received.insert(message.body());
        ASSERT_EQ(client.ack(kTopic, "steady", message), rmq::OK);
      }
    }
  }
  EXPECT_EQ(received, sent);
  EXPECT_TRUE(eventually([&] { return is_small(); })) << broker_.log();
  EXPECT_GT(log_begin(), "00000000000010000000");
  const std::string metrics = broker_.page("/metrics");
  EXPECT_THAT(metrics, HasSubstr("petrel_retention_unread_messages_total{"));
  EXPECT_THAT(metrics, HasSubstr("consumer_group=\"left\"}"));
  EXPECT_THAT(metrics, Not(HasSubstr("consumer_group=\"steady\"}")));

  const std::string begin = log_begin();
  broker_.kill();
  ASSERT_TRUE(broker_.start());
  EXPECT_GE(log_begin(), begin);
  MessagingClient again(broker_.address());
  EXPECT_TRUE(again.drain(kTopic, "steady").empty());
  const std::vector<std::string> left = again.drain(kTopic, "left");
  EXPECT_GT(left.size(), 10u) << "what is kept is there";
  for (const std::string& body : left) EXPECT_TRUE(sent.contains(body));
  ASSERT_EQ(again.send(kTopic, "last"), rmq::OK);
  EXPECT_EQ(again.drain(kTopic, "steady"), std::vector<std::string>{"last"});
}

TEST_F(RetentionE2eTest, ATopicMayKeepLessThanTheLog) {
  constexpr char kShort[] = "clicks";
  ignore_the_disk();
  broker_.add_flag("--store.snapshot-interval=1s");
  ASSERT_TRUE(broker_.start());
  MessagingClient client(broker_.address());
  ASSERT_NO_FATAL_FAILURE(keep(kShort, 3'600'000));
  ASSERT_EQ(client.send(kTopic, "stays"), rmq::OK);
  ASSERT_EQ(client.send(kShort, "goes"), rmq::OK);
  ASSERT_EQ(client.receive(kShort, "left").size(), 1u) << "and is not acknowledged";
  EXPECT_EQ(described(kShort).totals().messages(), 1);

  ASSERT_NO_FATAL_FAILURE(keep(kShort, 1'000));
  const auto expired = [&] { return described(kShort).queues(0).min_offset() == 1; };
  ASSERT_TRUE(eventually(expired)) << broker_.log();
  EXPECT_EQ(described(kShort).totals().messages(), 0);
  EXPECT_EQ(described(kShort).totals().size_bytes(), 0);
  EXPECT_EQ(described(kTopic).totals().messages(), 1);
  EXPECT_EQ(log_begin(), "00000000000000000000");
  const std::string metrics = broker_.page("/metrics");
  EXPECT_THAT(metrics, HasSubstr("petrel_retention_unread_messages_total{"));
  EXPECT_THAT(metrics, HasSubstr("consumer_group=\"left\"}"));

  broker_.kill();
  ASSERT_TRUE(broker_.start());
  EXPECT_EQ(described(kShort).spec().retention_ms(), 1'000);
  ASSERT_TRUE(eventually(expired)) << broker_.log();
  ASSERT_NO_FATAL_FAILURE(keep(kShort, 0));
  MessagingClient again(broker_.address());
  ASSERT_EQ(again.send(kShort, "new"), rmq::OK);
  EXPECT_EQ(again.drain(kShort, "left"), std::vector<std::string>{"new"});
  EXPECT_EQ(again.drain(kTopic, "left"), std::vector<std::string>{"stays"});
}

TEST_F(RetentionE2eTest, AFullDiskMakesRoomByDeletingTheOldest) {
  std::filesystem::create_directory(store_);
  constexpr int64_t kDiskBytes = 24 << 20;
  ASSERT_TRUE(broker_.start_on_small_disk(store_, kDiskBytes));
  MessagingClient client(broker_.address());
  ASSERT_EQ(client.send(kTopic, "first"), rmq::OK);
  ASSERT_EQ(client.drain(kTopic, "early").size(), 1u);
  const std::string body(60'000, 'x');
  for (int i = 0; i < 1'000; ++i) {  // over twice the disk
    ASSERT_TRUE(eventually([&] { return client.send(kTopic, body) == rmq::OK; })) << broker_.log();
  }
  EXPECT_THAT(broker_.page("/metrics"), Not(HasSubstr("reason=\"disk\"} 0")));
  EXPECT_GT(client.drain(kTopic, "early").size(), 0u) << "it goes on with what is left";
  EXPECT_EQ(broker_.stop(), 0);
}

}  // namespace
}  // namespace petrel::e2e
