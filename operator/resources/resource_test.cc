// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/resources/documents.h"

namespace petrel::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::string document(const std::string& kind, const std::string& name, const std::string& spec) {
  return "---\napiVersion: petrel.io/v1alpha1\nkind: " + kind + "\nmetadata: {name: " + name +
         "}\nspec: {" + spec + "}\n";
}

std::string topic(const std::string& name, const std::string& more = "") {
  return document("PetrelTopic", name, "clusterRef: {name: c}" + more);
}

absl::StatusOr<Declaration> declared(const std::string& text) {
  auto resources = parse_documents(text, "f.yaml");
  EXPECT_TRUE(resources.ok()) << resources.status();
  return declare(*std::move(resources));
}

TEST(Declare, PutsAClusterAndWhatBelongsToItTogether) {
  const auto d = declared(topic("a") + document("PetrelCluster", "c", "") +
                          document("PetrelConsumerGroup", "g", "clusterRef: {name: c}"));
  ASSERT_TRUE(d.ok()) << d.status();
  EXPECT_EQ(d->cluster.id(), "PetrelCluster/c");
  EXPECT_EQ(d->topics.size(), 1u);
  EXPECT_EQ(d->groups.size(), 1u);
}

TEST(Declare, NeedsExactlyOneCluster) {
  EXPECT_THAT(std::string(declared(topic("a")).status().message()),
              HasSubstr("no PetrelCluster is declared"));
  EXPECT_EQ(declared(document("PetrelCluster", "c", "") + document("PetrelCluster", "d", ""))
                .status()
                .message(),
            "f.yaml:7:1: PetrelCluster/d: there is a PetrelCluster c already; give each cluster "
            "files of its own");
}

TEST(Declare, ADocumentMayNotBeThereTwice) {
  EXPECT_EQ(
      declared(document("PetrelCluster", "c", "") + topic("a") + topic("a")).status().message(),
      "f.yaml:12:1: PetrelTopic/a: is declared at f.yaml:7:1 already");
}

TEST(Declare, TwoDocumentsMayNotDeclareOneTopic) {
  EXPECT_EQ(declared(document("PetrelCluster", "c", "") + topic("a") + topic("b", ", name: a"))
                .status()
                .message(),
            "f.yaml:12:1: PetrelTopic/b: spec.name: a is declared by PetrelTopic/a at f.yaml:7:1 "
            "already");
}

TEST(Declare, ReferencesMustNameTheCluster) {
  EXPECT_EQ(declared(document("PetrelCluster", "d", "") + topic("a")).status().message(),
            "f.yaml:7:1: PetrelTopic/a: spec.clusterRef.name: there is no PetrelCluster c; the one "
            "declared is d");
}

TEST(CheckChange, RefusesAnotherTopicNameAndAllowsTheRest) {
  const auto before = parse_documents(topic("a"), "f.yaml")->front();
  EXPECT_TRUE(check_change(
                  before, parse_documents(topic("a", ", name: a, queuesPerBroker: 3"), "")->front())
                  .ok());
  EXPECT_THAT(
      std::string(check_change(before, parse_documents(topic("a", ", name: b"), "g.yaml")->front())
                      .message()),
      HasSubstr("PetrelTopic/a: spec.name: may not change once applied"));
}

TEST(Specs, ReadEveryFieldOfACluster) {
  const auto parsed = parse_documents(
      document("PetrelCluster", "c",
               "nameservers: {replicas: 2, config: {a: b}}, brokerGroups: {replicas: 3}, "
               "broker: {flushMode: Sync, autoCreateTopics: true, autoCreateGroups: false, "
               "config: {x: y}}, tls: {mode: Enforcing}"),
      "f.yaml");
  const ClusterSpec spec = cluster_spec(parsed->front());
  EXPECT_EQ(spec.tls_mode, TlsMode::kEnforcing);
  EXPECT_EQ(spec.nameservers, 2);
  EXPECT_EQ(spec.broker_groups, 3);
  EXPECT_EQ(spec.flush_mode, FlushMode::kSync);
  EXPECT_TRUE(spec.auto_create_topics);
  EXPECT_FALSE(spec.auto_create_groups);
  EXPECT_EQ(spec.nameserver_config.at("a"), "b");
  EXPECT_EQ(spec.broker_config.at("x"), "y");
}

TEST(Specs, ReadWhatIsForKubernetesAlone) {
  const auto parsed = parse_documents(
      document("PetrelCluster", "c",
               "nameservers: {image: n:1, resources: {limits: {cpu: 1}}}, "
               "broker: {image: b:1, resources: {requests: {memory: 1Gi}, limits: {memory: 2Gi}}, "
               "storage: {size: 5Gi, storageClass: fast, deletionPolicy: Delete}, "
               "nodeSelector: {disk: ssd}, tolerations: [{key: k, operator: Exists, effect: "
               "NoExecute, tolerationSeconds: 7}, {key: l, value: v}]}, "
               "imagePullPolicy: Never, imagePullSecrets: [{name: s}, {name: t}], pause: true"),
      "f.yaml");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const ClusterSpec spec = cluster_spec(parsed->front());
  EXPECT_EQ(spec.nameserver_pods.image, "n:1");
  EXPECT_THAT(spec.nameserver_pods.limits, ElementsAre(Pair("cpu", "1")));
  EXPECT_THAT(spec.nameserver_pods.requests, IsEmpty());
  EXPECT_EQ(spec.broker_pods.image, "b:1");
  EXPECT_THAT(spec.broker_pods.requests, ElementsAre(Pair("memory", "1Gi")));
  EXPECT_THAT(spec.broker_pods.limits, ElementsAre(Pair("memory", "2Gi")));
  EXPECT_THAT(spec.broker_pods.node_selector, ElementsAre(Pair("disk", "ssd")));
  EXPECT_THAT(
      spec.broker_pods.tolerations,
      ElementsAre(
          Toleration{.key = "k", .match = "Exists", .effect = "NoExecute", .toleration_seconds = 7},
          Toleration{.key = "l", .value = "v"}));
  EXPECT_EQ(spec.storage.size, "5Gi");
  EXPECT_EQ(spec.storage.storage_class, "fast");
  EXPECT_EQ(spec.storage.deletion_policy, DeletionPolicy::kDelete);
  EXPECT_EQ(spec.image_pull_policy, "Never");
  EXPECT_THAT(spec.image_pull_secrets, ElementsAre("s", "t"));
  EXPECT_TRUE(spec.pause);
}

TEST(Specs, ARecordOfBeforeAFieldWasThereHasItsDefault) {
  Resource cluster{.kind = "PetrelCluster", .name = "c"};
  cluster.spec = R"({"broker":{"autoCreateGroups":true,"autoCreateTopics":false,"config":{},)"
                 R"("flushMode":"Sync"},"brokerGroups":{"replicas":2},)"
                 R"("nameservers":{"config":{},"replicas":1}})";
  const ClusterSpec spec = cluster_spec(cluster);
  EXPECT_EQ(spec.flush_mode, FlushMode::kSync);
  EXPECT_EQ(spec.storage.size, "10Gi");
  EXPECT_EQ(spec.tls_mode, TlsMode::kPermissive);
}

TEST(Specs, ReadEveryFieldOfATopic) {
  const auto parsed = parse_documents(
      topic("t",
            ", name: T_1, queuesPerBroker: 3, permission: ReadOnly, retention: 1h30m, "
            "deletionPolicy: Delete"),
      "f.yaml");
  const TopicSpec spec = topic_spec(parsed->front());
  EXPECT_EQ(spec.cluster, "c");
  EXPECT_EQ(spec.settings, (TopicSettings{.name = "T_1",
                                          .read_queues = 3,
                                          .write_queues = 3,
                                          .permission = 4,
                                          .retention_ms = 90 * 60'000}));
  EXPECT_EQ(spec.deletion_policy, DeletionPolicy::kDelete);
}

TEST(Specs, ReadAndWriteQueuesOverrideQueuesPerBroker) {
  const auto queues = [](const std::string& more) {
    const TopicSettings settings =
        topic_spec(parse_documents(topic("t", more), "f.yaml")->front()).settings;
    return std::pair(settings.read_queues, settings.write_queues);
  };
  EXPECT_EQ(queues(""), std::pair(8, 8));
  EXPECT_EQ(queues(", readQueues: 16"), std::pair(16, 8));
  EXPECT_EQ(queues(", readQueues: 4"), std::pair(4, 4));
  EXPECT_EQ(queues(", writeQueues: 4"), std::pair(8, 4));
  EXPECT_EQ(queues(", queuesPerBroker: 2, readQueues: 16, writeQueues: 12"), std::pair(16, 12));
}

}  // namespace
}  // namespace petrel::ops
