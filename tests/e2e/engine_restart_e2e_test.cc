// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// A broker whose engine is made again while its process, its listeners and its clients stay.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/concat.h"
#include "petrel/admin/v1/admin.grpc.pb.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/messaging_client.h"

namespace petrel::e2e {
namespace {

namespace rmq = ::apache::rocketmq::v2;
namespace v1 = ::petrel::admin::v1;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;

constexpr char kTopic[] = "orders";
constexpr char kGroup[] = "billing";

class EngineRestartE2eTest : public ::testing::Test {
 protected:
  EngineRestartE2eTest() {
    broker_.add_flag("--broker.name=a");
    broker_.add_flag(concat("--broker.advertised-address=", broker_.address()));
    broker_.add_flag(concat("--store.directory=", store()));
    broker_.add_flag("--store.segment-size=64MiB");
    broker_.add_flag("--topics.auto-create=true");
  }
  std::string store() const { return concat(broker_.directory(), "/store"); }

  grpc::Status restart(bool drop) {
    const auto stub = v1::BrokerAdmin::NewStub(
        grpc::CreateChannel(broker_.address(), grpc::InsecureChannelCredentials()));
    v1::RestartEngineRequest request;
    request.set_drop(drop);
    v1::RestartEngineResponse response;
    grpc::ClientContext context;
    return stub->RestartEngine(&context, request, &response);
  }

  // Sends until told to stop, over one connection. A connection that breaks fails the test.
  void send_all(int sender, std::set<std::string>& acknowledged) {
    MessagingClient client(broker_.address());
    for (int i = 0; !over_; ++i) {
      const std::string body = concat("sender ", sender, " message ", i);
      const auto code = client.send(kTopic, body);
      ASSERT_TRUE(code.has_value()) << "the connection broke";
      if (code == rmq::OK) {
        acknowledged.insert(body);
        ++sent_;
      } else {
        EXPECT_EQ(code, rmq::TOO_MANY_REQUESTS);
        ++refused_;
      }
    }
  }
  // Receives and acknowledges until told to stop; the bodies whose acknowledgement was taken.
  void receive_all(std::set<std::string>& finished) {
    MessagingClient client(broker_.address());
    while (!over_) {
      const auto messages = client.try_receive(kTopic, kGroup);
      ASSERT_TRUE(messages.has_value()) << "the connection broke";
      for (const rmq::Message& message : *messages) {
        EXPECT_FALSE(finished.contains(message.body())) << "came again after its acknowledgement";
        if (client.try_ack(kTopic, kGroup, message) == rmq::OK) finished.insert(message.body());
      }
    }
  }

  void restart_under_load(bool drop) {
    constexpr int kSenders = 3;
    constexpr int kRestarts = 12;
    ASSERT_TRUE(broker_.start());
    std::vector<std::set<std::string>> acknowledged(kSenders);
    std::set<std::string> finished;
    std::vector<std::thread> threads;
    for (int s = 0; s < kSenders; ++s) {
      threads.emplace_back([&, s] { send_all(s, acknowledged[static_cast<size_t>(s)]); });
    }
    threads.emplace_back([&] { receive_all(finished); });
    for (int i = 0; i < kRestarts; ++i) {
      const int enough = sent_ + 100;
      EXPECT_TRUE(eventually([&] { return sent_ >= enough; }));
      const grpc::Status restarted = restart(drop);
      EXPECT_TRUE(restarted.ok()) << restarted.error_message();
    }
    over_ = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(broker_.page("/metrics"), HasSubstr("petrel_engine_serving"));
    expect_all_there(acknowledged, finished);
    EXPECT_EQ(broker_.stop(), 0);
  }

  void expect_all_there(const std::vector<std::set<std::string>>& acknowledged,
                        const std::set<std::string>& finished) {
    MessagingClient client(broker_.address());
    const std::vector<std::string> bodies = client.drain(kTopic, "audit");
    const std::set<std::string> stored(bodies.begin(), bodies.end());
    EXPECT_EQ(stored.size(), bodies.size()) << "a message is stored twice";
    for (const auto& sent : acknowledged) EXPECT_THAT(sent, IsSubsetOf(stored));
    EXPECT_THAT(finished, IsSubsetOf(stored)) << "delivered, but never committed";
  }

  Server broker_{"petrel-broker"};
  std::atomic<bool> over_{false};
  std::atomic<int> sent_{0};
  std::atomic<int> refused_{0};
};

TEST_F(EngineRestartE2eTest, NothingAcknowledgedIsLostWhenTheEngineIsClosedUnderLoad) {
  broker_.add_flag("--store.flush-mode=sync");
  restart_under_load(false);
}

TEST_F(EngineRestartE2eTest, NothingAcknowledgedIsLostWhenTheEngineIsDroppedUnderLoad) {
  broker_.add_flag("--store.flush-mode=sync");
  restart_under_load(true);
}

TEST_F(EngineRestartE2eTest, WithAsyncFlushADropLosesNothingAcknowledgedEither) {
  broker_.add_flag("--store.flush-mode=async");
  restart_under_load(true);
}

TEST_F(EngineRestartE2eTest, ABrokerWhoseStoreDoesNotOpenAgainEndsWithOne) {
  ASSERT_TRUE(broker_.start());
  MessagingClient client(broker_.address());
  ASSERT_EQ(client.send(kTopic, "one"), rmq::OK);
  // A snapshot whose log is gone.
  ASSERT_TRUE(restart(false).ok());
  std::filesystem::rename(concat(store(), "/commitlog"), concat(store(), "/elsewhere"));
  EXPECT_FALSE(restart(true).ok());
  EXPECT_EQ(broker_.wait_for_end(), 1);
  EXPECT_THAT(broker_.log(), HasSubstr("the engine could not be started again"));
}

}  // namespace
}  // namespace petrel::e2e
