// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// Real brokers that are killed in the midst of numbered disk operations, on one directory: while
// they serve, and while they recover from the kill before. What clients were told must hold.
//   PETREL_CRASH_LIVES  how many kills
//   PETREL_CRASH_SEED   which operations
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "common/concat.h"
#include "common/random.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/messaging_client.h"
#include "tests/environment.h"

namespace petrel::e2e {
namespace {

namespace rmq = ::apache::rocketmq::v2;

constexpr char kTopic[] = "orders";
constexpr char kGroup[] = "billing";

// What one client did and was told, over all lives.
struct History {
  std::set<std::string> attempted;       // sent, with whatever outcome
  std::set<std::string> stored;          // answered OK
  std::set<std::string> consumed;        // acknowledged, and that answered OK
  std::set<std::string> maybe_consumed;  // acknowledged, without an answer
};

class CrashPointsE2eTest : public ::testing::TestWithParam<const char*> {
 protected:
  CrashPointsE2eTest() {
    broker_.add_flag("--broker.name=a");
    broker_.add_flag(concat("--broker.advertised-address=", broker_.address()));
    broker_.add_flag(concat("--store.directory=", broker_.directory(), "/store"));
    // So that files of the log and snapshots come and go within a few hundred operations.
    broker_.add_flag("--store.segment-size=1MiB");
    broker_.add_flag("--limits.body-size=65536");
    broker_.add_flag("--store.snapshot-size=1MiB");
    broker_.add_flag("--store.snapshot-interval=1s");
    broker_.add_flag("--store.memory=1MiB");
    broker_.add_flag("--topics.auto-create=true");
    broker_.add_flag(concat("--store.flush-mode=", GetParam()));
  }

  // Starts a broker that is killed at this operation; false when that came before it was ready.
  bool start_until(int64_t operation) {
    ::setenv("PETREL_CRASH_AT", std::to_string(operation).c_str(), 1);
    return broker_.try_start();
  }

  // Sends, and receives now and then, until the broker is gone.
  void use_until_gone() {
    MessagingClient client(broker_.address());
    client.set_invisible_seconds(kInvisibleMs / 1000);
    while (true) {
      for (int i = 0; i < 10; ++i) {
        const std::string body = concat(history_.attempted.size(), std::string(8000, 'x'));
        history_.attempted.insert(body);
        if (client.send(kTopic, body) != rmq::OK) return;
        history_.stored.insert(body);
      }
      const auto messages = client.try_receive(kTopic, kGroup);
      if (!messages.has_value()) return;
      for (const rmq::Message& message : *messages) {
        expect_sent_and_not_consumed(message.body());
        const std::optional<rmq::Code> code = client.try_ack(kTopic, kGroup, message);
        (code == rmq::OK ? history_.consumed : history_.maybe_consumed).insert(message.body());
        if (!code.has_value()) return;
      }
    }
  }

  void expect_sent_and_not_consumed(const std::string& body) {
    const std::string name = body.substr(0, body.find('x'));
    EXPECT_TRUE(history_.attempted.contains(body)) << name << " was never sent";
    EXPECT_FALSE(history_.consumed.contains(body)) << name << " was acknowledged and came again";
  }

  // Everything that was stored and not consumed is there, by a broker that is not killed.
  void expect_all_there() {
    ::unsetenv("PETREL_CRASH_AT");
    ASSERT_TRUE(broker_.start());
    std::set<std::string> missing;
    for (const std::string& body : history_.stored) {
      if (!history_.consumed.contains(body) && !history_.maybe_consumed.contains(body)) {
        missing.insert(body);
      }
    }
    MessagingClient client(broker_.address());
    const bool came = eventually(
        [&] {
          for (const rmq::Message& message : client.receive(kTopic, kGroup)) {
            expect_sent_and_not_consumed(message.body());
            missing.erase(message.body());
            EXPECT_EQ(client.ack(kTopic, kGroup, message), rmq::OK);
          }
          return missing.empty();
        },
        kInvisibleMs + kPatienceMs);
    EXPECT_TRUE(came) << missing.size() << " messages are lost, " << history_.stored.size()
                      << " were stored";
    EXPECT_EQ(broker_.stop(), 0);
  }

  // What a broker that was killed had delivered comes again after this time.
  static constexpr int64_t kInvisibleMs = 10'000;

  Server broker_{"petrel-crash-broker"};
  History history_;
};

TEST_P(CrashPointsE2eTest, KilledInTheMidstOfManyOperations) {
  const uint64_t lives = number_from("PETREL_CRASH_LIVES", 24);
  const uint64_t seed = number_from("PETREL_CRASH_SEED", 1);
  SCOPED_TRACE(concat("seed ", seed));
  SeededRandom random(seed);
  int served = 0;
  for (uint64_t life = 0; life < lives; ++life) {
    // Each third one while it recovers from the one before.
    const auto operation = static_cast<int64_t>(random.below(life % 3 == 2 ? 20 : 900));
    SCOPED_TRACE(concat("life ", life, " killed at operation ", operation));
    if (start_until(operation)) {
      ++served;
      use_until_gone();
    }
    ASSERT_EQ(broker_.wait_for_end(), -SIGKILL) << broker_.log();
  }
  EXPECT_GT(served, 0);
  EXPECT_GT(history_.stored.size(), 100u);
  expect_all_there();
}

INSTANTIATE_TEST_SUITE_P(, CrashPointsE2eTest, ::testing::Values("async", "sync"),
                         [](const auto& mode) { return std::string(mode.param); });

}  // namespace
}  // namespace petrel::e2e
