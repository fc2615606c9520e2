// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/e2e/petrelctl_fixture.h"

// petrelctl with the real programs: what `up` starts, changes, repairs and refuses.

namespace petrel::e2e {
namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST_F(PetrelctlTest, UpStartsWhatIsDeclaredAndMessagesFlow) {
  const Outcome started = up(cluster() + topic("orders"));
  ASSERT_EQ(started.exit_code, 0) << started.output;
  EXPECT_THAT(started.output, ContainsRegex("start nameserver-0\n(.*waiting, .*\n)*"
                                            ".* start broker-0\n.* start broker-1\n"));
  EXPECT_THAT(started.output, HasSubstr("e2e is as declared"));

  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "hello", "--tag", "a", "--key", "k",
                 "--property", "p=v", "--count", "10"})
                .exit_code,
            0);
  const json received =
      run_json({"receive", "--topic", "orders", "--group", "g", "--count", "10", "--wait", "30s"});
  ASSERT_EQ(received.size(), 10u) << received;
  std::set<std::string> brokers;
  for (const json& message : received) {
    brokers.insert(message["broker"]);
    EXPECT_EQ(message["body"], "hello");
    EXPECT_EQ(message["tag"], "a");
    EXPECT_EQ(message["keys"], json({"k"}));
    EXPECT_EQ(message["properties"], json({{"p", "v"}}));
  }
  EXPECT_EQ(brokers.size(), 2u);
  const json group = run_json({"group", "describe", "g"});
  EXPECT_EQ(group["lag"], 0) << group;
  EXPECT_EQ(group["inFlight"], 0) << group;

  const Outcome missing = run({"send", "--topic", "nope", "--body", "x"});
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.output, HasSubstr("there is no topic nope"));
}

TEST_F(PetrelctlTest, ASecondUpDoesNothingAndAChangeIsAllThatIsApplied) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders") + topic("payments")));
  const pid_t broker = pid_of("broker-0");
  EXPECT_THAT(up(cluster() + topic("orders") + topic("payments")).output,
              StartsWith("nothing to do: e2e is as declared"));
  // Fewer queues take two steps; which broker comes first depends on which answers first.
  EXPECT_THAT(
      lines_of(without_times(
          up(cluster() + topic("orders") + topic("payments", ", queuesPerBroker: 3")).output)),
      UnorderedElementsAre("close queues of topic payments on broker-0",
                           "close queues of topic payments on broker-1",
                           "apply topic payments on broker-0", "apply topic payments on broker-1",
                           "e2e is as declared", StartsWith("access point")));
  EXPECT_EQ(pid_of("broker-0"), broker);
  EXPECT_EQ(run_json({"topic", "describe", "payments"})["writeQueues"], 3);
  EXPECT_EQ(run({"status"}).exit_code, 0);
}

TEST_F(PetrelctlTest, ATopicsRetentionIsDeclaredShownAndPutBack) {
  const std::string declared = cluster() + topic("orders", ", retention: 1h");
  ASSERT_TRUE(comes_up(declared));
  EXPECT_EQ(run_json({"topic", "describe", "orders"})["retentionMs"], 3'600'000);
  EXPECT_THAT(run({"topic", "list"}).output, HasSubstr(" 1h "));
  const Outcome changed = run({"topic", "alter", "orders", "--retention", "100h"});
  EXPECT_EQ(changed.exit_code, 0) << changed.output;
  EXPECT_THAT(changed.output, HasSubstr("keeps messages for 3d only"));
  EXPECT_EQ(run_json({"topic", "describe", "orders"})["retentionMs"], 360'000'000);
  EXPECT_THAT(without_times(up(declared).output), StartsWith("apply topic orders on broker-0\n"));
  EXPECT_EQ(run_json({"topic", "describe", "orders"})["retentionMs"], 3'600'000);
  EXPECT_EQ(run({"topic", "alter", "orders", "--retention", "soon"}).exit_code, 2);
}

TEST_F(PetrelctlTest, AKilledBrokerComesBackWithItsMessages) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "kept", "--count", "6"}).exit_code, 0);
  ASSERT_EQ(::kill(pid_of("broker-0"), SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return run({"status"}).exit_code == 3; }));
  const Outcome repaired = up(cluster() + topic("orders"));
  EXPECT_EQ(repaired.exit_code, 0) << repaired.output;
  EXPECT_THAT(without_times(repaired.output), StartsWith("start broker-0\n"));
  EXPECT_THAT(repaired.output, Not(HasSubstr("broker-1")));
  EXPECT_EQ(
      run_json({"receive", "--topic", "orders", "--group", "g", "--count", "6", "--wait", "30s"})
          .size(),
      6u);
}

TEST_F(PetrelctlTest, MessagesAreFoundByKeyAndIdAlsoAfterAKill) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "found", "--tag", "a", "--key", "4711",
                 "--key", "red", "--property", "region=eu", "--count", "6"})
                .exit_code,
            0);
  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "other", "--key", "4712"}).exit_code, 0);
  ASSERT_EQ(::kill(pid_of("broker-0"), SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return run({"status"}).exit_code == 3; }));
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));

  const json messages = run_json({"message", "query", "--topic", "orders", "--key", "4711"});
  ASSERT_EQ(messages.size(), 6u) << messages;
  for (const json& message : messages) {
    EXPECT_EQ(message["body"], "found");
    EXPECT_EQ(message["keys"], json({"4711", "red"}));
    EXPECT_EQ(message["properties"]["region"], "eu");
  }
  const std::string id = messages[0]["messageId"];
  EXPECT_EQ(run_json({"message", "query", "--topic", "orders", "--key", id}).size(), 1u);
  EXPECT_EQ(run_json({"message", "get", messages[0]["offsetId"]})["messageId"], id);
  const Outcome shown = run({"message", "get", "--topic", "orders", id});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(shown.output, HasSubstr("region = eu"));
  EXPECT_THAT(shown.output, HasSubstr("found"));
  EXPECT_EQ(run({"message", "query", "--topic", "orders", "--key", "4711", "--to", "1h"}).exit_code,
            3);
  EXPECT_EQ(run({"message", "get", "7F00000100001F910000000000000001"}).exit_code, 3);
}

TEST_F(PetrelctlTest, AChangedConfigurationRestartsOneBrokerAfterTheOther) {
  ASSERT_TRUE(comes_up(cluster()));
  const Outcome changed = up(cluster("brokerGroups: {replicas: 2}, broker: {flushMode: Sync}"));
  EXPECT_EQ(changed.exit_code, 0) << changed.output;
  EXPECT_THAT(without_times(changed.output),
              ContainsRegex("^restart broker-0 with its new configuration\n"
                            "(broker-0 (is told to stop|stops: .*)\n)*"
                            "broker-0 has stopped\n"
                            "(waiting, .*\n)*"
                            "restart broker-1 with its new configuration\n"
                            "(broker-1 (is told to stop|stops: .*)\n)*"
                            "broker-1 has stopped\n"
                            "(waiting, .*\n)*e2e is as declared"));
}

TEST_F(PetrelctlTest, WhatIsNoLongerDeclaredGoesAsItsPolicySays) {
  ASSERT_TRUE(comes_up(cluster() + topic("gone", ", deletionPolicy: Delete") + topic("kept")));
  const Outcome changed = up(cluster());
  EXPECT_EQ(changed.exit_code, 0) << changed.output;
  const json topics = run_json({"topic", "list"});
  ASSERT_EQ(topics.size(), 1u) << topics;
  EXPECT_EQ(topics[0]["name"], "kept");
}

TEST_F(PetrelctlTest, FewerBrokerGroupsAreRefused) {
  ASSERT_TRUE(comes_up(cluster()));
  const Outcome refused = up(cluster("brokerGroups: {replicas: 1}"));
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.output, HasSubstr("2 broker groups exist and hold messages, so 1 is "
                                        "refused"));
  EXPECT_EQ(run_json({"status"})["members"].size(), 3u);
}

TEST_F(PetrelctlTest, BadDocumentsChangeNothing) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  const Outcome mistyped = up(cluster() + topic("orders", ", queuePerBroker: 3"));
  EXPECT_EQ(mistyped.exit_code, 1);
  EXPECT_THAT(mistyped.output, HasSubstr("did you mean queuesPerBroker?"));
  const Outcome unknown =
      up(cluster("broker: {config: {store.flush-intervall: 1s}}") + topic("orders"));
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.output, HasSubstr("spec.broker.config: petrel-broker refuses it"));
  EXPECT_THAT(unknown.output, HasSubstr(dir_.file("cluster.yaml")));
  EXPECT_THAT(unknown.output, Not(HasSubstr("/proc/"))) << "a file that nobody has";
  EXPECT_THAT(unknown.output, Not(HasSubstr("checked.yaml"))) << "a file that nobody has";
  EXPECT_THAT(up(cluster() + topic("orders")).output, StartsWith("nothing to do"));
}

TEST_F(PetrelctlTest, DownLeavesNothingRunningAndTheNextUpFindsTheMessages) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "kept"}).exit_code, 0);
  const std::vector<pid_t> pids = {pid_of("nameserver-0"), pid_of("broker-0"), pid_of("broker-1")};
  const Outcome stopped = run({"down"});
  ASSERT_EQ(stopped.exit_code, 0) << stopped.output;
  EXPECT_THAT(without_times(stopped.output),
              ContainsRegex("^stop broker-0\nstop broker-1\n"
                            "(broker-. .*\n)*broker-. has stopped\n"
                            "stop nameserver-0\n"
                            "(nameserver-0 .*\n)*nameserver-0 has stopped\n"
                            "e2e is stopped"));
  for (const pid_t pid : pids) {
    // A process that nobody waits for stays in the table, with no command line, where there is no
    // init.
    std::ostringstream command;
    command << std::ifstream(concat("/proc/", pid, "/cmdline")).rdbuf();
    EXPECT_EQ(command.str(), "");
  }
  EXPECT_THAT(run({"down"}).output, StartsWith("nothing to do"));
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  EXPECT_EQ(run({"receive", "--topic", "orders", "--group", "g", "--wait", "30s"}).exit_code, 0);
  EXPECT_EQ(run({"down", "--wipe", "--yes"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(data_dir()));
  ASSERT_TRUE(comes_up(cluster()));
}

}  // namespace
}  // namespace petrel::e2e
