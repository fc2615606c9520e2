// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/pod_state.h"

#include <absl/time/time.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace petrel::ops {
namespace {

using nlohmann::json;

constexpr int64_t kCreatedMs = 1'700'000'000'000;

json pod_with(const char* status) {
  json pod = json::parse(R"({"metadata": {"name": "p", "uid": "u",
      "creationTimestamp": "2023-11-14T22:13:20Z", "annotations": {"petrel.io/digest": "d1"},
      "ownerReferences": [{"kind": "PetrelCluster", "uid": "c-1"}]},
      "spec": {"nodeName": "n1"}})");
  pod["status"] = json::parse(status);
  return pod;
}

ObservedMember observe(const json& pod, int64_t age_ms = 3'600'000) {
  return observe_pod(pod, "c-1", kCreatedMs + age_ms);
}

TEST(PodState, AReadyPodIsAReadyMember) {
  const ObservedMember member = observe(pod_with(R"({"phase": "Running", "podIP": "10.0.0.7",
      "conditions": [{"type": "Ready", "status": "True"}]})"));
  EXPECT_TRUE(member.running);
  EXPECT_TRUE(member.ready);
  EXPECT_FALSE(member.stopping);
  EXPECT_EQ(member.digest, "d1");
  EXPECT_EQ(member.waiting, "");
}

TEST(PodState, SinceWhenAPodIsReadyIsTold) {
  json pod =
      pod_with(R"({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]})");
  EXPECT_EQ(observe(pod).ready_for_ms, std::numeric_limits<int64_t>::max());
  pod["status"]["conditions"][0]["lastTransitionTime"] =
      absl::FormatTime(absl::RFC3339_sec, absl::FromUnixMillis(kCreatedMs), absl::UTCTimeZone());
  EXPECT_EQ(observe(pod, 7'000).ready_for_ms, 7'000);
  EXPECT_EQ(observe(pod, -7'000).ready_for_ms, 0) << "the node's clock is ahead";
}

TEST(PodState, TheSchedulersWordsAreTold) {
  const ObservedMember member = observe(pod_with(R"({"phase": "Pending",
      "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": "0/3 nodes are available: 3 Insufficient memory."}]})"));
  EXPECT_TRUE(member.running);
  EXPECT_FALSE(member.ready);
  EXPECT_EQ(member.waiting,
            "its Pod is not scheduled: 0/3 nodes are available: 3 Insufficient memory.");
}

TEST(PodState, AnImageThatCannotBePulledIsTold) {
  EXPECT_EQ(observe(pod_with(R"({"phase": "Pending", "containerStatuses": [{"restartCount": 0,
      "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling x"}}}]})"))
                .waiting,
            "ImagePullBackOff: Back-off pulling x");
}

TEST(PodState, ThatAContainerIsBeingMadeIsNoReason) {
  EXPECT_EQ(observe(pod_with(R"({"phase": "Pending", "containerStatuses": [{"restartCount": 0,
      "state": {"waiting": {"reason": "ContainerCreating"}}}]})"))
                .waiting,
            "");
}

TEST(PodState, TheLastWordsOfAProcessThatEndsAreTold) {
  EXPECT_EQ(observe(pod_with(R"({"phase": "Running", "containerStatuses": [{"restartCount": 3,
      "state": {"waiting": {"reason": "CrashLoopBackOff"}},
      "lastState": {"terminated": {"exitCode": 1, "reason": "Error",
        "message": "reading the store\nunknown key 'x'\n"}}}]})"))
                .waiting,
            "CrashLoopBackOff; ended 3 times, the last time with code 1: Error: unknown key 'x'");
}

TEST(PodState, APodThatIsBeingDeletedIsStopping) {
  json pod =
      pod_with(R"({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]})");
  pod["metadata"]["deletionTimestamp"] = "2023-11-14T22:20:00Z";
  const ObservedMember member = observe(pod);
  EXPECT_TRUE(member.running);
  EXPECT_TRUE(member.stopping);
  EXPECT_FALSE(member.ready);
  EXPECT_EQ(member.waiting, "its Pod is being deleted on node n1");
}

TEST(PodState, APodThatWasEvictedIsNotRunning) {
  for (const char* status :
       {R"({"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory."})",
        R"({"phase": "Succeeded"})"}) {
    const json pod = pod_with(status);
    EXPECT_TRUE(is_dead(pod));
    const ObservedMember member = observe(pod);
    EXPECT_FALSE(member.running);
    EXPECT_FALSE(member.stopping);
  }
  EXPECT_EQ(observe(pod_with(R"({"phase": "Failed", "reason": "Evicted", "message": "No room."})"))
                .waiting,
            "its Pod has ended: Evicted: No room.; it is made anew");
}

TEST(PodState, APodThatEndedAtOnceIsNotReplacedInAHurry) {
  const json pod = pod_with(R"({"phase": "Failed", "reason": "NodeAffinity"})");
  EXPECT_TRUE(observe(pod, 1'000).stopping);
  EXPECT_FALSE(observe(pod, kReplaceAfterMs).stopping);
}

TEST(PodState, APodOfADeletedClusterOfTheSameNameIsWaitedFor) {
  const json pod = pod_with(R"({"phase": "Running"})");
  EXPECT_TRUE(observe_pod(pod, "c-2", kCreatedMs).stopping);
  EXPECT_FALSE(observe_pod(pod, "c-1", kCreatedMs).stopping);
}

TEST(PodState, AnythingMayBeAbsentOrOfAnotherType) {
  for (const char* text :
       {"{}", R"({"status": null})", R"({"status": {"conditions": {}, "containerStatuses": 1}})",
        R"({"status": {"conditions": [1, {"type": 2}], "containerStatuses": [null, {}]}})",
        R"({"status": {"phase": 7, "podIP": []}, "spec": []})"}) {
    const json pod = json::parse(text);
    EXPECT_FALSE(observe(pod).ready) << text;
    EXPECT_EQ(pod_ip(pod), "");
    EXPECT_EQ(node_of(pod), "");
  }
}

}  // namespace
}  // namespace petrel::ops
