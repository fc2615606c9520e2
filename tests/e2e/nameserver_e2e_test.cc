// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <set>
#include <string>

#include "common/concat.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/messaging_client.h"

namespace petrel::e2e {
namespace {

namespace rmq = ::apache::rocketmq::v2;

using Names = std::set<std::string>;

// No broker is silent long enough for the nameserver's two minutes, so whatever these tests see of
// evictions comes from lost connections.
class NameserverE2eTest : public ::testing::Test {
 protected:
  NameserverE2eTest() {
    for (Server* nameserver : {&first_, &second_}) {
      // A process that stands still keeps its connections; only pings tell.
      nameserver->add_flag("--grpc.keepalive-interval=1s");
      nameserver->add_flag("--grpc.keepalive-timeout=1s");
    }
    add_broker_flags(a_, "a");
    add_broker_flags(b_, "b");
  }

  void SetUp() override {
    ASSERT_TRUE(first_.start());
    ASSERT_TRUE(second_.start());
    ASSERT_TRUE(a_.start());
    ASSERT_TRUE(b_.start());
    ASSERT_TRUE(both_know({"a", "b"}));
  }

  void add_broker_flags(Server& broker, const std::string& name) {
    broker.add_flag(concat("--broker.name=", name));
    broker.add_flag(concat("--broker.advertised-address=", broker.address()));
    broker.add_flag(concat("--broker.nameservers=", first_.address(), ",", second_.address()));
    broker.add_flag(concat("--store.directory=", broker.directory(), "/store"));
    broker.add_flag("--store.segment-size=64MiB");
    broker.add_flag("--topics.auto-create=true");
  }

  // Whether a nameserver comes to list exactly these brokers for a topic.
  static bool knows(const Server& nameserver, const Names& names) {
    MessagingClient client(nameserver.address());
    return eventually([&] { return client.route_brokers("orders") == names; });
  }
  bool both_know(const Names& names) { return knows(first_, names) && knows(second_, names); }

  Server first_{"petrel-nameserver"};
  Server second_{"petrel-nameserver"};
  Server a_{"petrel-broker"};
  Server b_{"petrel-broker"};
};

TEST_F(NameserverE2eTest, AKilledBrokerIsGoneFromBothAndBackAfterItsRestart) {
  a_.kill();
  EXPECT_TRUE(both_know({"b"}));
  ASSERT_TRUE(a_.start());
  EXPECT_TRUE(both_know({"a", "b"}));
}

TEST_F(NameserverE2eTest, ABrokerThatStopsSaysSo) {
  EXPECT_EQ(b_.stop(), 0);
  EXPECT_TRUE(both_know({"a"}));
}

TEST_F(NameserverE2eTest, ABrokerThatStopsLeadsProducersAwayBeforeIt) {
  auto producer = std::make_unique<MessagingClient>(b_.address());
  ASSERT_EQ(producer->send("orders", "made on b"), rmq::OK);
  ASSERT_TRUE(producer->connect_as_producer("orders"));
  ASSERT_TRUE(both_know({"a", "b"}));
  b_.signal(SIGTERM);
  EXPECT_TRUE(both_know({"a"}));
  MessagingClient other(b_.address());
  EXPECT_TRUE(eventually([&] { return other.route_brokers("orders") == Names{"a"}; }))
      << "who asks the broker itself is led away, too";
  EXPECT_EQ(b_.page("/readyz"), "");
  EXPECT_EQ(producer->send("orders", "by who does not know yet"), rmq::OK);
  EXPECT_TRUE(b_.is_running());
  producer.reset();
  EXPECT_EQ(b_.wait_for_end(), 0) << "nobody is left to wait for";
}

TEST_F(NameserverE2eTest, ABrokerThatNobodyTakesOverFromStopsAtOnce) {
  MessagingClient producer(b_.address());
  ASSERT_EQ(producer.send("orders", "made on b"), rmq::OK);
  ASSERT_TRUE(producer.connect_as_producer("orders"));
  EXPECT_EQ(a_.stop(), 0);
  EXPECT_TRUE(both_know({"b"}));
  EXPECT_EQ(b_.stop(), 0) << "it did not wait its 35 s";
}

TEST_F(NameserverE2eTest, ABrokerThatStandsStillIsGoneUntilItGoesOn) {
  a_.signal(SIGSTOP);
  EXPECT_TRUE(both_know({"b"}));
  a_.signal(SIGCONT);
  EXPECT_TRUE(both_know({"a", "b"}));
}

TEST_F(NameserverE2eTest, BrokersRegisterAgainWithARestartedNameserver) {
  first_.kill();
  EXPECT_TRUE(knows(second_, {"a", "b"}));
  ASSERT_TRUE(first_.start());
  EXPECT_TRUE(knows(first_, {"a", "b"}));
}

TEST_F(NameserverE2eTest, ABrokerRegistersWithANameserverThatTakesTlsOnlyAndThatItTrusts) {
  Server nameserver("petrel-nameserver");
  nameserver.add_flag("--grpc.tls-mode=enforcing");
  nameserver.add_flag(concat("--tls.directory=", nameserver.directory()));
  ASSERT_TRUE(nameserver.start());
  Server stranger("petrel-nameserver");
  ASSERT_TRUE(stranger.start());
  Server broker("petrel-broker");
  broker.add_flag(concat("--broker.nameservers=", nameserver.address(), ",", stranger.address()));
  broker.add_flag(
      concat("--broker.nameserver-ca-file=", nameserver.directory(), "/tls-certificate.pem"));
  broker.add_flag(concat("--broker.advertised-address=", broker.address()));
  broker.add_flag(concat("--store.directory=", broker.directory(), "/store"));
  ASSERT_TRUE(broker.start());
  const auto logs = [&](const std::string& what) {
    return eventually([&] { return broker.log().find(what) != std::string::npos; });
  };
  EXPECT_TRUE(logs(concat("registration: registered nameserver=", nameserver.address())));
  EXPECT_TRUE(logs(concat("registration: not registered nameserver=", stranger.address())));
  EXPECT_EQ(MessagingClient(nameserver.address()).route_brokers("orders"), Names{})
      << "in plaintext";
}

TEST_F(NameserverE2eTest, ABrokerServesThoughItsNameserversHaveNoAddressYet) {
  Server broker("petrel-broker");
  broker.add_flag(concat("--store.directory=", broker.directory(), "/store"));
  broker.add_flag("--broker.nameservers=ns-0.nowhere.invalid:8080,ns-1.nowhere.invalid:8080");
  broker.add_flag("--broker.advertised-address=broker-0.nowhere.invalid:8081");
  ASSERT_TRUE(broker.start());
  EXPECT_EQ(broker.page("/healthz"), "ok\n");
  EXPECT_EQ(broker.stop(), 0);
}

TEST_F(NameserverE2eTest, ABrokerThatLostItsNameserversCountsThemAndStaysReady) {
  first_.kill();
  second_.kill();
  const auto registered_with = [&](int count) {
    const std::string metrics = a_.page("/metrics");
    const size_t begin = metrics.find("\npetrel_registration_nameservers_registered{") + 1;
    const std::string sample = metrics.substr(begin, metrics.find('\n', begin) - begin);
    return begin > 0 && sample.ends_with(concat("} ", count));
  };
  ASSERT_TRUE(eventually([&] { return registered_with(0); })) << a_.page("/metrics");
  EXPECT_EQ(a_.page("/readyz"), "ok\n");
  EXPECT_NE(a_.log().find("not registered"), std::string::npos);
  ASSERT_TRUE(first_.start());
  EXPECT_TRUE(eventually([&] { return registered_with(1); }));
}

TEST_F(NameserverE2eTest, ANameserverStopsCleanlyWhileBrokersAreConnected) {
  EXPECT_EQ(first_.stop(), 0);
  EXPECT_TRUE(knows(second_, {"a", "b"}));
}

TEST_F(NameserverE2eTest, EveryBrokerAnswersForTheWholeCluster) {
  MessagingClient client(a_.address());
  EXPECT_TRUE(eventually([&] { return client.route_brokers("orders") == Names{"a", "b"}; }));
  first_.kill();
  second_.kill();
  MessagingClient alone(b_.address());
  EXPECT_TRUE(eventually([&] { return alone.route_brokers("orders").contains("b"); }));
}

TEST_F(NameserverE2eTest, ANameserverCountsWhatItKnows) {
  EXPECT_TRUE(eventually([&] {
    return first_.page("/metrics").find("petrel_nameserver_brokers 2\n") != std::string::npos;
  }));
}

}  // namespace
}  // namespace petrel::e2e
