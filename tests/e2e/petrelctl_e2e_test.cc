// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/temp_directory.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/process.h"

// petrelctl with the real programs: what `up` starts, changes, repairs and refuses.

namespace petrel::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr int64_t kCommandTimeoutMs = 90'000;

struct Outcome {
  int exit_code = -1;
  std::string output;  // standard output and error
};

std::string document(const std::string& kind, const std::string& name, const std::string& spec) {
  return concat("---\napiVersion: petrel.io/v1alpha1\nkind: ", kind, "\nmetadata: {name: ", name,
                "}\nspec: {", spec, "}\n");
}

std::string cluster(const std::string& spec = "") {
  return document("PetrelCluster", "e2e", spec.empty() ? "brokerGroups: {replicas: 2}" : spec);
}

std::string topic(const std::string& name, const std::string& more = "") {
  return document("PetrelTopic", name, concat("clusterRef: {name: e2e}", more));
}

class PetrelctlTest : public testing::Test {
 protected:
  ~PetrelctlTest() override { EXPECT_EQ(run({"down", "--wipe"}).exit_code, 0); }

  Outcome run(const std::vector<std::string>& arguments) {
    const std::string log = dir_.file(concat("output-", ++runs_));
    ProcessOptions options{.program = Server("petrelctl").program(), .log_file = log};
    options.arguments = {"--data", data_dir()};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    auto process = Process::start(options);
    EXPECT_TRUE(process.ok()) << process.status();
    Outcome outcome;
    outcome.exit_code = (*process)->wait(kCommandTimeoutMs).value_or(-1);
    outcome.output = read_file(log, 16 << 20).value_or("");
    return outcome;
  }

  Outcome up(const std::string& documents) {
    std::ofstream(dir_.file("cluster.yaml")) << documents;
    return run({"up", "-f", dir_.file("cluster.yaml"), "--port-base", std::to_string(port_base_)});
  }

  testing::AssertionResult comes_up(const std::string& documents) {
    const Outcome outcome = up(documents);
    return outcome.exit_code == 0 ? testing::AssertionSuccess()
                                  : testing::AssertionFailure() << outcome.output;
  }

  json run_json(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    return json::parse(run(arguments).output, nullptr, false);
  }

  std::string data_dir() const { return dir_.file("data"); }

  pid_t pid_of(const std::string& member) {
    const json process = json::parse(
        read_file(concat(data_dir(), "/", member, "/process.json"), 10'000).value_or(""), nullptr,
        false);
    return process.value("pid", 0);
  }

  // The first of a range of which every port that the cluster takes is free, below those that the
  // kernel gives to outgoing connections.
  static int port_base() {
    constexpr int kFirst = 20'000;
    constexpr int kRanges = 60;
    constexpr int kRangePorts = 200;
    static int turn = getpid();
    while (true) {
      const int base = kFirst + ++turn % kRanges * kRangePorts;
      bool free = true;
      for (const int offset : {0, 1, 100, 101, 102, 103}) {
        free = free && is_free(base + offset);
      }
      if (free) {
        return base;
      }
    }
  }

  static bool is_free(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    close(fd);
    return bound;
  }

  const TempDirectory dir_;
  const int port_base_ = port_base();
  int runs_ = 0;
};

TEST_F(PetrelctlTest, UpStartsWhatIsDeclaredAndMessagesFlow) {
  const Outcome started = up(cluster() + topic("orders"));
  ASSERT_EQ(started.exit_code, 0) << started.output;
  EXPECT_THAT(started.output, HasSubstr("start nameserver-0\nstart broker-0\nstart broker-1\n"));
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
  EXPECT_THAT(up(cluster() + topic("orders") + topic("payments", ", queuesPerBroker: 3")).output,
              StartsWith("apply topic payments on broker-0\napply topic payments on broker-1\n"
                         "e2e is as declared"));
  EXPECT_EQ(pid_of("broker-0"), broker);
  EXPECT_EQ(run_json({"topic", "describe", "payments"})["writeQueues"], 3);
  EXPECT_EQ(run({"status"}).exit_code, 0);
}

TEST_F(PetrelctlTest, ATopicsRetentionIsDeclaredShownAndPutBack) {
  const std::string declared = cluster() + topic("orders", ", retention: 1h");
  ASSERT_TRUE(comes_up(declared));
  EXPECT_EQ(run_json({"topic", "describe", "orders"})["retentionMs"], 3'600'000);
  EXPECT_THAT(run({"topic", "list"}).output, HasSubstr(" 1h "));
  const Outcome changed = run({"topic", "create", "orders", "--retention", "100h"});
  EXPECT_EQ(changed.exit_code, 0) << changed.output;
  EXPECT_THAT(changed.output, HasSubstr("keeps messages for 3d only"));
  EXPECT_EQ(run_json({"topic", "describe", "orders"})["retentionMs"], 360'000'000);
  EXPECT_THAT(up(declared).output, StartsWith("apply topic orders on broker-0\n"));
  EXPECT_EQ(run_json({"topic", "describe", "orders"})["retentionMs"], 3'600'000);
  EXPECT_EQ(run({"topic", "create", "orders", "--retention", "soon"}).exit_code, 1);
}

TEST_F(PetrelctlTest, AKilledBrokerComesBackWithItsMessages) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "kept", "--count", "6"}).exit_code, 0);
  ASSERT_EQ(::kill(pid_of("broker-0"), SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return run({"status"}).exit_code == 3; }));
  const Outcome repaired = up(cluster() + topic("orders"));
  EXPECT_EQ(repaired.exit_code, 0) << repaired.output;
  EXPECT_THAT(repaired.output, StartsWith("start broker-0\n"));
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
  EXPECT_THAT(changed.output,
              StartsWith("restart broker-0 with its new configuration\n"
                         "restart broker-1 with its new configuration\ne2e is as declared"));
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
  EXPECT_THAT(up(cluster() + topic("orders")).output, StartsWith("nothing to do"));
}

TEST_F(PetrelctlTest, DownLeavesNothingRunningAndTheNextUpFindsTheMessages) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "kept"}).exit_code, 0);
  const std::vector<pid_t> pids = {pid_of("nameserver-0"), pid_of("broker-0"), pid_of("broker-1")};
  ASSERT_EQ(run({"down"}).exit_code, 0);
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
  EXPECT_EQ(run({"down", "--wipe"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(data_dir()));
  ASSERT_TRUE(comes_up(cluster()));
}

}  // namespace
}  // namespace petrel::e2e
