// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <map>

#include "tests/e2e/petrelctl_fixture.h"

// What an operator changes by hand: topics and groups that are created, altered and deleted, with
// all brokers there and with one of two gone.

namespace petrel::e2e {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PetrelctlChangeTest : public PetrelctlTest {
 protected:
  void kill_broker(const std::string& member) {
    ASSERT_EQ(::kill(pid_of(member), SIGKILL), 0);
    ASSERT_TRUE(eventually([&] { return run({"status"}).exit_code == 3; }));
  }
  json described(const std::string& name) { return run_json({"topic", "describe", name}); }
};

TEST_F(PetrelctlChangeTest, AlterChangesWhatIsNamedAndNothingElse) {
  ASSERT_TRUE(comes_up(cluster()));
  const Outcome created =
      run({"topic", "create", "alt", "--queues", "16", "--permission", "ReadOnly"});
  EXPECT_EQ(created.exit_code, 0) << created.output;
  EXPECT_EQ(created.output, "topic alt created on broker-0\ntopic alt created on broker-1\n");
  const Outcome again = run({"topic", "create", "alt", "--retention", "1h"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.output, HasSubstr("topic alt exists already"));

  const Outcome altered = run({"topic", "alter", "alt", "--retention", "1h"});
  EXPECT_EQ(altered.exit_code, 0) << altered.output;
  EXPECT_EQ(described("alt")["retentionMs"], 3'600'000);
  EXPECT_EQ(described("alt")["readQueues"], 16);
  EXPECT_EQ(described("alt")["writeQueuesOfAllBrokers"], 32);
  EXPECT_EQ(described("alt")["permission"], "ReadOnly");
  EXPECT_THAT(run({"topic", "alter", "alt", "--retention", "1h"}).output,
              HasSubstr("nothing to do"));
  EXPECT_EQ(run({"topic", "alter", "alt"}).exit_code, 2);
  EXPECT_EQ(run({"topic", "alter", "none", "--queues", "2"}).exit_code, 3);

  ASSERT_EQ(
      run({"topic", "create", "narrow", "--read-queues", "6", "--write-queues", "2"}).exit_code, 0);
  EXPECT_EQ(described("narrow")["readQueues"], 6);
  EXPECT_EQ(described("narrow")["writeQueues"], 2);
  EXPECT_THAT(run({"topic", "alter", "narrow", "--write-queues", "7"}).output,
              HasSubstr("7 queues to send to and only 6 to receive from"));

  ASSERT_EQ(
      run({"group", "create", "g", "--backoff", "10s,1m,10m", "--max-attempts", "3"}).exit_code, 0);
  EXPECT_EQ(run({"group", "create", "g", "--disabled"}).exit_code, 1);
  EXPECT_EQ(run({"group", "alter", "g", "--disabled"}).exit_code, 0);
  const json group = run_json({"group", "describe", "g"});
  EXPECT_EQ(group["consumeEnabled"], false);
  EXPECT_EQ(group["backoffMs"], json({10'000, 60'000, 600'000}));
  EXPECT_EQ(group["maxAttempts"], 3);
}

TEST_F(PetrelctlChangeTest, AGroupBeginsWhereItsDocumentSays) {
  const auto send = [&](const std::string& body) {
    ASSERT_EQ(run({"send", "--topic", "orders", "--body", body}).exit_code, 0);
  };
  const auto received = [&](const std::string& group) {
    return run({"receive", "--topic", "orders", "--group", group, "--count", "2", "--wait", "3s"})
        .output;
  };
  const std::string topics = cluster("brokerGroups: {replicas: 1}") + topic("orders");
  ASSERT_TRUE(comes_up(topics));
  send("before");
  ASSERT_TRUE(comes_up(topics + group("last") + group("first", ", consumeFrom: First") +
                       group("time", ", consumeFrom: 2020-01-01T00:00:00Z")));
  send("after");
  ASSERT_EQ(run({"restart", "broker-0"}).exit_code, 0);
  EXPECT_THAT(received("last"), AllOf(HasSubstr("after"), Not(HasSubstr("before"))));
  EXPECT_THAT(received("first"), AllOf(HasSubstr("after"), HasSubstr("before")));
  EXPECT_THAT(received("time"), AllOf(HasSubstr("after"), HasSubstr("before")));
  EXPECT_EQ(run_json({"group", "describe", "last"})["consumeFrom"], "Last");
  EXPECT_EQ(run_json({"group", "describe", "time"})["consumeFrom"], "2020-01-01T00:00:00Z");

  ASSERT_EQ(run({"group", "create", "hand", "--consume-from", "First"}).exit_code, 0);
  EXPECT_THAT(run({"group", "describe", "hand"}).output, HasSubstr("consume from First"));
  EXPECT_EQ(run({"group", "create", "odd", "--consume-from", "Middle"}).exit_code, 2);
  EXPECT_EQ(run({"group", "alter", "hand", "--consume-from", "Last"}).exit_code, 0);
  EXPECT_EQ(run_json({"group", "describe", "hand"})["consumeFrom"], "Last");
}

TEST_F(PetrelctlChangeTest, WhatWouldHideUnreadMessagesNeedsLeave) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders", ", queuesPerBroker: 4")));
  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "x", "--count", "16"}).exit_code, 0);
  const Outcome refused = run({"topic", "alter", "orders", "--queues", "2"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output,
              AllOf(HasSubstr("with 2 queues instead of 4, 4 messages in the queues behind can no "
                              "longer be received, which no group has received"),
                    HasSubstr("nothing was changed; say --yes")));
  EXPECT_EQ(described("orders")["readQueues"], 4);
  EXPECT_EQ(run({"topic", "alter", "orders", "--write-queues", "2"}).exit_code, 0);
  ASSERT_EQ(run({"receive", "--topic", "orders", "--group", "g", "--count", "16", "--wait", "30s"})
                .exit_code,
            0);
  const Outcome emptied = run({"topic", "alter", "orders", "--queues", "2"});
  EXPECT_EQ(emptied.exit_code, 0) << emptied.output;

  ASSERT_EQ(run({"send", "--topic", "orders", "--body", "y"}).exit_code, 0);
  const Outcome kept = run({"topic", "delete", "orders"});
  EXPECT_EQ(kept.exit_code, 1);
  EXPECT_THAT(kept.output, HasSubstr("group g has not acknowledged 1"));
  EXPECT_EQ(run({"topic", "delete", "orders", "--yes"}).exit_code, 0);
  EXPECT_EQ(run({"topic", "describe", "orders"}).exit_code, 3);
}

TEST_F(PetrelctlChangeTest, WithOneOfTwoBrokersGoneTheOtherIsShownAndTheExitCodeTells) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ASSERT_EQ(
      run({"send", "--topic", "orders", "--body", "x", "--key", "k", "--count", "4"}).exit_code, 0);
  ASSERT_EQ(run({"group", "create", "readers"}).exit_code, 0);
  kill_broker("broker-0");
  const std::map<std::string, std::string> shown_of = {
      {"topic", "orders"}, {"group", "readers"}, {"message", "broker-1"}};
  const std::vector<std::vector<std::string>> commands = {
      {"topic", "list"},
      {"topic", "describe", "orders"},
      {"group", "list"},
      {"group", "describe", "readers"},
      {"message", "query", "--topic", "orders", "--key", "k"}};
  for (std::vector<std::string> command : commands) {
    SCOPED_TRACE(concat(command[0], " ", command[1]));
    const Outcome by_cluster = run(command);
    command.insert(command.begin(), {"--endpoint", concat("127.0.0.1:", port_base_)});
    const Outcome by_nameserver = run(command);
    for (const Outcome& shown : {by_cluster, by_nameserver}) {
      EXPECT_EQ(shown.exit_code, 4) << shown.output;
      EXPECT_THAT(shown.output, HasSubstr("without broker broker-0"));
      EXPECT_THAT(shown.output, HasSubstr(shown_of.at(command[2])));
    }
  }
}

TEST_F(PetrelctlChangeTest, WhatNoBrokerThatAnswersHasMayBeOnTheOther) {
  ASSERT_TRUE(comes_up(cluster()));
  EXPECT_EQ(run({"topic", "describe", "none"}).exit_code, 3);
  EXPECT_EQ(run({"group", "describe", "none"}).exit_code, 3);
  kill_broker("broker-0");
  EXPECT_EQ(run({"topic", "describe", "none"}).exit_code, 4);
  EXPECT_EQ(run({"group", "describe", "none"}).exit_code, 4);
}

TEST_F(PetrelctlChangeTest, WhatReachedHalfOfTheBrokersIsToldAndMendedByTheSameCommand) {
  ASSERT_TRUE(comes_up(cluster()));
  kill_broker("broker-1");
  const Outcome half = run({"topic", "create", "orders", "--queues", "3"});
  EXPECT_EQ(half.exit_code, 4) << half.output;
  EXPECT_THAT(half.output, AllOf(HasSubstr("topic orders created on broker-0\n"),
                                 HasSubstr("topic orders NOT DONE on broker-1")));
  EXPECT_EQ(run({"group", "create", "g"}).exit_code, 4);
  ASSERT_TRUE(comes_up(cluster()));
  EXPECT_EQ(described("orders")["brokers"], 1);
  EXPECT_EQ(run({"topic", "create", "orders", "--queues", "4"}).exit_code, 1);
  const Outcome mended = run({"topic", "create", "orders", "--queues", "3"});
  EXPECT_EQ(mended.output, "topic orders created on broker-1\n");
  EXPECT_EQ(mended.exit_code, 0);
  EXPECT_EQ(run({"group", "alter", "g", "--backoff", "1s"}).exit_code, 0);
  EXPECT_EQ(run_json({"group", "describe", "g"})["sameOnAllBrokers"], true);

  kill_broker("broker-0");
  const Outcome deleted = run({"topic", "delete", "orders"});
  EXPECT_EQ(deleted.exit_code, 4) << deleted.output;
  EXPECT_THAT(deleted.output, AllOf(HasSubstr("topic orders deleted on broker-1\n"),
                                    HasSubstr("topic orders NOT DONE on broker-0")));
  ASSERT_TRUE(comes_up(cluster()));
  EXPECT_EQ(run({"topic", "delete", "orders"}).output, "topic orders deleted on broker-0\n");
  EXPECT_EQ(run({"topic", "delete", "orders"}).exit_code, 3);
}

TEST_F(PetrelctlChangeTest, VerbsThatChangeSpeakJson) {
  ASSERT_TRUE(comes_up(cluster()));
  const json created = run_json({"topic", "create", "orders"});
  ASSERT_EQ(created.size(), 2u) << created;
  EXPECT_EQ(created[0]["topic"], "orders");
  EXPECT_EQ(created[0]["broker"], "broker-0");
  EXPECT_EQ(created[0]["address"], concat("127.0.0.1:", port_base_ + 100));
  EXPECT_EQ(created[0]["result"], "created");
  EXPECT_EQ(run_json({"topic", "alter", "orders", "--queues", "9"})[1]["result"], "changed");
  EXPECT_EQ(run_json({"topic", "delete", "orders"})[1]["result"], "deleted");
  EXPECT_EQ(run_json({"group", "create", "g"})[0]["group"], "g");
  const json down = run_json({"down"});
  EXPECT_EQ(down["cluster"], "e2e");
  EXPECT_EQ(down["wiped"], false);
}

TEST_F(PetrelctlChangeTest, UpGoesOnAfterAMemberThatCannotStart) {
  // Where its configuration is to be written.
  const std::string blocked = concat(data_dir(), "/broker-0/config.yaml");
  ASSERT_TRUE(std::filesystem::create_directories(blocked));
  const Outcome partly = up(cluster() + topic("a"));
  EXPECT_EQ(partly.exit_code, 3) << partly.output;
  EXPECT_THAT(partly.output, HasSubstr("petrelctl: start broker-0: "));
  EXPECT_THAT(partly.output, HasSubstr("apply topic a on broker-1"));
  std::filesystem::remove(blocked);
  EXPECT_TRUE(comes_up(cluster() + topic("a")));
}

TEST_F(PetrelctlChangeTest, UpOnPortsThatAreTakenStartsNothingAndNamesWhoHasThem) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port_base_ + 102));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  const Outcome refused = up(cluster() + topic("a"));
  EXPECT_EQ(refused.exit_code, 1) << refused.output;
  EXPECT_THAT(refused.output,
              AllOf(HasSubstr(concat("port ", port_base_ + 102, " of broker-1 is in use by ")),
                    HasSubstr(concat("(pid ", getpid(), ")")), HasSubstr("Nothing was started")));
  EXPECT_THAT(refused.output, Not(HasSubstr("start nameserver-0")));
  EXPECT_EQ(run({"status"}).exit_code, 3);
  EXPECT_FALSE(std::filesystem::exists(concat(data_dir(), "/cluster.json")));
  close(fd);
  EXPECT_TRUE(comes_up(cluster() + topic("a")));
}

TEST_F(PetrelctlChangeTest, ADeadClusterIsNotTakenForTheOneOnItsPorts) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ASSERT_EQ(run({"down"}).exit_code, 0);
  const std::string other = dir_.file("other");
  const Outcome other_up = run_in(
      other, {"up", "-f", dir_.file("cluster.yaml"), "--port-base", std::to_string(port_base_)});
  ASSERT_EQ(other_up.exit_code, 0) << other_up.output;
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"send", "--topic", "orders", "--body", "x"},
                                             {"topic", "create", "stray"},
                                             {"bench", "produce", "--topic", "orders"}}) {
    const Outcome refused = run(command);
    EXPECT_EQ(refused.exit_code, 1) << refused.output;
    EXPECT_THAT(refused.output, HasSubstr("does not run")) << command[0];
  }
  const Outcome topics = run_in(other, {"-o", "json", "topic", "list"});
  const json listed = json::parse(topics.output, nullptr, false);
  ASSERT_EQ(listed.size(), 1u) << topics.output;
  EXPECT_EQ(listed[0]["messages"], 0);
  EXPECT_EQ(run_in(other, {"down", "--wipe", "--yes"}).exit_code, 0);
}

}  // namespace
}  // namespace petrel::e2e
