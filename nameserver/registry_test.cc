// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common/concat.h"
#include "common/log.h"

namespace petrel::nameserver {
namespace {

class CountingConnection final : public Registry::Connection {
 public:
  explicit CountingConnection(std::atomic<int>& closed) : closed_(closed) {}
  void close(const absl::Status& reason) override {
    EXPECT_FALSE(reason.ok());
    closed_.fetch_add(1);
  }

 private:
  std::atomic<int>& closed_;
};

v1::RegisterRequest registration(const std::string& name, const std::string& incarnation) {
  v1::RegisterRequest request;
  request.set_full(true);
  v1::BrokerIdentity* broker = request.mutable_broker();
  broker->set_cluster("c");
  broker->set_broker_name(name);
  broker->set_grpc_address(concat(name, ".example:8081"));
  broker->set_incarnation(incarnation);
  v1::TopicRoute* route = request.add_topics();
  route->set_topic("orders");
  route->set_read_queues(1);
  route->set_write_queues(1);
  route->set_permission(6);
  return request;
}

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    log::Options quiet;
    quiet.level = log::Level::kError;
    EXPECT_TRUE(log::init(quiet).ok());
  }
  ~RegistryTest() override { EXPECT_TRUE(log::init({}).ok()); }

  ConnectionId connect() {
    return registry_.connect(std::make_shared<CountingConnection>(closed_));
  }

  ManualClock clock_;
  MetricRegistry metrics_;
  NameserverMetrics nameserver_metrics_{metrics_};
  Registry registry_{clock_, nameserver_metrics_, 1'000};
  std::atomic<int> closed_ = 0;
};

TEST_F(RegistryTest, EvictionsAreCountedByReason) {
  const ConnectionId replaced = connect();
  ASSERT_TRUE(registry_.handle(replaced, registration("a", "1")).ok());
  const ConnectionId silent = connect();
  ASSERT_TRUE(registry_.handle(silent, registration("a", "2")).ok());
  EXPECT_EQ(closed_, 1);
  clock_.advance_ms(1'001);
  registry_.expire();
  EXPECT_EQ(closed_, 2);
  const ConnectionId leaving = connect();
  ASSERT_TRUE(registry_.handle(leaving, registration("a", "3")).ok());
  registry_.disconnect(leaving);
  registry_.disconnect(leaving);
  EXPECT_EQ(closed_, 2);
  const std::string text = metrics_.text();
  for (const std::string reason : {"disconnected", "replaced", "silent"}) {
    EXPECT_NE(text.find(concat("evictions_total{reason=\"", reason, "\"} 1")), std::string::npos);
  }
}

TEST_F(RegistryTest, ABrokerThatWentAwayIsToldUntilItIsBackOrADayIsOver) {
  const auto gone = [&] {
    std::vector<std::string> names;
    const v1::ListBrokersResponse listed = registry_.list_brokers();
    for (const auto& entry : listed.gone()) {
      names.push_back(entry.broker().broker_name());
    }
    return names;
  };
  const ConnectionId a = connect();
  ASSERT_TRUE(registry_.handle(a, registration("a", "1")).ok());
  ASSERT_TRUE(registry_.handle(connect(), registration("b", "1")).ok());
  ASSERT_TRUE(registry_.handle(connect(), registration("a", "2")).ok()) << "replaced, not gone";
  EXPECT_EQ(gone(), std::vector<std::string>());
  clock_.advance_ms(1'001);
  registry_.expire();
  EXPECT_EQ(gone(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(registry_.list_brokers().gone(0).last_heard_ms(), clock_.wall_ms());
  const ConnectionId back = connect();
  ASSERT_TRUE(registry_.handle(back, registration("a", "3")).ok());
  EXPECT_EQ(gone(), std::vector<std::string>{"b"});
  registry_.disconnect(back);
  EXPECT_EQ(gone(), (std::vector<std::string>{"a", "b"}));
  clock_.advance_ms(GoneBrokers::kKeptMs + 1);
  EXPECT_EQ(gone(), std::vector<std::string>());
}

TEST(GoneBrokersTest, TheLatestAreKept) {
  GoneBrokers gone;
  for (size_t i = 0; i <= GoneBrokers::kMax; ++i) {
    gone.left({.name = concat("broker-", i)}, static_cast<int64_t>(i));
  }
  const auto kept = gone.list(0);
  EXPECT_EQ(kept.size(), GoneBrokers::kMax);
  for (const RouteTable::BrokerInfo& info : kept) {
    EXPECT_NE(info.broker->name, "broker-0");
  }
}

TEST_F(RegistryTest, ARequestOverAConnectionThatWasReplacedIsRefused) {
  const ConnectionId before = connect();
  ASSERT_TRUE(registry_.handle(before, registration("a", "1")).ok());
  ASSERT_TRUE(registry_.handle(connect(), registration("a", "2")).ok());
  EXPECT_EQ(registry_.handle(before, registration("a", "1")).status().code(),
            absl::StatusCode::kAborted);
}

TEST_F(RegistryTest, ANegativeVersionIsRefused) {
  v1::RegisterRequest request = registration("a", "1");
  request.set_topics_version(-1);
  EXPECT_EQ(registry_.handle(connect(), request).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(RegistryTest, ClosingEndsEveryConnection) {
  ASSERT_TRUE(registry_.handle(connect(), registration("a", "1")).ok());
  connect();
  registry_.close();
  EXPECT_EQ(closed_, 2);
  EXPECT_EQ(registry_.counts().brokers, 0u);
}

TEST_F(RegistryTest, ManyThreadsRegisterAskAndExpireAtOnce) {
  ASSERT_TRUE(registry_.handle(connect(), registration("steady", "1")).ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 300; ++i) {
        const ConnectionId id = connect();
        (void)registry_.handle(id, registration(concat("b", i % 4), concat(t, "/", i)));
        v1::RegisterRequest heartbeat;
        (void)registry_.handle(id, heartbeat);
        registry_.disconnect(id);
      }
    });
  }
  threads.emplace_back([this] {
    for (int i = 0; i < 1'000; ++i) {
      const std::vector<GroupRoute> routes = registry_.find_route("orders", true);
      EXPECT_GE(routes.size(), 1u);
      EXPECT_LE(routes.size(), 5u);
      EXPECT_GE(registry_.list_brokers().brokers_size(), 1);
      EXPECT_EQ(registry_.list_topics().topics_size(), 1);
      registry_.expire();
      metrics_.text();
    }
  });
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(registry_.counts().brokers, 1u);
}

}  // namespace
}  // namespace petrel::nameserver
