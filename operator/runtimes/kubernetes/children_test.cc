// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/children.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "operator/runtimes/kubernetes/config_check.h"
#include "operator/runtimes/kubernetes/covers.h"

namespace petrel::ops {
namespace {

using k8s::Json;
using testing::HasSubstr;

constexpr MemberId kBroker1{Role::kBroker, 1};
constexpr MemberId kNameserver0{Role::kNameserver, 0};

ClusterChildren cluster() {
  ClusterChildren children;
  children.names = {.cluster = {"ns", "demo"}, .cluster_domain = "cluster.local"};
  children.uid = "u-1";
  children.spec.nameservers = 2;
  children.spec.broker_groups = 2;
  children.spec.broker_pods.requests = {{"cpu", "250m"}, {"memory", "512Mi"}};
  children.defaults = {.broker_image = "petrel-broker:1", .nameserver_image = "petrel-ns:1"};
  return children;
}

Json labels(const char* component) {
  return {{"app.kubernetes.io/name", "petrel"},
          {"app.kubernetes.io/instance", "demo"},
          {"app.kubernetes.io/managed-by", "petrel-operator"},
          {"app.kubernetes.io/component", component},
          {"petrel.io/cluster", "demo"}};
}

Json without_digest(Json object) {
  EXPECT_EQ(object["metadata"]["annotations"]["petrel.io/digest"].get<std::string>().size(), 32u);
  object["metadata"].erase("annotations");
  return object;
}

const Json kOwner = Json::parse(R"([{"apiVersion": "petrel.io/v1alpha1", "kind": "PetrelCluster",
    "name": "demo", "uid": "u-1", "controller": true, "blockOwnerDeletion": true}])");

TEST(Children, ThePodOfABroker) {
  Json expected = Json::parse(R"({
    "apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "demo-broker-1-0", "namespace": "ns"},
    "spec": {
      "hostname": "demo-broker-1-0",
      "subdomain": "demo-brokers",
      "automountServiceAccountToken": false,
      "enableServiceLinks": false,
      "restartPolicy": "Always",
      "terminationGracePeriodSeconds": 95,
      "securityContext": {"runAsNonRoot": true, "runAsUser": 10001, "runAsGroup": 10001,
        "fsGroup": 10001, "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"}},
      "affinity": {"podAntiAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": {
          "topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {
            "petrel.io/cluster": "demo", "app.kubernetes.io/component": "broker"}}}}],
        "requiredDuringSchedulingIgnoredDuringExecution": [{
          "topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {
            "petrel.io/cluster": "demo", "app.kubernetes.io/component": "broker",
            "petrel.io/broker-group": "1"}}}]}},
      "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": {
          "petrel.io/cluster": "demo", "app.kubernetes.io/component": "broker"}}}],
      "containers": [{
        "name": "broker", "image": "petrel-broker:1", "imagePullPolicy": "IfNotPresent",
        "args": ["--config=/etc/petrel/config.yaml"],
        "ports": [{"name": "grpc", "containerPort": 8081, "protocol": "TCP"},
                  {"name": "http", "containerPort": 5557, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}},
        "startupProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 1,
          "timeoutSeconds": 2, "failureThreshold": 300},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 10,
          "timeoutSeconds": 5, "failureThreshold": 6},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 2,
          "timeoutSeconds": 2, "failureThreshold": 2},
        "volumeMounts": [
          {"name": "config", "mountPath": "/etc/petrel", "readOnly": true},
          {"name": "data", "mountPath": "/var/lib/petrel"}],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
          "capabilities": {"drop": ["ALL"]}}}],
      "volumes": [
        {"name": "config", "configMap": {"name": "demo-broker-1-0-config"}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "demo-broker-1-0-data"}}]}})");
  expected["metadata"]["labels"] = labels("broker");
  expected["metadata"]["labels"]["petrel.io/broker-group"] = "1";
  expected["metadata"]["ownerReferences"] = kOwner;
  EXPECT_EQ(without_digest(pod(cluster(), kBroker1)), expected)
      << Json::diff(expected, without_digest(pod(cluster(), kBroker1))).dump(2);
}

TEST(Children, ThePodOfANameserverHasNoVolume) {
  const Json object = pod(cluster(), kNameserver0);
  EXPECT_EQ(object["metadata"]["name"], "demo-nameserver-0");
  EXPECT_EQ(object["spec"]["subdomain"], "demo-nameservers");
  EXPECT_EQ(object["spec"]["terminationGracePeriodSeconds"], 10);
  EXPECT_EQ(object["spec"]["volumes"].size(), 1u);
  EXPECT_EQ(object["spec"]["containers"][0]["image"], "petrel-ns:1");
  EXPECT_EQ(object["spec"]["containers"][0]["ports"][0]["containerPort"], 8080);
  EXPECT_EQ(object["spec"]["containers"][0]["volumeMounts"].size(), 1u);
  EXPECT_EQ(object["spec"]["tolerations"].size(), 2u);
  EXPECT_EQ(object["spec"]["tolerations"][0]["tolerationSeconds"], 10);
  EXPECT_FALSE(object["spec"]["affinity"]["podAntiAffinity"].contains(
      "requiredDuringSchedulingIgnoredDuringExecution"));
}

TEST(Children, APodTakesOverWhatTheSpecSaysOfPods) {
  ClusterChildren children = cluster();
  children.spec.broker_pods.image = "mine:2";
  children.spec.broker_pods.limits = {{"memory", "1Gi"}};
  children.spec.broker_pods.node_selector = {{"disk", "fast"}};
  children.spec.broker_pods.tolerations = {
      {.key = "dedicated", .value = "mq", .effect = "NoSchedule"},
      {.match = "Exists", .effect = "NoExecute", .toleration_seconds = 30}};
  children.spec.image_pull_policy = "Always";
  children.spec.image_pull_secrets = {"registry"};
  const Json spec = pod(children, kBroker1)["spec"];
  EXPECT_EQ(spec["containers"][0]["image"], "mine:2");
  EXPECT_EQ(spec["containers"][0]["imagePullPolicy"], "Always");
  EXPECT_EQ(spec["containers"][0]["resources"]["limits"], Json::parse(R"({"memory": "1Gi"})"));
  EXPECT_EQ(spec["nodeSelector"], Json::parse(R"({"disk": "fast"})"));
  EXPECT_EQ(spec["tolerations"], Json::parse(R"([
      {"key": "dedicated", "operator": "Equal", "value": "mq", "effect": "NoSchedule"},
      {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}])"));
  EXPECT_EQ(spec["imagePullSecrets"], Json::parse(R"([{"name": "registry"}])"));
}

TEST(Children, APodHasTheTimeToStopThatItsConfigurationAsksFor) {
  ClusterChildren children = cluster();
  children.spec.broker_config = {{"process.shutdown-grace", "2m"}};
  EXPECT_EQ(pod(children, kBroker1)["spec"]["terminationGracePeriodSeconds"], 210);
  children.spec.broker_config = {{"process.leave-time", "0s"}};
  EXPECT_EQ(pod(children, kBroker1)["spec"]["terminationGracePeriodSeconds"], 60);
}

TEST(Children, APodThatChecksHasTheMembersImageAndNothingThatServes) {
  ClusterChildren children = cluster();
  children.spec.broker_pods.node_selector = {{"disk", "fast"}};
  const Json object = check_pod(children, Role::kBroker);
  EXPECT_EQ(object["metadata"]["name"], "demo-broker-check");
  EXPECT_EQ(object["metadata"]["labels"]["app.kubernetes.io/component"], "broker-check");
  EXPECT_EQ(object["metadata"]["ownerReferences"], kOwner);
  const Json& spec = object["spec"];
  EXPECT_EQ(spec["restartPolicy"], "Never");
  EXPECT_EQ(spec["nodeSelector"], Json::parse(R"({"disk": "fast"})"));
  EXPECT_EQ(spec["securityContext"], pod(children, kBroker1)["spec"]["securityContext"]);
  const Json& container = spec["containers"][0];
  EXPECT_EQ(container["image"], "petrel-broker:1");
  EXPECT_EQ(container["args"],
            Json::parse(R"(["--config=/etc/petrel/config.yaml", "--check-config"])"));
  EXPECT_EQ(container["volumeMounts"].size(), 1u) << "no data";
  EXPECT_FALSE(container.contains("ports"));
}

TEST(Children, WhatACheckSaysCountsOnlyForWhatItWasMadeFor) {
  using State = ConfigurationCheck::State;
  const ClusterChildren children = cluster();
  Json object = check_pod(children, Role::kBroker);
  const auto state = [&](const ClusterChildren& of) {
    return observe_check(of, Role::kBroker, &object).state;
  };
  EXPECT_EQ(observe_check(children, Role::kBroker, nullptr).state, State::kUnknown);
  EXPECT_EQ(state(children), State::kUnderWay);
  object["status"] = {
      {"phase", "Succeeded"},
      {"containerStatuses", Json::array({{{"state", {{"terminated", {{"exitCode", 0}}}}}}})}};
  EXPECT_EQ(state(children), State::kPassed);
  ClusterChildren other = children;
  other.spec.broker_pods.image = "petrel-broker:2";
  EXPECT_EQ(state(other), State::kUnknown);
  object["status"]["phase"] = "Failed";
  Json& terminated = object["status"]["containerStatuses"][0]["state"]["terminated"];
  terminated = {{"exitCode", 2},
                {"message", "petrel-broker: no key x\nTry petrel-broker --help\n"}};
  EXPECT_EQ(state(children), State::kRefused);
  EXPECT_EQ(observe_check(children, Role::kBroker, &object).message, "petrel-broker: no key x");
  object["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] = 137;
  EXPECT_EQ(state(children), State::kUnknown);
}

TEST(Children, ADigestChangesWithAllThatAProcessDependsOnAndNothingElse) {
  const std::string digest = pod_digest(cluster(), kBroker1);
  const std::string other = "other";
  const auto changed = [&](const std::function<void(ClusterChildren&)>& change) {
    ClusterChildren children = cluster();
    change(children);
    return pod_digest(children, kBroker1) != digest;
  };
  EXPECT_TRUE(changed([&](ClusterChildren& c) { c.spec.nameservers = 3; }));
  EXPECT_TRUE(changed([&](ClusterChildren& c) { c.spec.tls_mode = TlsMode::kEnforcing; }));
  EXPECT_TRUE(changed([&](ClusterChildren& c) { c.spec.broker_pods.image = other; }));
  EXPECT_TRUE(changed([&](ClusterChildren& c) { c.defaults.broker_image = other; }));
  EXPECT_TRUE(changed([&](ClusterChildren& c) { c.spec.broker_config["log.level"] = other; }));
  EXPECT_TRUE(changed([&](ClusterChildren& c) { c.spec.broker_pods.requests["cpu"] = other; }));
  EXPECT_TRUE(changed([&](ClusterChildren& c) { c.spec.broker_pods.node_selector["a"] = other; }));
  EXPECT_FALSE(changed([&](ClusterChildren& c) { c.spec.broker_groups = 9; }));
  EXPECT_FALSE(changed([&](ClusterChildren& c) { c.spec.storage.size = other; }));
  EXPECT_FALSE(changed([&](ClusterChildren& c) { c.spec.nameserver_pods.image = other; }));
  EXPECT_FALSE(changed([&](ClusterChildren& c) { c.uid = other; }));
}

TEST(Children, ADigestOfAPermissiveClusterIsThatOfBeforeThereWasAMode) {
  ClusterChildren children = cluster();
  children.settings_version = 2;
  EXPECT_EQ(pod_digest(children, {Role::kNameserver, 0}), "055ecde67a7c2bd4b52f9a89969b99ab");
  EXPECT_EQ(pod_digest(children, kBroker1), "ed0367b9141ff186f381a117b0a89065");
}

TEST(Children, TheConfigurationNamesMembersByDns) {
  const Json object = config_map(cluster(), kBroker1);
  EXPECT_EQ(object["metadata"]["name"], "demo-broker-1-0-config");
  const std::string text = object["data"]["config.yaml"];
  EXPECT_THAT(text, HasSubstr("\"broker.cluster\": \"demo\"\n"));
  EXPECT_THAT(text, HasSubstr("\"broker.name\": \"broker-1\"\n"));
  EXPECT_THAT(text, HasSubstr("\"broker.advertised-address\": "
                              "\"demo-broker-1-0.demo-brokers.ns.svc.cluster.local:8081\"\n"));
  EXPECT_THAT(text, HasSubstr("\"broker.nameservers\": "
                              "[\"demo-nameserver-0.demo-nameservers.ns.svc.cluster.local:8080\","
                              "\"demo-nameserver-1.demo-nameservers.ns.svc.cluster.local:8080\"]"));
  EXPECT_THAT(text, HasSubstr("\"store.directory\": \"/var/lib/petrel\"\n"));
  EXPECT_THAT(text, HasSubstr("\"http.port\": 5557\n"));
}

TEST(Children, TheHeadlessServiceNamesPodsThatAreNotReadyToo) {
  Json expected = Json::parse(R"({
    "apiVersion": "v1", "kind": "Service",
    "metadata": {"name": "demo-nameservers", "namespace": "ns"},
    "spec": {"type": "ClusterIP", "clusterIP": "None", "publishNotReadyAddresses": true,
      "selector": {"petrel.io/cluster": "demo", "app.kubernetes.io/component": "nameserver"},
      "ports": [{"name": "grpc", "port": 8080, "targetPort": "grpc", "protocol": "TCP"},
                {"name": "http", "port": 5558, "targetPort": "http", "protocol": "TCP"}]}})");
  expected["metadata"]["labels"] = labels("nameserver");
  expected["metadata"]["ownerReferences"] = kOwner;
  EXPECT_EQ(without_digest(headless_service(cluster(), Role::kNameserver)), expected);
}

TEST(Children, TheClientServiceHasReadyBrokersOnly) {
  const Json object = without_digest(client_service(cluster()));
  EXPECT_EQ(object["metadata"]["name"], "demo");
  EXPECT_EQ(object["spec"], Json::parse(R"({"type": "ClusterIP",
      "selector": {"petrel.io/cluster": "demo", "app.kubernetes.io/component": "broker"},
      "ports": [{"name": "grpc", "port": 8081, "targetPort": "grpc", "protocol": "TCP"}]})"));
}

TEST(Children, TheDisruptionBudgetLetsOneMemberGo) {
  const Json object = without_digest(disruption_budget(cluster(), Role::kBroker));
  EXPECT_EQ(object["apiVersion"], "policy/v1");
  EXPECT_EQ(object["metadata"]["name"], "demo-brokers");
  EXPECT_EQ(object["spec"], Json::parse(R"({"maxUnavailable": 1,
      "unhealthyPodEvictionPolicy": "AlwaysAllow", "selector": {"matchLabels": {
        "petrel.io/cluster": "demo", "app.kubernetes.io/component": "broker"}}})"));
}

TEST(Children, AVolumeIsOwnedByTheClusterOnlyWhenItGoesWithIt) {
  ClusterChildren children = cluster();
  const Json retained = volume_claim(children, kBroker1, nullptr);
  EXPECT_EQ(retained["metadata"]["name"], "demo-broker-1-0-data");
  EXPECT_FALSE(retained["metadata"].contains("ownerReferences"));
  EXPECT_EQ(retained["spec"], Json::parse(R"({"accessModes": ["ReadWriteOnce"],
      "resources": {"requests": {"storage": "10Gi"}}})"));
  children.spec.storage.deletion_policy = DeletionPolicy::kDelete;
  const Json owned = volume_claim(children, kBroker1, nullptr);
  EXPECT_EQ(owned["metadata"]["ownerReferences"], kOwner);
  EXPECT_FALSE(covers(retained, owned));
  EXPECT_FALSE(covers(owned, retained)) << "the digest tells that the owner is to go";
}

TEST(Children, AVolumeGrowsAndNeitherShrinksNorChangesItsClass) {
  ClusterChildren children = cluster();
  children.spec.storage = {.size = "20Gi", .storage_class = "fast"};
  const Json first = volume_claim(children, kBroker1, nullptr);
  EXPECT_EQ(first["spec"]["storageClassName"], "fast");
  children.spec.storage.size = "30Gi";
  EXPECT_EQ(volume_claim(children, kBroker1, &first)["spec"]["resources"]["requests"]["storage"],
            "30Gi");
  EXPECT_FALSE(is_larger(children, first));
  children.spec.storage = {.size = "5Gi", .storage_class = "slow"};
  const Json kept = volume_claim(children, kBroker1, &first);
  EXPECT_EQ(kept["spec"]["resources"]["requests"]["storage"], "20Gi");
  EXPECT_EQ(kept["spec"]["storageClassName"], "fast");
  EXPECT_TRUE(is_larger(children, first));
}

TEST(Children, AVolumeOfTheSameSizeInOtherWordsIsAsIntended) {
  ClusterChildren children = cluster();
  children.spec.storage.size = "1024Mi";
  Json stored = volume_claim(children, kBroker1, nullptr);
  stored["spec"]["resources"]["requests"]["storage"] = "1Gi";
  EXPECT_TRUE(covers(stored, volume_claim(children, kBroker1, &stored)));
}

TEST(ClusterNames, MembersAreKnownByTheirPodsAndClaims) {
  const ClusterNames names = cluster().names;
  for (const MemberId& member : {kBroker1, kNameserver0, MemberId{Role::kBroker, 12}}) {
    EXPECT_EQ(names.member_of_pod(names.pod(member)), member);
  }
  EXPECT_EQ(names.member_of_claim(names.claim(kBroker1)), kBroker1);
  for (const char* name : {"", "demo", "demo-broker-", "demo-broker-1", "demo-broker-1-1",
                           "demo-broker-01-0", "demo-broker--1-0", "demo-nameserver-0-0",
                           "other-broker-1-0", "demo-broker-99999999999-0"}) {
    EXPECT_EQ(names.member_of_pod(name), std::nullopt) << name;
  }
  EXPECT_EQ(names.member_of_claim("demo-broker-1-0"), std::nullopt);
  EXPECT_EQ(names.member_of_claim("demo-nameserver-0-data"), std::nullopt);
  EXPECT_EQ(names.access_point(), "demo.ns.svc.cluster.local:8081");
}

TEST(Covers, ComparesWhatTheIntentNames) {
  const auto check = [](const char* actual, const char* intent) {
    return covers(Json::parse(actual), Json::parse(intent));
  };
  EXPECT_TRUE(check(R"({"a": 1, "b": 2})", R"({"a": 1})"));
  EXPECT_FALSE(check(R"({"a": 2})", R"({"a": 1})"));
  EXPECT_FALSE(check(R"({})", R"({"a": 1})"));
  EXPECT_TRUE(check(R"({"l": [{"n": "x", "more": 1}, {"n": "y"}]})", R"({"l": [{"n": "x"}]})"));
  EXPECT_FALSE(check(R"({"l": [{"n": "y"}]})", R"({"l": [{"n": "x"}]})"));
  EXPECT_FALSE(check(R"({"l": ["a", "b"]})", R"({"l": ["a"]})"));
  EXPECT_FALSE(check(R"({"a": "text"})", R"({"a": {"b": 1}})"));
}

}  // namespace
}  // namespace petrel::ops
