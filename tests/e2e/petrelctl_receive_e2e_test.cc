// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/e2e/petrelctl_fixture.h"

// petrelctl receive with two brokers: what it prints is acknowledged, and nothing else is taken.

namespace petrel::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class PetrelctlReceiveTest : public PetrelctlTest {
 protected:
  void send(int count) {
    ASSERT_EQ(run({"send", "--topic", "orders", "--body", "x", "--count", std::to_string(count)})
                  .exit_code,
              0);
  }
  json group() { return run_json({"group", "describe", "g"}); }
};

TEST_F(PetrelctlReceiveTest, ThousandsAreAcknowledgedAsTheyArePrinted) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  send(3000);
  const json received = run_json(
      {"receive", "--topic", "orders", "--group", "g", "--count", "3000", "--wait", "60s"});
  ASSERT_EQ(received.size(), 3000u);
  EXPECT_EQ(received[0]["body"], "x");
  EXPECT_TRUE(received[0].contains("queueOffset"));
  EXPECT_TRUE(received[0].contains("address"));
  EXPECT_EQ(group()["lag"], 0);
  EXPECT_EQ(group()["inFlight"], 0);
}

TEST_F(PetrelctlReceiveTest, WhoWaitsForMessagesIsListedWithItsBrokers) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ProcessOptions options{.program = Server("petrelctl").program(), .log_file = dir_.file("waits")};
  options.arguments = {"--data",  data_dir(), "receive", "--topic", "orders",
                       "--group", "g",        "--wait",  "60s"};
  auto waiting = Process::start(options);
  ASSERT_TRUE(waiting.ok()) << waiting.status();
  json clients;
  ASSERT_TRUE(eventually([&] {
    clients = run_json({"client", "list", "--group", "g"});
    return clients.is_array() && clients.size() == 1 && clients[0]["connections"].size() == 2;
  })) << clients;
  EXPECT_EQ(clients[0]["kind"], "SimpleConsumer");
  EXPECT_EQ(clients[0]["connections"][0]["broker"], "broker-0");
  EXPECT_THAT(clients[0]["connections"][0]["clientAddress"].get<std::string>(),
              testing::StartsWith("127.0.0.1:"));
  EXPECT_THAT(run({"client", "list"}).output, HasSubstr("broker-0,broker-1"));
  const Outcome unknown = run({"client", "list", "--group", "h"});
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_THAT(unknown.output, HasSubstr("there is no group h"));
  (*waiting)->kill();
  ASSERT_TRUE(eventually([&] {
    return run({"client", "list", "--group", "g"}).output.find("connection lost") !=
           std::string::npos;
  }));
}

TEST_F(PetrelctlReceiveTest, OneMessageOfTwoBrokersHoldsBackNoOther) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  send(8);
  for (int i = 0; i < 8; ++i) {
    const Outcome received =
        run({"receive", "--topic", "orders", "--group", "g", "--count", "1", "--wait", "30s"});
    ASSERT_EQ(received.exit_code, 0) << received.output;
    EXPECT_EQ(group()["inFlight"], 0) << "others were taken, too";
  }
  EXPECT_EQ(group()["lag"], 0);
}

TEST_F(PetrelctlReceiveTest, WhatNobodyCouldSeeIsGivenBackAtOnceAndCostsNoTry) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  send(200);
  // A reader that goes away at once.
  ProcessOptions options{.program = "/bin/sh", .log_file = dir_.file("unseen")};
  options.arguments = {
      "-c", concat("exec 3>&1; { ", Server("petrelctl").program(), " --data ", data_dir(),
                   " receive --topic orders --group g --count 200 --wait 30s; "
                   "echo ended with $? >&3; } | true")};
  auto process = Process::start(options);
  ASSERT_TRUE(process.ok()) << process.status();
  ASSERT_EQ((*process)->wait(kCommandTimeoutMs), 0);
  EXPECT_THAT(read_file(options.log_file, 1 << 20).value_or(""), HasSubstr("ended with 1"));
  // In less than the 30 s for which they would be hidden.
  const json received =
      run_json({"receive", "--topic", "orders", "--group", "g", "--count", "200", "--wait", "15s"});
  ASSERT_EQ(received.size(), 200u);
  for (const json& message : received) {
    EXPECT_EQ(message["attempt"], 1);
  }
}

}  // namespace
}  // namespace petrel::e2e
