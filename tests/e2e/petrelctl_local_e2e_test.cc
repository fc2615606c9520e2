// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "tests/e2e/petrelctl_fixture.h"

// petrelctl and the members of a local cluster: their logs, configurations, restarts; what is wrong
// on a command line.

namespace petrel::e2e {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using PetrelctlLocalTest = PetrelctlTest;

TEST_F(PetrelctlLocalTest, AMembersLogConfigurationAndRestart) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  EXPECT_THAT(run({"logs", "broker-0"}).output, HasSubstr("broker: ready broker=broker-0"));
  const std::string last = run({"logs", "broker-0", "--lines", "1"}).output;
  EXPECT_EQ(std::count(last.begin(), last.end(), '\n'), 1) << last;
  EXPECT_EQ(run({"logs", "broker-7"}).exit_code, 3);
  EXPECT_THAT(run({"config", "show", "broker-1"}).output,
              AllOf(HasSubstr("broker-1"), HasSubstr("file-reserved-time")));

  const pid_t before = pid_of("broker-0");
  const pid_t other = pid_of("broker-1");
  const json restarted = run_json({"restart", "broker-0"});
  EXPECT_EQ(restarted["member"], "broker-0") << restarted;
  EXPECT_NE(pid_of("broker-0"), before);
  EXPECT_EQ(pid_of("broker-1"), other);
  EXPECT_THAT(without_times(run({"restart", "broker-0"}).output),
              ContainsRegex("^restart broker-0\n"
                            "(broker-0 (is told to stop|stops: .*)\n)*"
                            "broker-0 has stopped\n"
                            "(waiting until broker-0 is ready.*\n)*"
                            "broker-0 is ready again after [0-9]+ ms\n$"));
  EXPECT_EQ(run({"status"}).exit_code, 0);
}

TEST_F(PetrelctlLocalTest, ARestartThatCouldNotComeBackLeavesTheMemberAsItIs) {
  ASSERT_TRUE(comes_up(cluster()));
  const pid_t before = pid_of("broker-0");
  const Outcome none = run({"--bin-dir", dir_.file("nowhere"), "restart", "broker-0"});
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_THAT(none.output,
              AllOf(HasSubstr("broker-0 was left as it is"), HasSubstr("there is no program")));
  // A program of a release that takes the configuration no more.
  const std::string other = dir_.file("other");
  std::filesystem::create_directory(other);
  std::ofstream(concat(other, "/petrel-broker")) << "#!/bin/sh\necho no such setting >&2\nexit 1\n";
  std::filesystem::permissions(concat(other, "/petrel-broker"), std::filesystem::perms::owner_all);
  const Outcome refused = run({"--bin-dir", other, "restart", "broker-0"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output,
              AllOf(HasSubstr("broker-0 was left as it is"), HasSubstr("no such setting")));
  EXPECT_EQ(pid_of("broker-0"), before);
  EXPECT_EQ(run({"status"}).exit_code, 0);
}

TEST_F(PetrelctlLocalTest, WhatIsAskedOfMessagesAndCannotBeIsTold) {
  ASSERT_TRUE(comes_up(cluster("brokerGroups: {replicas: 1}") + topic("orders")));
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"message", "browse", "--topic", "nope"},
           {"message", "tail", "--topic", "nope"},
           {"message", "query", "--topic", "nope", "--key", "k"}}) {
    const Outcome unknown = run(command);
    EXPECT_EQ(unknown.exit_code, 3) << command[1];
    EXPECT_THAT(unknown.output, HasSubstr("there is no topic nope")) << command[1];
  }
  for (std::vector<std::string> command : std::vector<std::vector<std::string>>{
           {"message", "browse", "--topic", "orders"},
           {"message", "query", "--topic", "orders", "--key", "k"}}) {
    command.insert(command.end(), {"--from", "1h", "--to", "2h"});
    const Outcome reversed = run(command);
    EXPECT_EQ(reversed.exit_code, 2) << command[1];
    EXPECT_THAT(reversed.output, HasSubstr("--from 1h is later than --to 2h")) << command[1];
  }
  const Outcome empty = run({"message", "browse", "--topic", "orders"});
  EXPECT_EQ(empty.exit_code, 3);
  EXPECT_THAT(empty.output, HasSubstr("topic orders has no such message"));
  const Outcome no_topic = run({"message", "get", "01A4BB6D7CC1B7230D0878FCC800000000"});
  EXPECT_EQ(no_topic.exit_code, 2);
  EXPECT_THAT(no_topic.output, HasSubstr("petrelctl message get --topic TOPIC 01A4BB6D"));

  const Outcome sent = run({"send", "--topic", "orders", "--body", "x", "--count", "25"});
  EXPECT_THAT(sent.output, HasSubstr("and 5 more; -o json shows all\nsent 25 messages"));
}

TEST_F(PetrelctlLocalTest, StatusTellsTopicsAndLag) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "x", "--count", "4"}).exit_code, 0);
  ASSERT_EQ(run({"receive", "--topic", "orders", "--group", "g", "--count", "4"}).exit_code, 0);
  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "x", "--count", "2"}).exit_code, 0);
  const json status = run_json({"status"});
  ASSERT_EQ(status["topics"].size(), 1u) << status;
  EXPECT_EQ(status["topics"][0]["messages"], 6);
  ASSERT_EQ(status["groups"].size(), 1u);
  EXPECT_EQ(status["groups"][0]["name"], "g");
  EXPECT_EQ(status["groups"][0]["lag"], 2);
  EXPECT_THAT(run({"status"}).output, HasSubstr("GROUP  LAG  IN FLIGHT"));
  const json group = run_json({"group", "describe", "g"});
  int64_t lag = 0;
  for (const json& queue : group["subscriptions"][0]["queues"]) {
    lag += queue["lag"].get<int64_t>();
    EXPECT_TRUE(queue.contains("nextOffset") && queue.contains("broker")) << queue;
  }
  EXPECT_EQ(lag, 2) << group;
}

TEST_F(PetrelctlLocalTest, WhoMadeAGroupByUsingItAndWhoRestartedAnEngineIsInTheLog) {
  ASSERT_TRUE(comes_up(cluster("brokerGroups: {replicas: 1}") + topic("orders")));
  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "x"}).exit_code, 0);
  ASSERT_EQ(run({"receive", "--topic", "orders", "--group", "g", "--wait", "30s"}).exit_code, 0);
  ASSERT_EQ(run({"broker", "restart-engine", "broker-0", "--drop"}).exit_code, 0);
  EXPECT_THAT(run({"logs", "broker-0", "--lines", "1000"}).output,
              AllOf(ContainsRegex("audit: group made on first use by=petrelctl@[^ ]* group=g "),
                    ContainsRegex("audit: engine restart by=[^ ]+ how=drop")));
}

TEST_F(PetrelctlLocalTest, EveryLineOfAJsonLogIsJson) {
  ASSERT_TRUE(
      comes_up(cluster("brokerGroups: {replicas: 1}, broker: {config: {log.format: json}}, "
                       "nameservers: {config: {log.format: json}}")));
  ASSERT_EQ(run({"topic", "create", "orders"}).exit_code, 0);
  ASSERT_EQ(run({"down"}).exit_code, 0);
  for (const char* member : {"broker-0", "nameserver-0"}) {
    std::istringstream log(run({"logs", member, "--lines", "100000"}).output);
    int lines = 0;
    for (std::string line; std::getline(log, line); ++lines) {
      EXPECT_TRUE(json::accept(line)) << member << ": " << line;
    }
    EXPECT_GT(lines, 2);
  }
  EXPECT_THAT(run({"logs", "broker-0"}).output, HasSubstr("\"message\":\"topic created\""));
}

TEST_F(PetrelctlLocalTest, WhatIsWrongOnACommandLineIsToldWithASuggestion) {
  ASSERT_TRUE(comes_up(cluster("brokerGroups: {replicas: 1}")));
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"topics"}, "petrelctl has no command topics; did you mean topic?"},
      {{"send", "--topc", "orders"}, "petrelctl send has no option --topc; did you mean --topic?"},
      {{"topic", "create", "a b"}, "a b"},
      {{"topic", "alter", "a", "--retention", "soon"}, "--retention"},
      {{"group", "create", "g", "--backoff", "10s,soon"}, "--backoff"},
      {{"group", "create", "g", "--consume-from", "2999-01-01"}, "is a time to come: say Last"},
      {{"group", "alter", "g", "--consume-from", "later"}, "neither First nor Last"},
      {{"receive", "--topic", "t", "--group", "g", "--wait", "long"}, "--wait"},
      {{"receive", "--topic", "t", "--group", "a b"}, "--group"},
      {{"receive", "--topic", "a b", "--group", "g"}, "--topic"},
      {{"receive", "--topic", "t", "--group", "g", "--count", "0"}, "--count"},
      {{"send", "--topic", "a b", "--body", "b"}, "--topic"},
      {{"send", "--topic", "t", "--body", "b", "--tag", "a|b"}, "--tag"},
      {{"send", "--topic", "t", "--body", "b", "--key", " "}, "--key"},
      {{"send", "--topic", "t", "--body", "b", "--count", "-1"}, "--count"},
      {{"send", "--topic", "t", "--body", "b", "--property", "x"}, "--property"},
      {{"message", "query", "--topic", "t", "--key", ""}, "--key"},
      {{"message", "browse", "--topic", "t", "--queue", "-1"}, "--queue"},
      {{"client", "list", "--group", "a b"}, "--group"},
      {{"logs", "broker-0", "--lines", "few"}, "--lines"},
      {{"restart", "broker-0", "--wait", "long"}, "--wait"},
      {{"store", "dump", "nowhere", "--queue", "-1"}, "--queue"},
      {{"message", "query", "--topic", "t", "--key", "k", "--from", "once"}, "--from"},
      {{"topic", "create", "t", "--permission", "none"},
       "--permission: 'none' is none of ReadOnly, ReadWrite, WriteOnly"},
      {{"-o", "xml", "status"}, "--output: 'xml' is none of json, table, yaml"},
      {{"--endpoint", "nowhere", "topic", "list"}, "--endpoint"}};
  for (const auto& [arguments, told] : wrong) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr(told));
  }
  const Outcome version = run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.output, StartsWith("petrelctl "));
}

TEST_F(PetrelctlLocalTest, ValidateTakesWhatUpTakes) {
  const auto validate = [&](const std::string& documents) {
    std::ofstream(dir_.file("cluster.yaml")) << documents;
    return run({"config", "validate", "-f", dir_.file("cluster.yaml")});
  };
  const std::vector<std::string> refused = {
      topic("orders"),                                           // no cluster
      cluster() + topic("orders") + topic("orders"),             // twice
      cluster("broker: {config: {store.flush-intervall: 1s}}"),  // in the broker's words
      cluster("broker: {config: {store.flush-mode: sync}}")};    // follows from flushMode
  for (const std::string& documents : refused) {
    const Outcome checked = validate(documents);
    EXPECT_EQ(checked.exit_code, 1) << documents;
    const Outcome applied = up(documents);
    EXPECT_EQ(applied.exit_code, 1) << documents;
    EXPECT_EQ(checked.output, applied.output);
    EXPECT_THAT(checked.output, Not(HasSubstr("/proc/")));
  }
  EXPECT_EQ(validate(cluster() + topic("orders")).exit_code, 0);
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  EXPECT_EQ(run({"config", "validate", "-f", dir_.file("cluster.yaml"), "--partial"}).exit_code, 0);
}

TEST_F(PetrelctlLocalTest, NamesAreCompleted) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders") + topic("payments")));
  EXPECT_EQ(run({"complete", "topics"}).output, "orders\npayments\n");
  EXPECT_EQ(run({"complete", "members"}).output, "nameserver-0\nbroker-0\nbroker-1\n");
  const std::string bin = std::filesystem::path(Server("petrelctl").program()).parent_path();
  ProcessOptions options{.program = "/bin/bash", .log_file = dir_.file("completed")};
  options.arguments = {"-c", concat("PATH=", bin,
                                    ":$PATH; source <(petrelctl completion bash); "
                                    "COMP_WORDS=(petrelctl --data ",
                                    data_dir(),
                                    " topic describe pay); COMP_CWORD=5; _petrelctl; "
                                    "echo \"${COMPREPLY[@]}\"")};
  auto process = Process::start(options);
  ASSERT_TRUE(process.ok()) << process.status();
  ASSERT_EQ((*process)->wait(kCommandTimeoutMs), 0);
  EXPECT_EQ(read_file(options.log_file, 1 << 20).value_or(""), "payments\n");
}

TEST_F(PetrelctlLocalTest, AWipeAsks) {
  ASSERT_TRUE(comes_up(cluster()));
  const Outcome refused = run({"down", "--wipe"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("nothing was changed; say --yes"));
  EXPECT_EQ(run({"status"}).exit_code, 0);
}

}  // namespace
}  // namespace petrel::e2e
