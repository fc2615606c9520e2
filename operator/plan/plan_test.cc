// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "operator/plan/testing/test_documents.h"

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
      snapshot.brokers[id] = std::make_shared<BrokerContent>();
    }
  }
  return snapshot;
}

const Condition& condition(const Plan& plan, const std::string& id,
                           const std::string& type = "Ready") {
  const auto& list = plan.conditions.at(id);
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const Condition& c) { return c.type == type; });
  PETREL_CHECK(found != list.end());
  return *found;
}

// Changes what a broker of the snapshot has.
BrokerContent& content(Snapshot& snapshot, const MemberId& broker) {
  auto copy = std::make_shared<BrokerContent>(*snapshot.brokers.at(broker));
  snapshot.brokers[broker] = copy;
  return *copy;
}

TopicContent topic(const std::string& name, int64_t messages = 0) {
  return {.settings = {.name = name}, .stats = {.messages = messages}};
}

GroupContent group(const std::string& name, const GroupStats& stats = {}) {
  return {.settings = {.name = name}, .stats = stats};
}

TEST(Plan, StartsAllThatDoesNotRunNameserversFirst) {
  const Desired desired = make_desired(2, 2);
  const Plan plan = decide(desired, {});
  EXPECT_THAT(described(plan), ElementsAre("start nameserver-0", "start nameserver-1"));
  EXPECT_EQ(condition(plan, "PetrelCluster/c").reason, "MemberNotRunning");
  EXPECT_EQ(condition(plan, "PetrelCluster/c").message,
            "not running: nameserver-0, nameserver-1, broker-0, broker-1");

  Snapshot snapshot = all_ready(desired);
  snapshot.members.erase(kBroker0);
  snapshot.members.erase(kBroker1);
  snapshot.members[kNameserver0].ready = false;
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("start broker-0", "start broker-1"));
}

TEST(Plan, BrokersStartWithoutANameserverThatCannotCome) {
  const Desired desired = make_desired(1, 1);
  Snapshot snapshot = all_ready(desired);
  snapshot.members.erase(kBroker0);
  snapshot.members[kNameserver0].ready = false;
  EXPECT_THAT(described(decide(desired, snapshot)), IsEmpty());
  snapshot.members[kNameserver0].says = "answers nothing";
  EXPECT_THAT(described(decide(desired, snapshot)), IsEmpty()) << "it may be about to";
  snapshot.members[kNameserver0].waiting = "its Pod is not scheduled";
  EXPECT_THAT(described(decide(desired, snapshot)), ElementsAre("start broker-0"));
  snapshot.members[kNameserver0] = {.failure = "ended with code 1"};
  EXPECT_THAT(described(decide(desired, snapshot)), ElementsAre("start broker-0"));
}

TEST(Plan, IsQuietWhenAllIsAsDeclared) {
  Desired desired = make_desired(1, 2);
  desired.topics = {make_topic("orders", ", queuesPerBroker: 4")};
  desired.groups = {make_group("billing", ", backoff: [10s]")};
  Snapshot snapshot = all_ready(desired);
  for (const MemberId& id : {kBroker0, kBroker1}) {
    BrokerContent& broker = content(snapshot, id);
    broker.topics["orders"].settings = {.name = "orders", .read_queues = 4, .write_queues = 4};
    broker.topics["another"].settings = {.name = "another", .read_queues = 1};
    broker.groups["billing"].settings = {
        .name = "billing", .backoff_ms = {10'000}, .consume_from = {ConsumeFrom::Kind::kLast}};
  }
  const Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), IsEmpty());
  EXPECT_TRUE(plan.converged());
  EXPECT_EQ(condition(plan, "PetrelTopic/orders").message,
            "topic orders is as declared on all 2 brokers");
}

TEST(Plan, AnotherBeginOfAGroupIsToldToMoveNothing) {
  Desired desired = make_desired(1, 1);
  desired.groups = {make_group("g", ", consumeFrom: First")};
  Snapshot snapshot = all_ready(desired);
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("apply consumer group g on broker-0"));
  content(snapshot, kBroker0).groups["g"].settings = {.name = "g",
                                                      .consume_from = {ConsumeFrom::Kind::kLast}};
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("apply consumer group g on broker-0, which goes on where it has begun"));
}

TEST(Plan, AGroupThatIsThereIsNotDeclaredAnewByADocumentThatSaysNothingOfItsBegin) {
  Desired desired = make_desired(1, 1);
  desired.groups = {make_group("g")};
  Snapshot snapshot = all_ready(desired);
  content(snapshot, kBroker0).groups["g"].settings = {.name = "g"};
  EXPECT_THAT(described(decide(desired, snapshot)), IsEmpty());
  desired.groups = {make_group("g", ", consumeFrom: First")};
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("apply consumer group g on broker-0, which goes on where it has begun"));
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

TEST(Plan, ARollTakesOneMemberAtATimeAlsoWhereOutdatedOnesAreNotReady) {
  const Desired desired = make_desired(1, 2, "new");
  Snapshot snapshot = all_ready(desired);
  for (const MemberId& id : {kBroker0, kBroker1}) {
    // As when their nameserver is away: they serve who is connected.
    snapshot.members[id] = {.running = true, .ready = false, .digest = "old"};
  }
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("restart broker-0 with its new configuration"));
  snapshot.members[kBroker0].digest = "new";
  EXPECT_THAT(described(decide(desired, snapshot)), IsEmpty());
  snapshot.members[kBroker0].ready = true;
  const auto content_of_0 = snapshot.brokers.extract(kBroker0);
  const Plan silent = decide(desired, snapshot);
  EXPECT_THAT(described(silent), IsEmpty());
  EXPECT_EQ(condition(silent, "PetrelCluster/c").message,
            "to be restarted: broker-1; not answering yet: broker-0");
  snapshot.brokers[kBroker0] = content_of_0.mapped();
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("restart broker-1 with its new configuration"));
}

TEST(Plan, WhatServesNobodyIsReplacedOneAfterTheOtherToo) {
  const Desired desired = make_desired(1, 2, "new");
  Snapshot snapshot = all_ready(desired);
  for (const MemberId& id : {kBroker0, kBroker1}) {
    snapshot.members[id] = {.running = true, .ready = false, .digest = "old"};
    snapshot.brokers.erase(id);
  }
  snapshot.members[kNameserver0].ready = false;
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("restart broker-0 with its new configuration"));
  snapshot.members[kBroker0].digest = "new";
  EXPECT_THAT(described(decide(desired, snapshot)), IsEmpty());
}

TEST(Plan, AConfigurationIsCheckedBeforeAMemberGoesForIt) {
  using State = ConfigurationCheck::State;
  const Desired desired = make_desired(1, 2, "new");
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kBroker0].digest = "old";
  snapshot.members[kBroker1].digest = "old";
  snapshot.checks = {{Role::kNameserver, {}}, {Role::kBroker, {}}};
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("check the configuration of brokers"));
  snapshot.checks[Role::kBroker] = {State::kUnderWay, "ImagePullBackOff"};
  Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), IsEmpty());
  EXPECT_EQ(condition(plan, "PetrelCluster/c").message,
            "to be restarted: broker-0, broker-1; the configuration of brokers is being checked "
            "(ImagePullBackOff)");
  snapshot.checks[Role::kBroker] = {State::kRefused, "there is no key x"};
  plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), IsEmpty());
  EXPECT_EQ(condition(plan, "PetrelCluster/c", "Accepted").reason, "ConfigurationRefused");
  EXPECT_EQ(condition(plan, "PetrelCluster/c", "Accepted").message,
            "spec.broker.config: the program refuses it, so brokers go on with what they have: "
            "there is no key x");
  snapshot.checks[Role::kBroker] = {State::kPassed, ""};
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("restart broker-0 with its new configuration"));
}

TEST(Plan, WhatEndsBeforeItsNewConfigurationIsGoodStartsAsItWas) {
  using State = ConfigurationCheck::State;
  const Desired desired = make_desired(1, 2, "new");
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kBroker0] = {.has_previous = true};
  for (const State state : {State::kUnknown, State::kUnderWay, State::kRefused}) {
    snapshot.checks[Role::kBroker] = {state, ""};
    EXPECT_THAT(described(decide(desired, snapshot)),
                ElementsAre("start broker-0 as it was before"));
  }
  snapshot.checks[Role::kBroker] = {State::kPassed, ""};
  EXPECT_THAT(described(decide(desired, snapshot)), ElementsAre("start broker-0"));
  snapshot.checks.clear();
  EXPECT_THAT(described(decide(desired, snapshot)), ElementsAre("start broker-0"));
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
  const Condition& refused = condition(plan, "PetrelCluster/c", "Accepted");
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
  content(snapshot, kBroker0).topics["a"] = topic("a");
  content(snapshot, kBroker1).topics = {
      {"a", topic("a")}, {"b", topic("b")}, {"c", {{.name = "c", .permission = 4}, {}}}};
  const Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan),
              ElementsAre("apply 2 topics on broker-0", "apply topic c on broker-1"));
  EXPECT_EQ(condition(plan, "PetrelTopic/b").message,
            "1 of 2 brokers have it as declared; next is broker-0");
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
  desired.topics = {make_topic("gone", ", deletionPolicy: Delete", kDeleting),
                    make_topic("kept", "", kDeleting)};
  Snapshot snapshot = all_ready(desired);
  content(snapshot, kBroker0).topics = {{"gone", topic("gone", 5)}, {"kept", topic("kept")}};
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("delete topic gone on broker-0", "forget PetrelTopic/kept"));
  content(snapshot, kBroker0).topics.erase("gone");
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("forget PetrelTopic/gone", "forget PetrelTopic/kept"));
}

TEST(Plan, ADeletionIsForgottenOnlyOnceEveryBrokerAnswered) {
  Desired desired = make_desired(1, 2);
  desired.groups = {make_group("g", ", deletionPolicy: Delete", kDeleting)};
  Snapshot snapshot = all_ready(desired);
  snapshot.brokers.erase(kBroker1);
  EXPECT_THAT(described(decide(desired, snapshot)), IsEmpty());
  snapshot.brokers[kBroker1] = std::make_shared<BrokerContent>();
  content(snapshot, kBroker1).groups["g"] = group("g", {.lag = 3});
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("delete consumer group g on broker-1"));
}

TEST(Plan, ATopicThatAnotherDocumentDeclaresIsNotDeleted) {
  Desired desired = make_desired(1, 1);
  desired.topics = {make_topic("old", ", name: orders, deletionPolicy: Delete", kDeleting),
                    make_topic("new", ", name: orders")};
  Snapshot snapshot = all_ready(desired);
  content(snapshot, kBroker0).topics["orders"] = topic("orders");
  EXPECT_THAT(described(decide(desired, snapshot)), ElementsAre("forget PetrelTopic/old"));
}

TEST(Plan, ConditionsNameTheGenerationThatTheySpeakOf) {
  Desired desired = make_desired(1, 1);
  desired.cluster = make_cluster(1, 1, "", {.generation = 7});
  desired.topics = {make_topic("a", "", {.generation = 3})};
  const Plan plan = decide(desired, {});
  for (const Condition& c : plan.conditions.at("PetrelCluster/c")) {
    EXPECT_EQ(c.observed_generation, 7) << c.type;
  }
  EXPECT_EQ(condition(plan, "PetrelTopic/a").observed_generation, 3);
}

TEST(Plan, TheOlderOfTwoDocumentsHoldsTheNameAndTheYoungerIsToldSo) {
  Desired desired = make_desired(1, 1);
  desired.topics = {make_topic("young", ", name: orders, queuesPerBroker: 2", {.created_ms = 2000}),
                    make_topic("old", ", name: orders, queuesPerBroker: 3", {.created_ms = 1000})};
  const Plan plan = decide(desired, all_ready(desired));
  ASSERT_EQ(plan.actions.size(), 1u);
  ASSERT_EQ(plan.actions[0].topics.size(), 1u);
  EXPECT_EQ(plan.actions[0].topics[0].read_queues, 3);
  EXPECT_EQ(condition(plan, "PetrelTopic/old").reason, "Applying");
  EXPECT_EQ(condition(plan, "PetrelTopic/old").message,
            "0 of 1 brokers have it as declared; next is broker-0");
  EXPECT_EQ(condition(plan, "PetrelTopic/young").reason, "Conflict");
  EXPECT_EQ(condition(plan, "PetrelTopic/young").message,
            "topic orders is declared by PetrelTopic/old, which is older; delete one of them");
}

TEST(Plan, ARetentionThatSomebodyChangedIsPutBack) {
  Desired desired = make_desired(1, 1);
  desired.topics = {make_topic("orders", ", retention: 1h")};
  Snapshot snapshot = all_ready(desired);
  TopicSettings& there = content(snapshot, kBroker0).topics["orders"].settings;
  there = desired.topics[0]->spec.settings;
  EXPECT_TRUE(decide(desired, snapshot).actions.empty());
  for (const int64_t retention_ms : {0, 7'200'000}) {
    there.retention_ms = retention_ms;
    const Plan plan = decide(desired, snapshot);
    ASSERT_EQ(plan.actions.size(), 1u);
    ASSERT_EQ(plan.actions[0].topics.size(), 1u);
    EXPECT_EQ(plan.actions[0].topics[0].retention_ms, 3'600'000);
  }
}

TEST(Plan, AmongEquallyOldDocumentsTheSmallerNameHolds) {
  Desired desired = make_desired(1, 1);
  desired.groups = {make_group("b", ", name: billing"), make_group("a", ", name: billing")};
  const Plan plan = decide(desired, all_ready(desired));
  EXPECT_EQ(condition(plan, "PetrelConsumerGroup/b").reason, "Conflict");
  EXPECT_EQ(condition(plan, "PetrelConsumerGroup/a").reason, "Applying");
}

TEST(Plan, ADeletedDocumentThatDoesNotHoldTheNameDeletesNothing) {
  Desired desired = make_desired(1, 1);
  desired.topics = {make_topic("old", ", name: orders", {.created_ms = 1000, .deleting = true}),
                    make_topic("young", ", name: orders, deletionPolicy: Delete",
                               {.created_ms = 2000, .deleting = true})};
  Snapshot snapshot = all_ready(desired);
  content(snapshot, kBroker0).topics["orders"] = topic("orders");
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("forget PetrelTopic/old", "forget PetrelTopic/young"));
}

TEST(Plan, DeleteIfEmptyWaitsUntilNoBrokerHasMessages) {
  Desired desired = make_desired(1, 2);
  desired.topics = {make_topic("t", ", deletionPolicy: DeleteIfEmpty", kDeleting)};
  Snapshot snapshot = all_ready(desired);
  content(snapshot, kBroker0).topics["t"] = topic("t");
  content(snapshot, kBroker1).topics["t"] = topic("t", 12);
  Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), IsEmpty());
  EXPECT_EQ(condition(plan, "PetrelTopic/t").reason, "NotEmpty");
  EXPECT_EQ(condition(plan, "PetrelTopic/t").message,
            "topic t is deleted once it is empty: 12 messages are left; spec.deletionPolicy may "
            "still be set to Delete, or to Retain to leave it");
  content(snapshot, kBroker1).topics["t"] = topic("t");
  plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan),
              ElementsAre("delete topic t on broker-0", "delete topic t on broker-1"));
  EXPECT_TRUE(plan.actions[0].only_empty);
}

TEST(Plan, DeleteIfEmptyTouchesNothingWhileABrokerDoesNotAnswer) {
  Desired desired = make_desired(1, 2);
  desired.topics = {make_topic("t", ", deletionPolicy: DeleteIfEmpty", kDeleting)};
  Snapshot snapshot = all_ready(desired);
  content(snapshot, kBroker0).topics["t"] = topic("t");
  snapshot.brokers.erase(kBroker1);
  const Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), IsEmpty());
  EXPECT_EQ(condition(plan, "PetrelTopic/t").reason, "BrokerNotAnswering");
}

TEST(Plan, DeleteIfEmptyOfAGroupWaitsForLagAndMembers) {
  Desired desired = make_desired(1, 1);
  desired.groups = {make_group("g", ", deletionPolicy: DeleteIfEmpty", kDeleting)};
  Snapshot snapshot = all_ready(desired);
  for (const GroupStats& stats :
       {GroupStats{.lag = 1}, GroupStats{.in_flight = 1}, GroupStats{.members = 1}}) {
    content(snapshot, kBroker0).groups["g"] = group("g", stats);
    const Plan plan = decide(desired, snapshot);
    EXPECT_THAT(described(plan), IsEmpty());
    EXPECT_EQ(condition(plan, "PetrelConsumerGroup/g").reason, "NotEmpty");
  }
  content(snapshot, kBroker0).groups["g"] = group("g");
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("delete consumer group g on broker-0"));
}

TEST(Plan, WithoutAClusterDeletedDocumentsAreForgottenAndOthersAreToldSo) {
  Desired desired;
  desired.topics = {make_topic("gone", ", deletionPolicy: Delete", kDeleting), make_topic("here")};
  desired.groups = {make_group("gone", ", deletionPolicy: DeleteIfEmpty", kDeleting)};
  const Plan plan = decide(desired, {});
  EXPECT_THAT(described(plan),
              ElementsAre("forget PetrelTopic/gone", "forget PetrelConsumerGroup/gone"));
  EXPECT_EQ(condition(plan, "PetrelTopic/here").reason, "ClusterNotFound");
  EXPECT_EQ(condition(plan, "PetrelTopic/here").message,
            "PetrelCluster c does not exist in this namespace");
}

TEST(Plan, AClusterThatIsBeingDeletedHoldsUpNoDocument) {
  Desired desired = make_desired(1, 1, "new");
  desired.cluster = make_cluster(1, 1, "", kDeleting);
  desired.topics = {make_topic("gone", ", deletionPolicy: Delete", kDeleting), make_topic("here")};
  const Plan plan = decide(desired, {});
  EXPECT_THAT(described(plan), ElementsAre("forget PetrelTopic/gone"));
  EXPECT_EQ(condition(plan, "PetrelCluster/c").reason, "Deleting");
  EXPECT_EQ(condition(plan, "PetrelTopic/here").reason, "ClusterDeleting");
}

TEST(Plan, APausedClusterIsObservedAndNotTouched) {
  Desired desired = make_desired(1, 1, "new");
  desired.cluster = make_cluster(1, 1, ", pause: true");
  desired.topics = {make_topic("a"), make_topic("kept", "", kDeleting),
                    make_topic("gone", ", deletionPolicy: Delete", kDeleting)};
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kBroker0].digest = "old";
  snapshot.objects_to_repair = {"Service/c"};
  content(snapshot, kBroker0).topics["gone"] = topic("gone");
  const Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), ElementsAre("forget PetrelTopic/kept"));
  EXPECT_EQ(condition(plan, "PetrelCluster/c").reason, "MemberOutdated");
  EXPECT_EQ(condition(plan, "PetrelCluster/c", "Progressing").reason, "Paused");
  EXPECT_EQ(condition(plan, "PetrelTopic/a").reason, "Paused");

  // What would die with the document is saved nevertheless.
  snapshot.objects_to_repair.emplace_back("PersistentVolumeClaim/c-broker-0-0-data");
  snapshot.objects_to_save = {"PersistentVolumeClaim/c-broker-0-0-data"};
  EXPECT_THAT(
      described(decide(desired, snapshot)),
      ElementsAre("repair PersistentVolumeClaim/c-broker-0-0-data", "forget PetrelTopic/kept"));
}

TEST(Plan, WhatIsNotAsItShouldBeBesideTheMembersIsRepaired) {
  const Desired desired = make_desired(1, 1);
  Snapshot snapshot = all_ready(desired);
  snapshot.objects_to_repair = {"Service/c", "PodDisruptionBudget/c-brokers"};
  const Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan),
              ElementsAre("repair Service/c", "repair PodDisruptionBudget/c-brokers"));
  EXPECT_TRUE(condition(plan, "PetrelCluster/c").status);
  EXPECT_EQ(condition(plan, "PetrelCluster/c", "Progressing").message,
            "repair Service/c, and 1 more");
}

TEST(Plan, WhatTheRuntimeRefusesIsTold) {
  const Desired desired = make_desired(1, 1);
  Snapshot snapshot = all_ready(desired);
  snapshot.refusals = {{"StorageShrink", "spec.broker.storage.size: cannot shrink"}};
  const Plan plan = decide(desired, snapshot);
  EXPECT_EQ(condition(plan, "PetrelCluster/c", "Accepted").reason, "StorageShrink");
  EXPECT_FALSE(plan.converged());
}

TEST(Plan, TheNextGoesWhenAllNameserversKnowAllBrokersAgain) {
  const Desired desired = make_desired(2, 2, "new");
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kBroker1].digest = "old";
  snapshot.members[kBroker0].ready_for_ms = 9'000;
  content(snapshot, kBroker0).signs = {.nameservers = 2, .registered = 1};
  content(snapshot, kBroker1).signs = {.nameservers = 2, .registered = 2};
  const Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), IsEmpty());
  EXPECT_EQ(condition(plan, "PetrelCluster/c", "Progressing").message,
            "to be restarted: broker-1; broker-0 registers with nameservers (1 of 2)");
  const auto goes = ElementsAre("restart broker-1 with its new configuration");
  snapshot.members[kBroker0].ready_for_ms = 10'000;
  EXPECT_THAT(described(decide(desired, snapshot)), goes) << "it had its time";
  snapshot.members[kBroker0].ready_for_ms = 9'000;
  content(snapshot, kBroker0).signs.registered = 2;
  EXPECT_THAT(described(decide(desired, snapshot)), goes);
}

TEST(Plan, TheNextNameserverGoesWhenBrokersAreRegisteredWithTheLastOne) {
  const Desired desired = make_desired(2, 1, "new");
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kNameserver1].digest = "old";
  snapshot.members[kBroker0].digest = "old";
  snapshot.members[kNameserver0].ready_for_ms = 100;
  content(snapshot, kBroker0).signs = {.nameservers = 2, .registered = 1};
  EXPECT_THAT(described(decide(desired, snapshot)), IsEmpty());
  content(snapshot, kBroker0).signs.registered = 2;
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("restart nameserver-1 with its new configuration"));
}

TEST(Plan, AFullDiskIsTold) {
  const Desired desired = make_desired(1, 2);
  Snapshot snapshot = all_ready(desired);
  EXPECT_TRUE(condition(decide(desired, snapshot), "PetrelCluster/c", "SendsTaken").status);
  content(snapshot, kBroker1).signs.sends_refused_since_ms = 1'796'000'000'000;
  const Plan plan = decide(desired, snapshot);
  EXPECT_FALSE(condition(plan, "PetrelCluster/c", "SendsTaken").status);
  EXPECT_EQ(condition(plan, "PetrelCluster/c", "SendsTaken").reason, "DiskFull");
  EXPECT_EQ(condition(plan, "PetrelCluster/c", "SendsTaken").message,
            "broker-1: disk full, sends are refused since 2026-11-30T00:53:20Z");
  EXPECT_TRUE(plan.converged()) << "there is nothing to do, nor to wait for";
}

TEST(Plan, WhatBlocksTheClusterStopsStartsAndIsNotReady) {
  const Desired desired = make_desired(1, 1);
  Snapshot snapshot = all_ready(desired);
  snapshot.members.erase(kBroker0);
  snapshot.refusals = {{"NameTaken", "Service c: is another's", true}};
  const Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), IsEmpty());
  EXPECT_EQ(condition(plan, "PetrelCluster/c").reason, "NameTaken");
  EXPECT_EQ(condition(plan, "PetrelCluster/c", "Accepted").reason, "NameTaken");
}

TEST(Plan, AMemberWhoseMessagesAreLostIsNotStartedAndOneThatMayLoseThemIsNotStopped) {
  const Desired desired = make_desired(1, 2, "new");
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kBroker0] = {.data = {"VolumeLost", "its volume is gone"}};
  snapshot.members[kBroker1].digest = "old";
  snapshot.members[kBroker1].data = {"VolumeDying", "its volume is being deleted"};
  Plan plan = decide(desired, snapshot);
  EXPECT_THAT(described(plan), IsEmpty());
  EXPECT_EQ(condition(plan, "PetrelCluster/c").message, "broker-0 its volume is gone");
  EXPECT_EQ(condition(plan, "PetrelCluster/c", "DataIntact").reason, "VolumeLost");
  EXPECT_EQ(condition(plan, "PetrelCluster/c", "DataIntact").message,
            "broker-0: its volume is gone; broker-1: its volume is being deleted");
  snapshot = all_ready(desired);
  EXPECT_TRUE(condition(decide(desired, snapshot), "PetrelCluster/c", "DataIntact").status);
}

TEST(Plan, QueuesThatAreReadAndNotWrittenAreNoDrain) {
  Desired desired = make_desired(1, 1);
  desired.topics = {make_topic("t", ", readQueues: 8, writeQueues: 2")};
  Snapshot snapshot = all_ready(desired);
  TopicContent& there = content(snapshot, kBroker0).topics["t"];
  there = {.settings = {.name = "t", .read_queues = 8, .write_queues = 2},
           .closing = {.messages = 5, .unread = 5, .unread_by = "g"}};
  EXPECT_TRUE(decide(desired, snapshot).converged());

  desired.topics = {make_topic("t", ", readQueues: 4, writeQueues: 2")};
  there = {.settings = {.name = "t", .read_queues = 8, .write_queues = 8}};
  TopicSettings next = decide(desired, snapshot).actions.at(0).topics.at(0);
  EXPECT_EQ(next.write_queues, 4) << "so that what is in the others can be counted";
  EXPECT_EQ(next.read_queues, 8);
  there = {.settings = next, .closing = {.messages = 5, .unread = 5, .unread_by = "g"}};
  EXPECT_EQ(condition(decide(desired, snapshot), "PetrelTopic/t").reason, "QueuesDraining");
  there.closing.unread = 0;
  next = decide(desired, snapshot).actions.at(0).topics.at(0);
  EXPECT_EQ(next.write_queues, 2);
  EXPECT_EQ(next.read_queues, 4);
}

TEST(Plan, FewerQueuesHideNothingThatIsUnread) {
  Desired desired = make_desired(1, 1);
  desired.topics = {make_topic("t", ", queuesPerBroker: 2")};
  Snapshot snapshot = all_ready(desired);
  TopicContent& there = content(snapshot, kBroker0).topics["t"];
  there = {.settings = {.name = "t", .read_queues = 8, .write_queues = 8},
           .stats = {.messages = 160}};
  const auto next = [&] {
    const Plan plan = decide(desired, snapshot);
    return plan.actions.empty() ? TopicSettings() : plan.actions.front().topics.front();
  };
  EXPECT_EQ(next().write_queues, 2) << "writes are narrowed first";
  EXPECT_THAT(described(decide(desired, snapshot)),
              ElementsAre("close queues of topic t on broker-0"));
  EXPECT_EQ(next().read_queues, 8);
  there.settings.write_queues = 2;
  for (const int64_t unread : {int64_t{120}, int64_t{-1}}) {
    there.closing = {.messages = 120, .unread = unread, .unread_by = unread < 0 ? "" : "billing"};
    const Plan plan = decide(desired, snapshot);
    EXPECT_THAT(described(plan), IsEmpty());
    EXPECT_FALSE(condition(plan, "PetrelTopic/t").status);
    EXPECT_EQ(condition(plan, "PetrelTopic/t").reason, "QueuesDraining");
    EXPECT_THAT(condition(plan, "PetrelTopic/t").message,
                HasSubstr("hold 120 messages that would be hidden"));
    EXPECT_THAT(condition(plan, "PetrelTopic/t").message,
                HasSubstr(unread < 0 ? "on broker-0 no consumer group reads it"
                                     : "on broker-0 consumer group billing has not acknowledged "
                                       "120 of them"));
    EXPECT_TRUE(plan.stuck) << "petrelctl up need not wait for consumers";
  }
  there.closing = {.messages = 120, .unread = 0};
  EXPECT_EQ(next().read_queues, 2) << "all of it was read";
  EXPECT_THAT(described(decide(desired, snapshot)), ElementsAre("apply topic t on broker-0"));
  there.closing = {.messages = 0, .unread = 7};
  EXPECT_EQ(next().read_queues, 2) << "nothing is in them";
  there = {.settings = {.name = "t", .read_queues = 8, .write_queues = 8}};
  EXPECT_EQ(next().read_queues, 8) << "that it is empty may be old news";
  EXPECT_EQ(next().write_queues, 2);
  there.settings.write_queues = 2;
  EXPECT_EQ(next().read_queues, 2) << "nothing was in them once they were closed";
}

TEST(Plan, AMemberThatIsStoppingIsWaitedForAndSoAreAllRestarts) {
  const Desired desired = make_desired(1, 2, "new");
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kBroker0] = {.running = true, .stopping = true, .digest = "old"};
  snapshot.members[kBroker1].digest = "old";
  EXPECT_THAT(described(decide(desired, snapshot)), IsEmpty());
  snapshot.members.erase(kBroker0);
  EXPECT_THAT(described(decide(desired, snapshot)), ElementsAre("start broker-0"));
}

TEST(Plan, WhyAMemberWaitsIsTold) {
  const Desired desired = make_desired(1, 1);
  Snapshot snapshot = all_ready(desired);
  snapshot.members[kBroker0] = {
      .running = true, .waiting = "0/3 nodes are available", .digest = "digest"};
  EXPECT_EQ(condition(decide(desired, snapshot), "PetrelCluster/c").message,
            "not ready yet: broker-0 (0/3 nodes are available)");
  snapshot.members[kBroker0] = {.running = true, .says = "reads its log", .digest = "digest"};
  EXPECT_EQ(condition(decide(desired, snapshot), "PetrelCluster/c").message,
            "not ready yet: broker-0 (reads its log)");
}

TEST(Plan, ThousandsOfTopicsGoInActionsOfALimitedSize) {
  Desired desired = make_desired(1, 1);
  const auto one = make_topic("t");
  for (size_t i = 0; i < 2 * kActionNamesMax + 1; ++i) {
    auto another = std::make_shared<DeclaredTopic>(*one);
    another->spec.settings.name = concat("t", i);
    desired.topics.push_back(std::move(another));
  }
  const Plan plan = decide(desired, all_ready(desired));
  ASSERT_EQ(plan.actions.size(), 3u);
  EXPECT_EQ(plan.actions[1].topics.size(), kActionNamesMax);
  EXPECT_EQ(plan.actions[2].topics.size(), 1u);
}

}  // namespace
}  // namespace petrel::ops
