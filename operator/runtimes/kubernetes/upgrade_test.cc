// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// Another version of the operator restarts nothing: clusters on a simulated Kubernetes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "operator/plan/testing/test_documents.h"
#include "operator/runtimes/kubernetes/cluster_notes.h"
#include "operator/runtimes/kubernetes/testing/kubernetes_world.h"

namespace petrel::ops {
namespace {

using k8s::Json;

class UpgradeTest : public testing::Test {
 protected:
  UpgradeTest() {
    world_.defaults = kOld;
    world_.restart_operator();
    world_.declare(make_cluster(1, 2));
    EXPECT_TRUE(world_.settle().plan.converged());
  }

  // Another version of the operator is installed.
  void install(const KubernetesDefaults& defaults) {
    world_.defaults = defaults;
    world_.restart_operator();
  }
  std::map<std::string, std::string> pods() const {
    std::map<std::string, std::string> uids;
    for (const std::string& name : world_.names(k8s::kPods)) {
      uids[name] = k8s::uid_of(*world_.pod(name));
    }
    return uids;
  }
  std::string image(const std::string& pod) const {
    return (*world_.pod(pod))["spec"]["containers"][0]["image"];
  }
  std::string config(const std::string& pod) const {
    return world_.object(k8s::kConfigMaps, pod + "-config")["data"]["config.yaml"];
  }
  bool tells_store(const std::string& pod) const {
    return config(pod).find("store.expected-id") != std::string::npos;
  }

  static inline const KubernetesDefaults kOld{
      .broker_image = "broker:1", .nameserver_image = "nameserver:1", .settings_version = 1};
  static inline const KubernetesDefaults kNew{
      .broker_image = "broker:2", .nameserver_image = "nameserver:2", .settings_version = 2};
  KubernetesWorld world_;
};

TEST_F(UpgradeTest, ANewDefaultImageAndANewGeneratedKeyRestartNothing) {
  const auto before = pods();
  install(kNew);
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(pods(), before);
  EXPECT_FALSE(tells_store("c-broker-0-0"));
  // Nor do they come with a Pod that is made again for another reason.
  world_.server.erase(k8s::kPods, {"ns", "c-broker-0-0"});
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(image("c-broker-0-0"), "broker:1");
  EXPECT_FALSE(tells_store("c-broker-0-0"));
}

TEST_F(UpgradeTest, AChangeOfTheSpecKeepsTheImageAndTheKeysThatItKnows) {
  install(kNew);
  world_.declare(make_cluster(1, 2, ", broker: {config: {log.level: debug}}"));
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(image("c-broker-1-0"), "broker:1");
  EXPECT_FALSE(tells_store("c-broker-1-0"));
  EXPECT_NE(config("c-broker-1-0").find("debug"), std::string::npos);
}

TEST_F(UpgradeTest, ATlsModeComesOneMemberAfterTheOtherAndGoesLikewise) {
  const std::string before = config("c-broker-0-0");
  world_.not_ready_max = 0;
  world_.declare(make_cluster(1, 2, ", tls: {mode: Enforcing}"));
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(world_.not_ready_max, 1);
  for (const char* pod : {"c-nameserver-0", "c-broker-0-0", "c-broker-1-0"}) {
    EXPECT_NE(config(pod).find("\"grpc.tls-mode\": \"enforcing\""), std::string::npos) << pod;
  }
  world_.declare(make_cluster(1, 2));
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(world_.not_ready_max, 1);
  EXPECT_EQ(config("c-broker-0-0"), before);
}

TEST_F(UpgradeTest, WhoAsksForTheNewDefaultsGetsThemOneMemberAfterTheOther) {
  install(kNew);
  world_.settle();
  world_.not_ready_max = 0;
  world_.annotate(kRenewAnnotation, "2");
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(world_.not_ready_max, 1);
  EXPECT_EQ(image("c-broker-0-0"), "broker:2");
  EXPECT_EQ(image("c-nameserver-0"), "nameserver:2");
  EXPECT_TRUE(tells_store("c-broker-0-0"));
  const auto before = pods();
  world_.restart_operator();
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(pods(), before) << "once is enough";
}

TEST_F(UpgradeTest, ADowngradeRestartsNothingAndGoesOnWithTheNewerImage) {
  install(kNew);
  world_.annotate(kRenewAnnotation, "2");
  world_.settle();
  const auto before = pods();
  const std::string config_before = config("c-broker-0-0");
  install(kOld);
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(pods(), before);
  EXPECT_EQ(config("c-broker-0-0"), config_before);
  world_.declare(make_cluster(1, 2, ", broker: {config: {log.level: debug}}"));
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(image("c-broker-0-0"), "broker:2");
  install(kNew);
  const auto after_change = pods();
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(pods(), after_change);
  EXPECT_TRUE(tells_store("c-broker-0-0"));
}

TEST_F(UpgradeTest, PinsThatSomebodyDroppedAreThoseOfTheRunningPods) {
  install(kNew);
  world_.settle();
  const auto before = pods();
  const std::string pins = world_.annotation(kPinsAnnotation);
  world_.annotate(kPinsAnnotation, nullptr);
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(pods(), before);
  EXPECT_EQ(world_.annotation(kPinsAnnotation), pins);
}

TEST_F(UpgradeTest, PodsOfAnOperatorThatPinnedNothingAreLeftAlone) {
  world_.annotate(kPinsAnnotation, nullptr);
  for (const std::string& pod : world_.names(k8s::kPods)) {
    world_.server.edit(
        k8s::kPods, {"ns", pod},
        {{"metadata", {{"annotations", {{std::string(kSettingsVersionAnnotation), nullptr}}}}}});
  }
  const auto before = pods();
  install(kNew);
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(pods(), before);
}

TEST_F(UpgradeTest, ANewClusterIsMadeWithTheNewDefaults) {
  KubernetesWorld fresh;
  fresh.defaults = kNew;
  fresh.restart_operator();
  fresh.declare(make_cluster(1, 1));
  EXPECT_TRUE(fresh.settle().plan.converged());
  EXPECT_EQ((*fresh.pod("c-broker-0-0"))["spec"]["containers"][0]["image"], "broker:2");
}

}  // namespace
}  // namespace petrel::ops
