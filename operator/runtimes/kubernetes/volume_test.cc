// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// No volume is made up for one that is lost: clusters on a simulated Kubernetes.
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
using testing::HasSubstr;

constexpr const char* kClaim = "c-broker-0-0-data";
constexpr const char* kPod = "c-broker-0-0";
constexpr MemberId kBroker0{Role::kBroker, 0};

const Condition& condition(const Plan& plan, const std::string& type) {
  const auto& list = plan.conditions.at("PetrelCluster/c");
  return *std::find_if(list.begin(), list.end(),
                       [&](const Condition& c) { return c.type == type; });
}

class VolumeTest : public testing::Test {
 protected:
  VolumeTest() {
    world_.declare(make_cluster(1, 2));
    EXPECT_TRUE(world_.settle().plan.converged());
    store_ = world_.contents.at(kPod).store_id;
  }

  std::string claim_uid() const {
    return k8s::uid_of(world_.object(k8s::kPersistentVolumeClaims, kClaim));
  }
  StoreRecord noted() const {
    const auto records = read_store_records(
        {{"metadata",
          {{"annotations",
            {{std::string(kStoresAnnotation), world_.annotation(kStoresAnnotation)}}}}}});
    return records->at(kBroker0);
  }
  std::string config() const {
    return world_.object(k8s::kConfigMaps, "c-broker-0-0-config")["data"]["config.yaml"];
  }
  void lose_volume() {
    world_.server.erase(k8s::kPersistentVolumeClaims, {"ns", kClaim});
    world_.server.erase(k8s::kPods, {"ns", kPod});
    world_.kubelets();
  }
  // As somebody does who has a copy of the volume.
  void restore_volume() {
    world_.server.put(
        k8s::kPersistentVolumeClaims,
        {{"metadata",
          {{"namespace", "ns"},
           {"name", kClaim},
           {"labels",
            {{"app.kubernetes.io/managed-by", "petrel-operator"}, {"petrel.io/cluster", "c"}}}}},
         {"spec", {{"resources", {{"requests", {{"storage", "10Gi"}}}}}}}});
  }

  KubernetesWorld world_;
  std::string store_;
};

TEST_F(VolumeTest, ItsClaimAndStoreAreNotedAndTheBrokerIsToldWhatItMustFind) {
  EXPECT_EQ(noted(), (StoreRecord{claim_uid(), store_}));
  EXPECT_THAT(config(), HasSubstr(concat("\"store.expected-id\": \"", store_, "\"")));
}

TEST_F(VolumeTest, TheClaimIsNotedBeforeABrokerStarts) {
  world_.declare(make_cluster(1, 3));
  world_.server.inject({.verb = "patch", .resource = "petrelclusters", .code = 403, .times = -1});
  for (int i = 0; i < 5; ++i) {
    world_.round();
    world_.kubelets();
  }
  EXPECT_EQ(world_.names(k8s::kPods).count("c-broker-2-0"), 0u);
  world_.server.clear_faults();
  EXPECT_TRUE(world_.settle().plan.converged());
}

TEST_F(VolumeTest, ALostOneIsToldAndNotMadeAgain) {
  lose_volume();
  for (int i = 0; i < 2; ++i) {
    const Plan plan = world_.settle().plan;
    EXPECT_EQ(condition(plan, "DataIntact").reason, "VolumeLost");
    EXPECT_THAT(condition(plan, "DataIntact").message,
                HasSubstr(concat("petrel.io/accept-data-loss=", store_)));
    EXPECT_FALSE(condition(plan, "Ready").status);
    EXPECT_EQ(claim_uid(), "");
    EXPECT_EQ(world_.names(k8s::kPods).count(kPod), 0u);
    EXPECT_EQ(world_.names(k8s::kPods).count("c-broker-1-0"), 1u);
    world_.restart_operator();
  }
  // Not even for a cluster that is declared without it.
  world_.declare(make_cluster(1, 1));
  EXPECT_EQ(condition(world_.settle().plan, "DataIntact").reason, "VolumeLost");
}

TEST_F(VolumeTest, ALostOneThatIsGivenUpBeginsAnew) {
  lose_volume();
  world_.settle();
  world_.annotate(kAcceptLossAnnotation, "another-store");
  EXPECT_EQ(condition(world_.settle().plan, "DataIntact").reason, "VolumeLost");
  world_.contents.erase(kPod);
  world_.annotate(kAcceptLossAnnotation, store_);
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_NE(noted().store_id, store_);
  EXPECT_EQ(noted().claim_uid, claim_uid());
  // The annotation that still stands there gives up nothing else.
  lose_volume();
  EXPECT_EQ(condition(world_.settle().plan, "DataIntact").reason, "VolumeLost");
}

TEST_F(VolumeTest, ACopyThatSomebodyPutsInItsPlaceIsTakenOnceTheBrokerFoundItsStore) {
  lose_volume();
  world_.settle();
  restore_volume();
  world_.broken = {kPod};
  world_.settle();
  EXPECT_THAT(config(), HasSubstr(store_)) << "the broker looks for it";
  EXPECT_NE(noted().claim_uid, claim_uid());
  world_.broken = {};
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(noted(), (StoreRecord{claim_uid(), store_}));
}

TEST_F(VolumeTest, OneThatTheBrokerDoesNotKnowIsToldAndIsReplacedWhenTheStoreIsGivenUp) {
  lose_volume();
  restore_volume();
  world_.strangers = {kPod};
  Plan plan = world_.settle().plan;
  EXPECT_EQ(condition(plan, "DataIntact").reason, "VolumeUnknown");
  EXPECT_THAT(condition(plan, "DataIntact").message, HasSubstr("the directory holds no store"));
  const std::string pod = k8s::uid_of(*world_.pod(kPod));
  world_.annotate(kAcceptLossAnnotation, store_);
  world_.round();
  world_.strangers = {};
  world_.contents.erase(kPod);
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_NE(k8s::uid_of(*world_.pod(kPod)), pod) << "it must not look for the old store";
}

TEST_F(VolumeTest, ABrokerWhoseVolumeIsBeingDeletedIsNotTakenDown) {
  world_.server.edit(k8s::kPersistentVolumeClaims, {"ns", kClaim},
                     {{"metadata", {{"finalizers", {"kubernetes.io/pvc-protection"}}}}});
  world_.server.erase(k8s::kPersistentVolumeClaims, {"ns", kClaim});
  const std::string pod = k8s::uid_of(*world_.pod(kPod));
  world_.declare(make_cluster(1, 2, ", broker: {config: {log.level: debug}}"));
  const Plan plan = world_.settle().plan;
  EXPECT_EQ(condition(plan, "DataIntact").reason, "VolumeDying");
  EXPECT_EQ(k8s::uid_of(*world_.pod(kPod)), pod);
}

TEST_F(VolumeTest, APodWaitsForAClaimThatIsNotedAndGetsOneThatIsNot) {
  world_.server.erase(k8s::kPersistentVolumeClaims, {"ns", kClaim});
  world_.broken = {kPod};  // as while it is not scheduled
  EXPECT_EQ(condition(world_.settle().plan, "DataIntact").reason, "VolumeLost");
  EXPECT_EQ(claim_uid(), "");
  world_.annotate(kStoresAnnotation, nullptr);
  world_.settle();
  EXPECT_NE(claim_uid(), "");
}

TEST_F(VolumeTest, NotesThatSomebodyDroppedAreMadeAgainFromWhatRuns) {
  const StoreRecord before = noted();
  world_.annotate(kStoresAnnotation, nullptr);
  EXPECT_TRUE(world_.settle().plan.converged());
  EXPECT_EQ(noted(), before);
}

TEST_F(VolumeTest, NotesThatCannotBeReadStopStartsAndAreNotOverwritten) {
  world_.annotate(kStoresAnnotation, "oops");
  lose_volume();
  const Plan plan = world_.settle().plan;
  EXPECT_EQ(condition(plan, "Accepted").reason, "UnreadableNotes");
  EXPECT_EQ(world_.annotation(kStoresAnnotation), "oops");
  EXPECT_EQ(claim_uid(), "");
}

}  // namespace
}  // namespace petrel::ops
