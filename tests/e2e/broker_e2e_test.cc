// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/concat.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/messaging_client.h"

namespace petrel::e2e {
namespace {

namespace rmq = ::apache::rocketmq::v2;
using ::testing::IsSubsetOf;

constexpr char kTopic[] = "orders";
constexpr char kGroup[] = "billing";

class BrokerE2eTest : public ::testing::Test {
 protected:
  BrokerE2eTest() {
    broker_.add_flag("--broker.name=a");
    broker_.add_flag(concat("--broker.advertised-address=", broker_.address()));
    broker_.add_flag(concat("--store.directory=", broker_.directory(), "/store"));
    broker_.add_flag("--store.segment-size=64MiB");
    broker_.add_flag("--topics.auto-create=true");
  }

  std::string store() const { return concat(broker_.directory(), "/store"); }

  // Sends numbered messages until the broker goes away; the bodies of those that it acknowledged.
  std::set<std::string> send_until_gone(int sender, std::atomic<int>& acknowledged) {
    std::set<std::string> bodies;
    MessagingClient client(broker_.address());
    for (int i = 0;; ++i) {
      const std::string body = concat("sender ", sender, " message ", i);
      if (client.send(kTopic, body) != rmq::OK) return bodies;
      bodies.insert(body);
      acknowledged.fetch_add(1);
    }
  }

  // Several senders at once, and SIGKILL in their midst.
  std::set<std::string> send_and_kill() {
    constexpr int kSenders = 4;
    constexpr int kEnough = 400;
    std::atomic<int> acknowledged = 0;
    std::vector<std::set<std::string>> bodies(kSenders);
    std::vector<std::thread> senders;
    for (int s = 0; s < kSenders; ++s) {
      senders.emplace_back(
          [&, s] { bodies[static_cast<size_t>(s)] = send_until_gone(s, acknowledged); });
    }
    EXPECT_TRUE(eventually([&] { return acknowledged >= kEnough; }));
    broker_.kill();
    std::set<std::string> all;
    for (int s = 0; s < kSenders; ++s) {
      senders[static_cast<size_t>(s)].join();
      all.merge(bodies[static_cast<size_t>(s)]);
    }
    return all;
  }

  std::set<std::string> drain() {
    MessagingClient client(broker_.address());
    const std::vector<std::string> bodies = client.drain(kTopic, kGroup);
    std::set<std::string> unique(bodies.begin(), bodies.end());
    EXPECT_EQ(unique.size(), bodies.size()) << "a message that was acknowledged came again";
    return unique;
  }

  void expect_nothing_lost_by_kill() {
    ASSERT_TRUE(broker_.start());
    const std::set<std::string> acknowledged = send_and_kill();
    ASSERT_TRUE(broker_.start());
    EXPECT_THAT(acknowledged, IsSubsetOf(drain()));
  }

  Server broker_{"petrel-broker"};
};

TEST_F(BrokerE2eTest, ABrokerDoesNotStartOnAVolumeThatIsNotItsStore) {
  constexpr int kExitWrongStore = 4;
  ASSERT_TRUE(broker_.start());
  ASSERT_EQ(broker_.stop(), 0);
  broker_.add_flag("--store.expected-id=another-one");
  EXPECT_FALSE(broker_.try_start());
  EXPECT_EQ(broker_.wait_for_end(), kExitWrongStore);
  std::filesystem::rename(store(), concat(broker_.directory(), "/kept"));
  std::filesystem::create_directory(store());
  EXPECT_FALSE(broker_.try_start());
  EXPECT_EQ(broker_.wait_for_end(), kExitWrongStore);
  EXPECT_THAT(broker_.log(), ::testing::HasSubstr("holds no store"));
  EXPECT_FALSE(std::filesystem::exists(concat(store(), "/commitlog")));
}

TEST_F(BrokerE2eTest, NothingAcknowledgedIsLostByAKillWithAsyncFlush) {
  broker_.add_flag("--store.flush-mode=async");
  expect_nothing_lost_by_kill();
}

TEST_F(BrokerE2eTest, NothingAcknowledgedIsLostByAKillWithSyncFlush) {
  broker_.add_flag("--store.flush-mode=sync");
  expect_nothing_lost_by_kill();
}

TEST_F(BrokerE2eTest, MessagesAndAcknowledgementsOutliveARestart) {
  ASSERT_TRUE(broker_.start());
  {
    MessagingClient client(broker_.address());
    ASSERT_EQ(client.send(kTopic, "one"), rmq::OK);
    ASSERT_EQ(client.send(kTopic, "two"), rmq::OK);
    EXPECT_EQ(drain(), (std::set<std::string>{"one", "two"}));
    ASSERT_EQ(client.send(kTopic, "three"), rmq::OK);
  }
  EXPECT_EQ(broker_.stop(), 0);
  ASSERT_TRUE(broker_.start());
  EXPECT_EQ(drain(), (std::set<std::string>{"three"}));
  // And one that ends without a word.
  broker_.kill();
  ASSERT_TRUE(broker_.start());
  EXPECT_EQ(drain(), std::set<std::string>());
}

TEST_F(BrokerE2eTest, ADeadLetterOutlivesAKillAndItsMessageIsDone) {
  const std::string letters = concat("%DLQ%", kGroup);
  ASSERT_TRUE(broker_.start());
  {
    MessagingClient client(broker_.address());
    ASSERT_EQ(client.send(kTopic, "poison"), rmq::OK);
    const auto received = client.receive(kTopic, kGroup);
    ASSERT_EQ(received.size(), 1U);
    ASSERT_EQ(client.forward(kTopic, kGroup, received.front()), rmq::OK);
    EXPECT_EQ(client.forward(kTopic, kGroup, received.front()), rmq::INVALID_RECEIPT_HANDLE);
  }
  broker_.kill();
  ASSERT_TRUE(broker_.start());
  MessagingClient client(broker_.address());
  const auto letter = client.receive(letters, "people");
  ASSERT_EQ(letter.size(), 1U);
  EXPECT_EQ(letter.front().body(), "poison");
  EXPECT_EQ(letter.front().system_properties().dead_letter_queue().topic(), kTopic);
  EXPECT_TRUE(letter.front().user_properties().empty()) << "what is the broker's own shows";
  EXPECT_EQ(client.ack(letters, "people", letter.front()), rmq::OK);
  EXPECT_TRUE(client.receive(kTopic, kGroup).empty());
}

TEST_F(BrokerE2eTest, AStopWhileMessagesFlowLosesNothingAndEndsWithZero) {
  ASSERT_TRUE(broker_.start());
  std::atomic<int> acknowledged = 0;
  std::set<std::string> bodies;
  std::thread sender([&] { bodies = send_until_gone(0, acknowledged); });
  EXPECT_TRUE(eventually([&] { return acknowledged >= 100; }));
  EXPECT_EQ(broker_.stop(), 0);
  sender.join();
  ASSERT_TRUE(broker_.start());
  EXPECT_THAT(bodies, IsSubsetOf(drain()));
}

TEST_F(BrokerE2eTest, ABrokerThatStandsStillForAWhileGoesOnAsBefore) {
  ASSERT_TRUE(broker_.start());
  MessagingClient client(broker_.address());
  ASSERT_EQ(client.send(kTopic, "before"), rmq::OK);
  broker_.signal(SIGSTOP);
  constexpr int64_t kShortMs = 500;
  EXPECT_EQ(client.send(kTopic, "meanwhile", kShortMs), std::nullopt);
  broker_.signal(SIGCONT);
  EXPECT_EQ(client.send(kTopic, "after"), rmq::OK);
  const std::set<std::string> received = drain();
  EXPECT_TRUE(received.contains("before"));
  EXPECT_TRUE(received.contains("after"));
}

TEST_F(BrokerE2eTest, AFullDiskRefusesSendsWithAStatusAndKeepsWhatItHas) {
  const std::string store = concat(broker_.directory(), "/store");
  std::filesystem::create_directory(store);
  constexpr int64_t kDiskBytes = 160 << 20;
  broker_.add_flag("--store.disk-space-clean-forcibly-ratio=100");  // which would make room
  ASSERT_TRUE(broker_.start_on_small_disk(store, kDiskBytes));
  MessagingClient client(broker_.address());
  const std::string body(1 << 20, 'x');
  int stored = 0;
  std::optional<rmq::Code> code;
  while ((code = client.send(kTopic, body)) == rmq::OK && stored < 200) {
    ++stored;
  }
  EXPECT_GT(stored, 0);
  ASSERT_TRUE(code.has_value()) << "the broker went away:\n" << broker_.log();
  EXPECT_NE(*code, rmq::OK);
  EXPECT_TRUE(broker_.is_running());
  EXPECT_TRUE(eventually([&] {
    return broker_.log().find("sends are refused until there is room") != std::string::npos;
  })) << broker_.log();
  EXPECT_EQ(client.drain(kTopic, kGroup).size(), static_cast<size_t>(stored));
  EXPECT_EQ(broker_.stop(), 0);
}

TEST_F(BrokerE2eTest, ASecondBrokerCannotOpenTheSameStore) {
  ASSERT_TRUE(broker_.start());
  ProcessOptions second;
  second.program = broker_.program();
  second.arguments = {concat("--store.directory=", broker_.directory(), "/store"),
                      "--broker.name=a", concat("--grpc.port=", free_port()),
                      concat("--http.port=", free_port())};
  second.log_file = concat(broker_.directory(), "/second.log");
  const auto process = Process::start(second);
  ASSERT_TRUE(process.ok());
  EXPECT_EQ((*process)->wait(kPatienceMs), 1);
  EXPECT_TRUE(broker_.is_running());
}

}  // namespace
}  // namespace petrel::e2e
