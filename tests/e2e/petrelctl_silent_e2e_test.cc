// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "common/clock.h"
#include "tests/e2e/messaging_client.h"
#include "tests/e2e/petrelctl_fixture.h"

// petrelctl beside a broker that hangs, or was never received from.

namespace petrel::e2e {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PetrelctlSilentTest : public PetrelctlTest {
 protected:
  ~PetrelctlSilentTest() override { wake(); }

  void hang(const std::string& member) {
    hanging_.push_back(pid_of(member));
    ASSERT_EQ(::kill(hanging_.back(), SIGSTOP), 0);
  }
  void wake() {
    for (const pid_t process : hanging_) {
      ::kill(process, SIGCONT);
    }
    hanging_.clear();
  }
  Outcome send(int count) {
    return run({"send", "--topic", "orders", "--body", "x", "--count", std::to_string(count)});
  }
  // Messages on broker-0 that group g received, and as many on broker-1, where it never was.
  void receive_from_one_of_two() {
    ASSERT_TRUE(comes_up(cluster() + topic("orders")));
    ASSERT_EQ(send(8).exit_code, 0);
    hang("broker-1");
    ASSERT_EQ(receive(4).exit_code, 4);
    wake();
    ASSERT_TRUE(eventually([&] { return run({"status"}).exit_code == 0; }));
  }
  Outcome receive(int count) {
    return run({"receive", "--topic", "orders", "--group", "g", "--count", std::to_string(count),
                "--wait", "30s"});
  }

 private:
  std::vector<pid_t> hanging_;
};

TEST_F(PetrelctlSilentTest, SendAndReceiveGoOnWithoutABrokerThatHangs) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ASSERT_EQ(send(8).exit_code, 0);
  for (const char* member : {"broker-1", "broker-0"}) {
    SCOPED_TRACE(member);
    hang(member);
    const Outcome sent = send(4);
    EXPECT_EQ(sent.exit_code, 4) << sent.output;
    EXPECT_THAT(sent.output, AllOf(HasSubstr("petrelctl: without broker "),
                                   HasSubstr("did not answer"), HasSubstr("sent 4 messages")));
    const Outcome received = receive(4);
    EXPECT_EQ(received.exit_code, 4) << received.output;
    EXPECT_THAT(received.output, AllOf(HasSubstr("petrelctl: without broker "),
                                       HasSubstr("received 4 and acknowledged them")));
    wake();
    ASSERT_TRUE(eventually([&] { return run({"status"}).exit_code == 0; }));
  }
  const Outcome rest = receive(8);
  EXPECT_EQ(rest.exit_code, 0) << rest.output;
}

TEST_F(PetrelctlSilentTest, BrokersThatHangCostOneTimeOutTogether) {
  ASSERT_TRUE(comes_up(cluster("brokerGroups: {replicas: 3}") + topic("orders")));
  hang("broker-1");
  hang("broker-2");
  const SystemClock clock;
  const int64_t began_us = clock.mono_us();
  const Outcome listed = run({"topic", "list"});
  EXPECT_LT(clock.mono_us() - began_us, 18'000'000) << "one takes ten seconds";
  EXPECT_EQ(listed.exit_code, 4) << listed.output;
  EXPECT_THAT(listed.output,
              AllOf(HasSubstr("orders"), HasSubstr("PARTIAL: 1 of 3 brokers"),
                    HasSubstr("without broker broker-1"), HasSubstr("without broker broker-2")));
}

TEST_F(PetrelctlSilentTest, WhatAGroupNeverReceivedFromABrokerIsItsLag) {
  receive_from_one_of_two();
  const json group = run_json({"group", "describe", "g"});
  EXPECT_EQ(group["lag"], 4) << group;
  EXPECT_EQ(group["partial"], false);
  std::set<std::string> brokers;
  for (const json& queue : group["subscriptions"][0]["queues"]) {
    brokers.insert(queue["broker"]);
  }
  EXPECT_EQ(brokers, (std::set<std::string>{"broker-0", "broker-1"}));
  EXPECT_EQ(run_json({"group", "list"})[0]["lag"], 4);
  EXPECT_EQ(run_json({"status"})["groups"][0]["lag"], 4);
  const Outcome kept = run({"topic", "delete", "orders"});
  EXPECT_EQ(kept.exit_code, 1);
  EXPECT_THAT(kept.output, HasSubstr("topic orders on broker-1 has 4 messages, of which group g "
                                     "has not acknowledged 4"));
}

TEST_F(PetrelctlSilentTest, WhatABrokerLacksIsToldAndUpMendsIt) {
  const std::string declared = cluster() + topic("orders") + group("g");
  ASSERT_TRUE(comes_up(declared));
  hang("broker-1");
  EXPECT_EQ(run({"topic", "create", "late"}).exit_code, 4);
  EXPECT_EQ(run({"group", "delete", "g", "--yes"}).exit_code, 4);
  wake();
  ASSERT_TRUE(eventually([&] { return run({"topic", "list"}).exit_code == 0; }));
  EXPECT_THAT(run({"topic", "list"}).output, HasSubstr("1, missing on broker-1"));
  EXPECT_THAT(run({"topic", "describe", "late"}).output, HasSubstr(", missing on broker-1\n"));
  EXPECT_EQ(run_json({"topic", "describe", "late"})["missingOn"], json({"broker-1"}));
  EXPECT_THAT(run({"group", "list"}).output, HasSubstr("1, missing on broker-0"));
  EXPECT_THAT(run({"group", "describe", "g"}).output, HasSubstr(", missing on broker-0\n"));
  EXPECT_EQ(run_json({"group", "describe", "g"})["missingOn"], json({"broker-0"}));
  ASSERT_TRUE(comes_up(declared));
  EXPECT_EQ(run_json({"group", "describe", "g"})["missingOn"], json::array());
}

TEST_F(PetrelctlSilentTest, WhereADeclaredGroupWouldBeginIsItsLag) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ASSERT_EQ(send(8).exit_code, 0);
  ASSERT_EQ(run({"group", "create", "g"}).exit_code, 0);
  ASSERT_EQ(run({"group", "create", "unused", "--consume-from", "First"}).exit_code, 0);
  ASSERT_EQ(send(6).exit_code, 0);
  hang("broker-1");
  ASSERT_EQ(receive(3).exit_code, 4);
  wake();
  ASSERT_TRUE(eventually([&] { return run({"status"}).exit_code == 0; }));
  const json group = run_json({"group", "describe", "g"});
  EXPECT_EQ(group["lag"], 3) << "what came to broker-1 since the declaration";
  EXPECT_EQ(group["lagAtMost"], false);
  EXPECT_THAT(run({"group", "describe", "g"}).output, HasSubstr(", not begun"));
  EXPECT_THAT(run({"group", "list"}).output, testing::ContainsRegex("unused .* - +0\n"));
  EXPECT_THAT(run({"group", "describe", "unused"}).output,
              HasSubstr("It has not received from any topic."));
}

TEST_F(PetrelctlSilentTest, DeletingAGroupWithUnreadMessagesAsks) {
  receive_from_one_of_two();
  const Outcome kept = run({"group", "delete", "g"});
  EXPECT_EQ(kept.exit_code, 1);
  EXPECT_THAT(kept.output,
              AllOf(HasSubstr("consumer group g has not acknowledged 4 messages, of which 0 are "
                              "delivered"),
                    HasSubstr("nothing was changed; say --yes")));
  EXPECT_EQ(run({"group", "describe", "g"}).exit_code, 0);
  EXPECT_EQ(run({"group", "delete", "g", "--yes"}).exit_code, 0);
  EXPECT_EQ(run({"group", "describe", "g"}).exit_code, 3);

  ASSERT_EQ(receive(4).exit_code, 0);
  ASSERT_EQ(receive(4).exit_code, 0);
  EXPECT_EQ(run({"group", "delete", "g"}).exit_code, 0) << "all is acknowledged";
}

TEST_F(PetrelctlSilentTest, SumsOverSomeBrokersAreMarkedAsSuch) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ASSERT_EQ(send(8).exit_code, 0);
  ASSERT_EQ(run({"group", "create", "g"}).exit_code, 0);
  ASSERT_EQ(::kill(pid_of("broker-1"), SIGKILL), 0);
  const std::string endpoint = concat("127.0.0.1:", port_base_);
  const std::vector<std::vector<std::string>> commands = {
      {"topic", "list"}, {"topic", "describe", "orders"},
      {"group", "list"}, {"group", "describe", "g"},
      {"status"},        {"--endpoint", endpoint, "status"}};
  ASSERT_TRUE(
      eventually([&] { return run(commands.back()).output.find("PARTIAL") != std::string::npos; }));
  for (std::vector<std::string> command : commands) {
    const Outcome shown = run(command);
    EXPECT_THAT(shown.output, HasSubstr("PARTIAL: 1 of 2 brokers answer"));
    command.insert(command.end(), {"-o", "json"});
    EXPECT_THAT(run(command).output, HasSubstr("\"partial\": true"));
  }
  const Outcome received =
      run({"receive", "--topic", "orders", "--group", "h", "--count", "8", "--wait", "2s"});
  EXPECT_EQ(received.exit_code, 4);
  EXPECT_THAT(received.output, AllOf(HasSubstr("4 of 8 messages came"),
                                     HasSubstr("petrelctl: without broker broker-1")));
  EXPECT_THAT(run({"status"}).output,
              AllOf(HasSubstr("NobodyActs"), HasSubstr("petrelctl up would: start broker-1")));
}

TEST_F(PetrelctlSilentTest, ATailGoesOnBesideABrokerThatHangs) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  hang("broker-1");
  ProcessOptions options{.program = Server("petrelctl").program(), .log_file = dir_.file("tail")};
  options.arguments = {"--data", data_dir(), "message", "tail", "--topic", "orders"};
  auto tail = Process::start(options);
  ASSERT_TRUE(tail.ok()) << tail.status();
  const auto shows = [&](const std::string& text, int64_t timeout_ms) {
    return eventually(
        [&] {
          return read_file(options.log_file, 1 << 20).value_or("").find(text) != std::string::npos;
        },
        timeout_ms);
  };
  ASSERT_TRUE(shows("petrelctl: waiting for broker broker-1: ", kPatienceMs));
  MessagingClient client(concat("127.0.0.1:", port_base_ + 100));
  for (const char* body : {"first-body", "second-body", "third-body"}) {
    ASSERT_EQ(client.send("orders", body), apache::rocketmq::v2::OK);
    EXPECT_TRUE(shows(body, 5'000)) << "looking for the other one takes ten seconds";
  }
}

TEST_F(PetrelctlSilentTest, AFullDiskIsToldByStatus) {
  const std::string full =
      "brokerGroups: {replicas: 1}, "
      "broker: {config: {store.disk-space-warning-level-ratio: \"1\"}}";
  ASSERT_TRUE(comes_up(cluster(full))) << "a full disk is no reason to wait";
  const std::string line = "broker broker-0: disk full, sends are refused since 20";
  EXPECT_TRUE(eventually([&] { return run({"status"}).output.find(line) != std::string::npos; }))
      << run({"status"}).output;
  EXPECT_EQ(run({"status"}).exit_code, 3);
  const std::string endpoint = concat("127.0.0.1:", port_base_);
  EXPECT_THAT(run({"--endpoint", endpoint, "status"}).output, HasSubstr(line));
  const json conditions = run_json({"status"})["documents"][0]["conditions"];
  EXPECT_TRUE(std::any_of(conditions.begin(), conditions.end(), [](const json& condition) {
    return condition["type"] == "SendsTaken" && condition["status"] == "False" &&
           condition["reason"] == "DiskFull";
  })) << conditions;
}

TEST_F(PetrelctlSilentTest, ATailWaitsForABrokerAndGoesOn) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ProcessOptions options{.program = Server("petrelctl").program(), .log_file = dir_.file("tail")};
  options.arguments = {"--data",  data_dir(), "message", "tail",
                       "--topic", "orders",   "--from",  "1h"};
  auto tail = Process::start(options);
  ASSERT_TRUE(tail.ok()) << tail.status();
  const auto shows = [&](const std::string& text) {
    return eventually([&] {
      return read_file(options.log_file, 1 << 20).value_or("").find(text) != std::string::npos;
    });
  };
  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "before", "--count", "2"}).exit_code, 0);
  ASSERT_TRUE(shows("before"));
  ASSERT_EQ(::kill(pid_of("broker-1"), SIGKILL), 0);
  EXPECT_TRUE(shows("petrelctl: waiting for broker broker-1: "));
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  EXPECT_TRUE(shows("petrelctl: broker broker-1 answers again"));
  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "after-1", "--count", "2"}).exit_code, 0);
  EXPECT_TRUE(shows("after-1"));
  EXPECT_TRUE((*tail)->is_running());
}

}  // namespace
}  // namespace petrel::e2e
