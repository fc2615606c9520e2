// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/plan/test_documents.h"

namespace petrel::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr MemberId kNameserver0{Role::kNameserver, 0};
constexpr MemberId kNameserver1{Role::kNameserver, 1};
constexpr MemberId kBroker0{Role::kBroker, 0};
constexpr MemberId kBroker1{Role::kBroker, 1};

std::vector<std::string> described(const Plan& plan) {
  std::vector<std::string> texts;
  for (const Action& action : plan.actions) {
    texts.push_back(action.describe());
  }
  return texts;
}

Snapshot all_ready(const Desired& desired) {
  Snapshot snapshot;
  for (const auto& [id, digest] : desired.members) {
    snapshot.members[id] = {.running = true, .ready = true, .digest = digest};
    if (id.role == Role::kBroker) {
      snapshot.brokers[id] = {};
    }
  }
  return snapshot;
}

const Condition& condition(const Plan& plan, const std::string& id, size_t index = 0) {
  return plan.conditions.at(id).at(index);
}

TEST(Plan, StartsAllThatDoesNotRun) {
  const Desired desired = make_desired(1, 2);
  const Plan plan = decide(desired, {});
  EXPECT_THAT(described(plan),
              ElementsAre("start nameserver-0", "start broker-0", "start broker-1"));
  EXPECT_EQ(condition(plan, "PetrelCluster/c").reason, "MemberNotRunning");
  EXPECT_EQ(condition(plan, "PetrelCluster/c").message,
            "not running: nameserver-0, broker-0, broker-1");
}

TEST(Plan, IsQuietWhenAllIsAsDeclared) {
  Desired desired = make_desired(1, 2);
  desired.topics = {make_topic("orders", ", queuesPerBroker: 4")};
  desired.groups = {make_group("billing", ", backoff: [10s]")};
  Snapshot snapshot = all_ready(desired);
  for (auto& [id, content] : snapshot.brokers) {
    content.topics["orders"] = {.name = "orders", .read_queues = 4, .write_queues = 4};
    content.topics["another"] = {.name = "another", .read_queues = 1};
    content.groups["billing"] = {.name = "billing", .backoff_ms = {10'000}};
  }
  const Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), IsEmpty());
  EXPECT_TRUE(plan.converged());
  EXPECT_EQ(condition(plan, "PetrelTopic/orders").message,
            "topic orders is as declared on all 2 brokers");
}

TEST(Plan, WaitsForWhatHasStarted) {
  const Desired desired = make_desired(1, 1);
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kBroker0].ready = false;
  const Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), IsEmpty());
  EXPECT_FALSE(plan.converged());
  EXPECT_FALSE(plan.stuck);
  EXPECT_EQ(condition(plan, "PetrelCluster/c").reason, "MemberNotReady");
}

TEST(Plan, RestartsOneMemberAtATimeNameserversFirst) {
  const Desired desired = make_desired(1, 2, "new");
  Snapshot snapshot = all_ready(desired);
  for (auto& [id, member] : snapshot.members) {
    member.digest = "old";
  }
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("restart nameserver-0 with its new configuration"));
  snapshot.members[kNameserver0] = {.running = true, .ready = false, .digest = "new"};
  EXPECT_THAT(described(decide(desired, snapshot)), IsEmpty());
  snapshot.members[kNameserver0].ready = true;
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("restart broker-0 with its new configuration"));
}

TEST(Plan, RestartsABrokenMemberBeforeHealthyOnes) {
  const Desired desired = make_desired(1, 2, "new");
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kBroker0].digest = "old";
  snapshot.members[kBroker1] = {.running = true, .ready = false, .digest = "old"};
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("restart broker-1 with its new configuration"));
}

TEST(Plan, ABrokerThatIsAboutToRestartIsNotWrittenTo) {
  Desired desired = make_desired(1, 1, "new");
  desired.topics = {make_topic("orders")};
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kBroker0].digest = "old";
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("restart broker-0 with its new configuration"));
}

TEST(Plan, AFailedMemberIsNotStartedAgainAndAllIsStuck) {
  const Desired desired = make_desired(1, 1);
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kBroker0] = {.failure = "ended with code 1: no space"};
  const Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), IsEmpty());
  EXPECT_TRUE(plan.stuck);
  EXPECT_EQ(condition(plan, "PetrelCluster/c").reason, "MemberFailed");
  EXPECT_EQ(condition(plan, "PetrelCluster/c").message, "broker-0 ended with code 1: no space");
}

TEST(Plan, ANameserverTooManyStopsAfterTheBrokersForgotIt) {
  Desired desired = make_desired(1, 1, "new");
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kNameserver1] = {.running = true, .ready = true, .digest = "old"};
  snapshot.members[kBroker0].digest = "old";
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("restart broker-0 with its new configuration"));
  snapshot.members[kBroker0].digest = "new";
  EXPECT_THAT(described(decide(desired, snapshot)), ElementsAre("stop nameserver-1"));
  snapshot.members[kNameserver1].running = false;
  EXPECT_TRUE(decide(desired, snapshot).converged());
}

TEST(Plan, FewerBrokerGroupsAreRefusedAndTheRestGoesOn) {
  Desired desired = make_desired(1, 1);
  desired.members[kBroker1] = "digest";
  desired.topics = {make_topic("orders")};
  const Plan plan = decide(desired, all_ready(desired));
  EXPECT_THAT(described(plan),
              ElementsAre("apply topic orders on broker-0", "apply topic orders on broker-1"));
  const Condition& refused = condition(plan, "PetrelCluster/c", 1);
  EXPECT_EQ(refused.type, "Accepted");
  EXPECT_FALSE(refused.status);
  EXPECT_EQ(refused.message,
            "spec.brokerGroups.replicas: 2 broker groups exist and hold messages, so 1 is refused; "
            "set it to 2 or more");
  EXPECT_FALSE(plan.converged());
}

TEST(Plan, AppliesOnlyWhatDiffersAndInOneActionPerBroker) {
  Desired desired = make_desired(1, 2);
  desired.topics = {make_topic("a"), make_topic("b"), make_topic("c")};
  Snapshot snapshot = all_ready(desired);
  snapshot.brokers[kBroker0].topics["a"] = {.name = "a"};
  snapshot.brokers[kBroker1].topics = {
      {"a", {.name = "a"}}, {"b", {.name = "b"}}, {"c", {.name = "c", .permission = 4}}};
  const Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan),
              ElementsAre("apply 2 topics on broker-0", "apply topic c on broker-1"));
  EXPECT_EQ(condition(plan, "PetrelTopic/b").message, "1 of 2 brokers have it as declared");
}

TEST(Plan, ABrokerThatDoesNotAnswerHoldsUpOnlyItself) {
  Desired desired = make_desired(1, 2);
  desired.topics = {make_topic("a")};
  Snapshot snapshot = all_ready(desired);
  snapshot.brokers.erase(kBroker1);
  const Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), ElementsAre("apply topic a on broker-0"));
  EXPECT_EQ(condition(plan, "PetrelTopic/a").message, "1 of 2 brokers answer");
}

TEST(Plan, DeletesOrRetainsWhatIsNoLongerDeclared) {
  Desired desired = make_desired(1, 1);
  desired.topics = {make_topic("gone", ", deletionPolicy: Delete", true),
                    make_topic("kept", "", true)};
  Snapshot snapshot = all_ready(desired);
  snapshot.brokers[kBroker0].topics = {{"gone", {.name = "gone"}}, {"kept", {.name = "kept"}}};
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("delete topic gone on broker-0", "forget PetrelTopic/kept"));
  snapshot.brokers[kBroker0].topics.erase("gone");
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("forget PetrelTopic/gone", "forget PetrelTopic/kept"));
}

TEST(Plan, ADeletionIsForgottenOnlyOnceEveryBrokerAnswered) {
  Desired desired = make_desired(1, 2);
  desired.groups = {make_group("g", ", deletionPolicy: Delete", true)};
  Snapshot snapshot = all_ready(desired);
  snapshot.brokers.erase(kBroker1);
  EXPECT_THAT(described(decide(desired, snapshot)), IsEmpty());
  snapshot.brokers[kBroker1].groups["g"] = {.name = "g"};
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("delete consumer group g on broker-1"));
}

TEST(Plan, ATopicThatAnotherDocumentDeclaresIsNotDeleted) {
  Desired desired = make_desired(1, 1);
  desired.topics = {make_topic("old", ", name: orders, deletionPolicy: Delete", true),
                    make_topic("new", ", name: orders")};
  Snapshot snapshot = all_ready(desired);
  snapshot.brokers[kBroker0].topics["orders"] = {.name = "orders"};
  EXPECT_THAT(described(decide(desired, snapshot)), ElementsAre("forget PetrelTopic/old"));
}

TEST(Plan, ConditionsNameTheGenerationThatTheySpeakOf) {
  Desired desired = make_desired(1, 1);
  desired.cluster.generation = 7;
  desired.topics = {make_topic("a")};
  desired.topics[0].generation = 3;
  const Plan plan = decide(desired, {});
  EXPECT_EQ(condition(plan, "PetrelCluster/c").observed_generation, 7);
  EXPECT_EQ(condition(plan, "PetrelTopic/a").observed_generation, 3);
}

}  // namespace
}  // namespace petrel::ops
