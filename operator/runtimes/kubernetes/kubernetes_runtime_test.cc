// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/kubernetes_runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>

#include "common/random.h"
#include "operator/plan/testing/test_documents.h"
#include "operator/runtimes/kubernetes/pod_state.h"
#include "operator/runtimes/kubernetes/testing/kubernetes_world.h"

namespace petrel::ops {
namespace {

using k8s::Json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Condition& condition(const Plan& plan, const std::string& type) {
  const auto& list = plan.conditions.at("PetrelCluster/c");
  return *std::find_if(list.begin(), list.end(),
                       [&](const Condition& c) { return c.type == type; });
}

std::string uid(const KubernetesWorld& world, const std::string& pod) {
  return k8s::uid_of(*world.pod(pod));
}

TEST(KubernetesRuntime, MakesAClusterAndThenWritesNothing) {
  KubernetesWorld world;
  world.declare(make_cluster(2, 2));
  world.desired.topics = {make_topic("orders")};
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_THAT(world.names(k8s::kPods),
              ElementsAre("c-broker-0-0", "c-broker-1-0", "c-nameserver-0", "c-nameserver-1"));
  EXPECT_THAT(world.names(k8s::kPersistentVolumeClaims),
              ElementsAre("c-broker-0-0-data", "c-broker-1-0-data"));
  EXPECT_THAT(world.names(k8s::kServices), ElementsAre("c", "c-brokers", "c-nameservers"));
  EXPECT_THAT(world.names(k8s::kPodDisruptionBudgets), ElementsAre("c-brokers", "c-nameservers"));
  EXPECT_THAT(world.names(k8s::kConfigMaps),
              ElementsAre("c-broker-0-0-config", "c-broker-1-0-config", "c-nameserver-0-config",
                          "c-nameserver-1-config"));
  EXPECT_EQ(world.contents.at("c-broker-1-0").topics.count("orders"), 1u);

  world.server.clear_requests();
  for (int i = 0; i < 5; ++i) {
    world.round();
    world.restart_operator();
  }
  EXPECT_EQ(world.server.writes(), 0u);
}

TEST(KubernetesRuntime, RepairsWhatSomebodyChangedOrDeleted) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 1));
  world.settle();
  const std::string service_before = world.object(k8s::kServices, "c-brokers")["spec"].dump();
  world.server.edit(k8s::kServices, {"ns", "c-brokers"},
                    {{"spec", {{"publishNotReadyAddresses", false}}}});
  world.server.edit(k8s::kConfigMaps, {"ns", "c-broker-0-0-config"},
                    {{"data", {{"config.yaml", "oops"}}}});
  world.server.edit(k8s::kPods, {"ns", "c-broker-0-0"},
                    {{"metadata", {{"labels", {{"app.kubernetes.io/component", "other"}}}}}});
  world.server.erase(k8s::kPodDisruptionBudgets, {"ns", "c-brokers"});
  world.server.clear_requests();
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_EQ(world.server.writes(), 4u);
  EXPECT_EQ(world.object(k8s::kServices, "c-brokers")["spec"].dump(), service_before);
  EXPECT_THAT(world.object(k8s::kConfigMaps, "c-broker-0-0-config")["data"]["config.yaml"]
                  .get<std::string>(),
              HasSubstr("broker.cluster"));
  EXPECT_EQ(k8s::label_of(*world.pod("c-broker-0-0"), "app.kubernetes.io/component"), "broker");
  EXPECT_FALSE(world.object(k8s::kPodDisruptionBudgets, "c-brokers").is_null());
}

TEST(KubernetesRuntime, ReplacesAListThatCannotBeMerged) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 1));
  world.settle();
  const std::string before = world.object(k8s::kServices, "c")["spec"].dump();
  world.server.edit(k8s::kServices, {"ns", "c"},
                    {{"spec", {{"ports", Json::array({{{"name", "grpc"}, {"port", 9999}}})}}}});
  // As the API server does when both entries would be named grpc.
  world.server.inject({.verb = "apply", .resource = "services", .code = 422, .times = -1});
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_EQ(world.object(k8s::kServices, "c")["spec"].dump(), before);
}

TEST(KubernetesRuntime, LeavesAloneWhatOthersAdd) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 1));
  world.settle();
  world.server.edit(
      k8s::kServices, {"ns", "c"},
      {{"metadata", {{"annotations", {{"mine", "1"}}}, {"labels", {{"team", "x"}}}}}});
  world.server.put(k8s::kConfigMaps, {{"metadata", {{"namespace", "ns"}, {"name", "other"}}}});
  world.server.clear_requests();
  world.round();
  EXPECT_EQ(world.server.writes(), 0u);
}

TEST(KubernetesRuntime, ReplacesOnePodAtATimeWhenItsConfigurationChanges) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 3));
  world.settle();
  const std::string before = uid(world, "c-broker-2-0");
  const std::string nameserver = uid(world, "c-nameserver-0");
  world.not_ready_max = 0;
  world.declare(make_cluster(1, 3, ", broker: {config: {log.level: debug}}"));
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_EQ(world.not_ready_max, 1);
  EXPECT_NE(uid(world, "c-broker-2-0"), before);
  EXPECT_EQ(uid(world, "c-nameserver-0"), nameserver);
}

TEST(KubernetesRuntime, AMemberKeepsItsConfigurationUntilItIsReplaced) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 2));
  world.settle();
  world.broken = {"c-broker-0-0"};
  world.declare(make_cluster(1, 2, ", broker: {config: {log.level: wrong}}"));
  for (int i = 0; i < 20; ++i) {
    world.round();
    world.kubelets();
  }
  const auto config = [&](const char* name) {
    return world.object(k8s::kConfigMaps, name)["data"]["config.yaml"].get<std::string>();
  };
  EXPECT_THAT(config("c-broker-0-0-config"), HasSubstr("wrong"));
  EXPECT_THAT(config("c-broker-1-0-config"), testing::Not(HasSubstr("wrong")));
  world.broken = {};
  world.declare(make_cluster(1, 2));
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_THAT(config("c-broker-0-0-config"), testing::Not(HasSubstr("wrong")));
}

TEST(KubernetesRuntime, ATypoInTheConfigurationTakesNoMemberDown) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 2));
  world.settle();
  const std::string before = uid(world, "c-broker-0-0");
  EXPECT_EQ(world.checks_run, 0) << "nothing was there to be taken down";
  world.refused = "typo";
  world.not_ready_max = 0;
  world.declare(make_cluster(1, 2, ", broker: {config: {log.levle: typo}}"));
  Plan plan = world.settle().plan;
  EXPECT_EQ(uid(world, "c-broker-0-0"), before);
  EXPECT_EQ(world.not_ready_max, 0);
  EXPECT_EQ(condition(plan, "Accepted").reason, "ConfigurationRefused");
  EXPECT_THAT(condition(plan, "Accepted").message, HasSubstr("there is no key x"));
  world.restart_operator();
  world.settle();
  EXPECT_EQ(world.checks_run, 1);

  // A Pod that dies meanwhile is made again as it was.
  world.server.erase(k8s::kPods, {"ns", "c-broker-0-0"});
  world.settle();
  EXPECT_NE(uid(world, "c-broker-0-0"), before);
  EXPECT_EQ(world.object(k8s::kConfigMaps, "c-broker-0-0-config")["data"]["config.yaml"]
                .get<std::string>()
                .find("typo"),
            std::string::npos);

  world.declare(make_cluster(1, 2, ", broker: {config: {log.level: debug}}"));
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_EQ(world.checks_run, 2);
  EXPECT_THAT(world.names(k8s::kPods),
              ElementsAre("c-broker-0-0", "c-broker-1-0", "c-nameserver-0"));
  EXPECT_EQ(world.names(k8s::kConfigMaps).size(), 3u);
}

TEST(KubernetesRuntime, ACheckThatWasCutOffIsMadeAgain) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 1));
  world.settle();
  world.declare(make_cluster(1, 1, ", broker: {config: {log.level: debug}}"));
  world.round();
  world.server.set_status(k8s::kPods, {"ns", "c-broker-check"},
                          {{"phase", "Failed"}, {"reason", "Evicted"}});
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_EQ(world.checks_run, 1);
}

TEST(KubernetesRuntime, ReplacesAPodThatWasEvictedOrDeleted) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 2));
  world.settle();
  world.clock.advance_ms(60'000);
  const std::string evicted = uid(world, "c-broker-0-0");
  world.server.set_status(k8s::kPods, {"ns", "c-broker-0-0"},
                          {{"phase", "Failed"}, {"reason", "Evicted"}});
  world.server.erase(k8s::kPods, {"ns", "c-broker-1-0"});
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_NE(uid(world, "c-broker-0-0"), evicted);
  EXPECT_FALSE(is_dead(*world.pod("c-broker-0-0")));
}

TEST(KubernetesRuntime, ANameserverOnANodeThatIsAwayIsReplacedAndABrokerIsNot) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 1));
  world.settle();
  world.server.erase(k8s::kPods, {"ns", "c-nameserver-0"});
  world.server.erase(k8s::kPods, {"ns", "c-broker-0-0"});
  world.round();
  EXPECT_EQ(world.server.count("delete", "pods"), 0u) << "they have their time";
  world.clock.advance_ms(120'000);
  world.server.clear_requests();
  world.round();
  const auto requests = world.server.requests();
  EXPECT_EQ(
      std::count_if(requests.begin(), requests.end(),
                    [](const auto& request) {
                      return request.verb == "delete" && request.key.name == "c-nameserver-0" &&
                             request.body.find("\"gracePeriodSeconds\":0") != std::string::npos;
                    }),
      1);
  EXPECT_EQ(world.server.count("delete", "pods"), 1u);
}

TEST(KubernetesRuntime, TellsWhyAPodIsNotScheduled) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 1));
  world.round();
  world.server.set_status(
      k8s::kPods, {"ns", "c-nameserver-0"},
      {{"phase", "Pending"},
       {"conditions", Json::array({{{"type", "PodScheduled"},
                                    {"status", "False"},
                                    {"message", "0/3 nodes are available"}}})}});
  EXPECT_THAT(condition(world.round().plan, "Ready").message,
              HasSubstr("nameserver-0 (its Pod is not scheduled: 0/3 nodes are available)"));
}

TEST(KubernetesRuntime, VolumesGrowAndDoNotShrink) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 1, ", broker: {storage: {size: 10Gi}}"));
  world.settle();
  const std::string pod = uid(world, "c-broker-0-0");
  const auto size = [&] {
    return world.object(k8s::kPersistentVolumeClaims,
                        "c-broker-0-0-data")["spec"]["resources"]["requests"]["storage"];
  };
  world.declare(make_cluster(1, 1, ", broker: {storage: {size: 20Gi}}"));
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_EQ(size(), "20Gi");
  world.declare(make_cluster(1, 1, ", broker: {storage: {size: 5Gi}}"));
  const Plan plan = world.settle().plan;
  EXPECT_EQ(size(), "20Gi");
  EXPECT_EQ(condition(plan, "Accepted").reason, "StorageShrink");
  EXPECT_TRUE(plan.actions.empty());
  EXPECT_EQ(uid(world, "c-broker-0-0"), pod) << "nothing restarts for that";
}

TEST(KubernetesRuntime, AVolumeThatCannotGrowIsToldAndHoldsUpNothingElse) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 1, ", broker: {storage: {size: 10Gi}}"));
  world.settle();
  std::atomic<bool> can_grow = false;
  world.server.set_admission(
      k8s::kPersistentVolumeClaims, [&](const Json& object, const Json* before) {
        return can_grow || before == nullptr || before->at("spec") == object.at("spec")
                   ? absl::OkStatus()
                   : absl::InvalidArgumentError("the storage class has no room to grow");
      });
  world.declare(make_cluster(1, 2, ", broker: {storage: {size: 20Gi}}"));
  const Plan plan = world.settle().plan;
  EXPECT_EQ(condition(plan, "Accepted").reason, "ChangeRefused");
  EXPECT_THAT(condition(plan, "Accepted").message,
              HasSubstr("PersistentVolumeClaim/c-broker-0-0-data"));
  EXPECT_TRUE(condition(plan, "Ready").status);
  EXPECT_EQ(world.names(k8s::kPods).count("c-broker-1-0"), 1u);
  EXPECT_TRUE(plan.actions.empty()) << "it is not tried all the time";
  can_grow = true;
  world.clock.advance_ms(KubernetesRuntime::kLookAgainMs);
  EXPECT_TRUE(world.settle().plan.converged());
}

TEST(KubernetesRuntime, FewerNameserversGoOnceNoBrokerNamesThem) {
  KubernetesWorld world;
  world.declare(make_cluster(3, 2));
  world.settle();
  world.declare(make_cluster(1, 2));
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_THAT(world.names(k8s::kPods),
              ElementsAre("c-broker-0-0", "c-broker-1-0", "c-nameserver-0"));
  EXPECT_THAT(world.names(k8s::kConfigMaps),
              ElementsAre("c-broker-0-0-config", "c-broker-1-0-config", "c-nameserver-0-config"));
}

TEST(KubernetesRuntime, MoreBrokerGroupsComeAndFewerAreRefused) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 2));
  world.settle();
  const std::string first = uid(world, "c-broker-0-0");
  world.declare(make_cluster(1, 3));
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_EQ(uid(world, "c-broker-0-0"), first);
  world.declare(make_cluster(1, 1));
  const Plan plan = world.settle().plan;
  EXPECT_EQ(condition(plan, "Accepted").reason, "FewerBrokerGroups");
  EXPECT_TRUE(condition(plan, "Ready").status);
  EXPECT_EQ(world.names(k8s::kPods).size(), 4u);
}

TEST(KubernetesRuntime, VolumesOfAClusterThatWasDeletedAreFoundAgain) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 2));
  world.settle();
  for (const k8s::ResourceType* type :
       {&k8s::kPods, &k8s::kServices, &k8s::kConfigMaps, &k8s::kPodDisruptionBudgets}) {
    for (const std::string& name : world.names(*type)) {
      world.server.erase(*type, {"ns", name});
    }
  }
  world.kubelets();
  world.restart_operator();
  world.declare(make_cluster(1, 1));
  EXPECT_EQ(condition(world.settle().plan, "Accepted").reason, "FewerBrokerGroups");
  EXPECT_EQ(world.names(k8s::kPods).count("c-broker-1-0"), 1u);
}

TEST(KubernetesRuntime, WhatSomebodyElseRewritesIsNotWrittenForEver) {
  KubernetesWorld world;
  world.server.set_admission(k8s::kServices, [](Json& object, const Json*) {
    object["spec"]["type"] = "NodePort";
    return absl::OkStatus();
  });
  world.declare(make_cluster(1, 1));
  EXPECT_TRUE(world.settle().plan.converged());
  world.server.clear_requests();
  world.round();
  EXPECT_EQ(world.server.writes(), 0u);
}

TEST(KubernetesRuntime, RefusedConfigurationIsToldAndTheRestGoesOn) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 1, ", broker: {config: {store.flush-mode: sync}}"));
  const Plan plan = world.settle().plan;
  EXPECT_EQ(condition(plan, "Accepted").reason, "InvalidConfiguration");
  EXPECT_THAT(condition(plan, "Accepted").message, HasSubstr("spec.broker.flushMode"));
  EXPECT_TRUE(condition(plan, "Ready").status);
}

TEST(KubernetesRuntime, OfAPausedClusterNothingIsWritten) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 1));
  world.settle();
  world.declare(make_cluster(2, 2, ", pause: true, broker: {config: {log.level: debug}}"));
  world.server.erase(k8s::kServices, {"ns", "c"});
  world.server.clear_requests();
  for (int i = 0; i < 3; ++i) {
    world.round();
  }
  EXPECT_EQ(world.server.writes(), 0u);
}

// A Service as somebody makes it who does not know of Petrel.
Json foreign_service(const std::string& name) {
  return {{"metadata", {{"namespace", "ns"}, {"name", name}}},
          {"spec", {{"selector", {{"app", "shop"}}}, {"ports", Json::array({{{"port", 80}}})}}}};
}

TEST(KubernetesRuntime, AServiceThatSomebodyElseMadeIsNotTakenOver) {
  KubernetesWorld world;
  const Json before = world.server.put(k8s::kServices, foreign_service("c"));
  world.declare(make_cluster(1, 1));
  Plan plan = world.settle().plan;
  EXPECT_EQ(world.object(k8s::kServices, "c"), before);
  EXPECT_EQ(condition(plan, "Accepted").reason, "NameTaken");
  EXPECT_THAT(condition(plan, "Accepted").message,
              HasSubstr("Service c: the cluster needs this name"));
  EXPECT_FALSE(condition(plan, "Ready").status);
  EXPECT_EQ(condition(plan, "Ready").reason, "NameTaken");
  EXPECT_EQ(world.names(k8s::kPods).count("c-broker-0-0"), 0u) << "nothing more is started";
  world.restart_operator();
  EXPECT_EQ(condition(world.settle().plan, "Accepted").reason, "NameTaken");

  world.server.erase(k8s::kServices, {"ns", "c"});
  world.clock.advance_ms(KubernetesRuntime::kLookAgainMs);
  EXPECT_TRUE(world.settle().plan.converged());
}

TEST(KubernetesRuntime, APodOrVolumeThatSomebodyElseMadeIsNotTakenOver) {
  for (const auto& [type, name] :
       {std::pair{k8s::kPods, "c-broker-0-0"}, std::pair{k8s::kConfigMaps, "c-broker-0-0-config"},
        std::pair{k8s::kPersistentVolumeClaims, "c-broker-0-0-data"}}) {
    KubernetesWorld world;
    world.declare(make_cluster(1, 1));
    world.server.put(type, {{"metadata", {{"namespace", "ns"}, {"name", name}}}, {"spec", {}}});
    const Plan plan = world.settle().plan;
    EXPECT_EQ(condition(plan, "Accepted").reason, "NameTaken") << name;
    EXPECT_EQ(k8s::label_of(world.object(type, name), "petrel.io/cluster"), "") << name;
  }
}

TEST(KubernetesRuntime, AServiceOfAnotherClusterIsNotTakenOver) {
  KubernetesWorld world;
  Json service = foreign_service("c-brokers");
  service["metadata"]["labels"] = {{"app.kubernetes.io/managed-by", "petrel-operator"},
                                   {"petrel.io/cluster", "c-brokers"}};
  service["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", "petrel.io/v1alpha1"},
                                                         {"kind", "PetrelCluster"},
                                                         {"name", "c-brokers"},
                                                         {"uid", "uid-of-the-other"},
                                                         {"controller", true}}});
  const Json before = world.server.put(k8s::kServices, service);
  world.declare(make_cluster(1, 1));
  const Plan plan = world.settle().plan;
  EXPECT_EQ(world.object(k8s::kServices, "c-brokers"), before);
  EXPECT_THAT(condition(plan, "Accepted").message,
              HasSubstr("it belongs to PetrelCluster c-brokers"));
  EXPECT_THAT(world.names(k8s::kPods), IsEmpty());
}

TEST(KubernetesRuntime, WhatOutlivedItsDocumentBelongsToTheNextOneOfItsName) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 1));
  world.settle();
  const std::string pod = uid(world, "c-broker-0-0");
  const Json no_owner = {{"metadata", {{"ownerReferences", nullptr}}}};
  for (const k8s::ResourceType* type :
       {&k8s::kPods, &k8s::kServices, &k8s::kConfigMaps, &k8s::kPodDisruptionBudgets}) {
    for (const std::string& name : world.names(*type)) {
      world.server.edit(*type, {"ns", name}, no_owner);  // as kubectl delete --cascade=orphan does
    }
  }
  world.document_is_made_again();
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_EQ(uid(world, "c-broker-0-0"), pod) << "nothing restarts for that";
  for (const k8s::ResourceType* type : {&k8s::kPods, &k8s::kServices, &k8s::kConfigMaps}) {
    for (const std::string& name : world.names(*type)) {
      EXPECT_EQ(world.object(*type, name)["metadata"]["ownerReferences"][0]["uid"], world.uid)
          << name;
    }
  }
}

TEST(KubernetesRuntime, WhatStillBelongsToADeletedClusterOfTheNameIsWaitedFor) {
  KubernetesWorld world;
  const auto declared = make_cluster(1, 1, ", broker: {storage: {deletionPolicy: Delete}}");
  world.declare(declared);
  world.settle();
  const std::string volume =
      k8s::uid_of(world.object(k8s::kPersistentVolumeClaims, "c-broker-0-0-data"));
  for (const k8s::ResourceType* type : {&k8s::kPods, &k8s::kConfigMaps}) {
    for (const std::string& name : world.names(*type)) {
      world.server.erase(*type, {"ns", name});
    }
  }
  world.kubelets();
  world.document_is_made_again();
  const Plan plan = world.settle().plan;
  EXPECT_EQ(world.names(k8s::kPods).count("c-broker-0-0"), 0u) << "its volume is about to go";
  EXPECT_THAT(condition(plan, "Ready").message,
              HasSubstr("PersistentVolumeClaim c-broker-0-0-data belongs to a cluster of the same "
                        "name that was deleted"));
  for (const k8s::ResourceType* type :
       {&k8s::kPersistentVolumeClaims, &k8s::kServices, &k8s::kPodDisruptionBudgets}) {
    for (const std::string& name : world.names(*type)) {
      world.server.erase(*type, {"ns", name});
    }
  }
  EXPECT_TRUE(world.settle().plan.converged());
  EXPECT_NE(k8s::uid_of(world.object(k8s::kPersistentVolumeClaims, "c-broker-0-0-data")), volume);
}

TEST(KubernetesRuntime, AVolumeThatIsToBeRetainedIsSavedFromItsOwnersEndWhilePaused) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 1, ", broker: {storage: {deletionPolicy: Delete}}"));
  world.settle();
  const auto owners = [&] {
    return world.object(k8s::kPersistentVolumeClaims, "c-broker-0-0-data")["metadata"].value(
        "ownerReferences", Json::array());
  };
  EXPECT_EQ(owners().size(), 1u);
  world.declare(make_cluster(1, 1, ", pause: true, broker: {storage: {deletionPolicy: Retain}}"));
  world.round();
  EXPECT_THAT(owners(), IsEmpty());
  world.declare(make_cluster(1, 1, ", pause: true, broker: {storage: {deletionPolicy: Delete}}"));
  world.round();
  EXPECT_THAT(owners(), IsEmpty()) << "that can wait";
}

TEST(KubernetesRuntime, TheStatusTellsHowManyThereAre) {
  KubernetesWorld world;
  world.declare(make_cluster(1, 2));
  world.settle();
  world.broken = {"c-broker-1-0"};
  world.kubelets();
  KubernetesWorld::Round round = world.round();
  const Json status = world.status(round.snapshot);
  EXPECT_EQ(status["nameservers"], Json::parse(R"({"replicas": 1, "ready": 1})"));
  EXPECT_EQ(status["brokerGroups"]["summary"], "1/2");
  EXPECT_EQ(status["brokerGroups"]["replicas"], 2);
  EXPECT_EQ(status["accessPoint"], "c.ns.svc.cluster.local:8081");
  ASSERT_EQ(status["members"].size(), 3u);
  EXPECT_EQ(status["members"][1]["name"], "c-broker-0-0");
  EXPECT_EQ(status["members"][1]["address"], "c-broker-0-0.c-brokers.ns.svc.cluster.local:8081");
}

// Random clusters, changes, faults of the API server and deaths of the operator between actions: it
// gets there in the end, and is then quiet.
TEST(KubernetesRuntime, ConvergesThroughFaultsAndDeaths) {
  using Fault = k8s::testing::FakeApiServer::Fault;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    KubernetesWorld world;
    int groups = 1;
    for (int change = 0; change < 3; ++change) {
      groups += static_cast<int>(random.below(2));
      world.declare(make_cluster(1 + static_cast<int>(random.below(3)), groups,
                                 concat(", broker: {config: {log.level: l", random.below(2),
                                        "}, storage: {size: ", 10 + 5 * change, "Gi}}")));
      for (int step = 0; step < 15; ++step) {
        static constexpr Fault::Kind kKinds[] = {Fault::Kind::kStatus, Fault::Kind::kLost,
                                                 Fault::Kind::kCut};
        world.server.inject({.kind = kKinds[random.below(3)],
                             .code = random.below(2) == 0 ? 503 : 409,
                             .skip = static_cast<int>(random.below(4))});
        world.round();
        if (random.below(2) == 0) {
          world.restart_operator();
        }
        world.kubelets();
        if (random.below(6) == 0) {
          world.server.set_status(k8s::kPods, {"ns", *world.names(k8s::kPods).begin()},
                                  {{"phase", "Failed"}});
        }
      }
      world.server.clear_faults();
      world.clock.advance_ms(kReplaceAfterMs);
      ASSERT_TRUE(world.settle().plan.converged());
      world.server.clear_requests();
      world.restart_operator();
      EXPECT_THAT(world.round().plan.actions, IsEmpty());
      EXPECT_EQ(world.server.writes(), 0u);
    }
  }
}

}  // namespace
}  // namespace petrel::ops
