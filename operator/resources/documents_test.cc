// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "common/concat.h"

namespace petrel::ops {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr std::string_view kTopicHead =
    "apiVersion: petrel.io/v1alpha1\n"
    "kind: PetrelTopic\n"
    "metadata: {name: orders}\n"
    "spec:\n"
    "  clusterRef: {name: quickstart}\n";

std::string error_of(std::string_view text) {
  const auto parsed = parse_documents(text, "f.yaml");
  EXPECT_FALSE(parsed.ok());
  return std::string(parsed.status().message());
}

std::string topic_error(std::string_view spec_lines) {
  return error_of(std::string(kTopicHead) + std::string(spec_lines));
}

TEST(Documents, AnEmptyClusterHasAllDefaults) {
  const auto parsed = parse_documents(
      "apiVersion: petrel.io/v1alpha1\nkind: PetrelCluster\nmetadata: {name: c}\n", "f.yaml");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  ASSERT_EQ(parsed->size(), 1u);
  const Resource& cluster = parsed->front();
  EXPECT_EQ(cluster.id(), "PetrelCluster/c");
  EXPECT_EQ(cluster.resource_namespace, "default");
  EXPECT_EQ(cluster.declared_at, "f.yaml:1:1");
  EXPECT_EQ(cluster.spec,
            R"({"broker":{"autoCreateGroups":true,"autoCreateTopics":false,"config":{},)"
            R"("flushMode":"Async","nodeSelector":{},)"
            R"("resources":{"limits":{},"requests":{"cpu":"250m","memory":"512Mi"}},)"
            R"("storage":{"deletionPolicy":"Retain","size":"10Gi"},"tolerations":[]},)"
            R"("brokerGroups":{"replicas":1},"imagePullPolicy":"IfNotPresent",)"
            R"("imagePullSecrets":[],"nameservers":{"config":{},"nodeSelector":{},"replicas":1,)"
            R"("resources":{"limits":{},"requests":{"cpu":"50m","memory":"64Mi"}},)"
            R"("tolerations":[]},"pause":false,"tls":{"mode":"Permissive"}})");
}

TEST(Documents, SeveralDocumentsInOneTextKeepTheirOrder) {
  const auto parsed =
      parse_documents("---\n---\n" + std::string(kTopicHead) +
                          "---\n"
                          "apiVersion: petrel.io/v1alpha1\nkind: PetrelConsumerGroup\n"
                          "metadata:\n  name: billing\n  labels: {team: money}\n"
                          "spec: {clusterRef: {name: quickstart}, backoff: [10s, 1m]}\n---\n",
                      "f.yaml");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  ASSERT_EQ(parsed->size(), 2u);
  EXPECT_EQ(topic_spec(parsed->at(0)).settings, (TopicSettings{.name = "orders"}));
  const GroupSpec group = group_spec(parsed->at(1));
  EXPECT_EQ(group.cluster, "quickstart");
  EXPECT_EQ(group.settings, (GroupSettings{.name = "billing",
                                           .backoff_ms = {10'000, 60'000},
                                           .consume_from = {ConsumeFrom::Kind::kLast}}));
  EXPECT_THAT(parsed->at(1).labels, ElementsAre(Pair("team", "money")));
  EXPECT_EQ(parsed->at(1).declared_at, "f.yaml:9:1");
}

TEST(Documents, WhatKubernetesAddsIsAccepted) {
  const auto parsed = parse_documents(
      "apiVersion: petrel.io/v1alpha1\nkind: PetrelCluster\n"
      "metadata: {name: c, uid: 1-2, generation: 3, managedFields: [], creationTimestamp: null}\n"
      "status: {conditions: []}\n",
      "f.yaml");
  EXPECT_TRUE(parsed.ok()) << parsed.status();
}

TEST(Documents, AMistypedFieldIsToldWithItsPlaceAndTheNearestOne) {
  EXPECT_EQ(topic_error("  queuePerBroker: 4\n"),
            "f.yaml:6:3: PetrelTopic/orders: spec.queuePerBroker: unknown field; did you mean "
            "queuesPerBroker?");
  EXPECT_EQ(topic_error("  colour: red\n"),
            "f.yaml:6:3: PetrelTopic/orders: spec.colour: unknown field; known are clusterRef, "
            "name, queuesPerBroker, readQueues, writeQueues, permission, messageType, retention, "
            "deletionPolicy");
  EXPECT_EQ(error_of("apiVersion: petrel.io/v1alpha1\nkind: PetrelCluster\n"
                     "metadata: {name: c, lables: {}}\nspecs: {}\n"),
            "f.yaml:4:1: PetrelCluster/c: specs: unknown field; did you mean spec?\n"
            "f.yaml:3:21: PetrelCluster/c: metadata.lables: unknown field; did you mean labels?");
}

TEST(Documents, ValuesOfTheWrongTypeOrOutOfBoundsAreTold) {
  EXPECT_EQ(topic_error("  queuesPerBroker: many\n"),
            "f.yaml:6:20: PetrelTopic/orders: spec.queuesPerBroker: must be a whole number, not "
            "\"many\"");
  EXPECT_EQ(topic_error("  queuesPerBroker: \"4\"\n"),
            "f.yaml:6:20: PetrelTopic/orders: spec.queuesPerBroker: must be a whole number, not "
            "\"4\"");
  EXPECT_EQ(topic_error("  queuesPerBroker: 2000\n"),
            "f.yaml:6:20: PetrelTopic/orders: spec.queuesPerBroker: must be from 1 to 1024, not "
            "2000");
  EXPECT_EQ(topic_error("  queuesPerBroker: 99999999999999999999\n"),
            "f.yaml:6:20: PetrelTopic/orders: spec.queuesPerBroker: must be a whole number, not "
            "1e+20");
  EXPECT_EQ(topic_error("  permission: Read\n"),
            "f.yaml:6:15: PetrelTopic/orders: spec.permission: must be ReadWrite or ReadOnly or "
            "WriteOnly, not \"Read\"");
  EXPECT_EQ(topic_error("  name: a b\n"),
            "f.yaml:6:9: PetrelTopic/orders: spec.name: must consist of letters, digits, _ and -, "
            "not \"a b\"");
  EXPECT_THAT(topic_error("  name: " + std::string(128, 'x') + "\n"),
              HasSubstr("spec.name: has 128 characters; at most 127 are allowed"));
}

TEST(Documents, ARequiredFieldThatIsAbsentIsTold) {
  EXPECT_EQ(error_of("apiVersion: petrel.io/v1alpha1\nkind: PetrelTopic\nmetadata: {name: t}\n"
                     "spec: {}\n"),
            "f.yaml:4:7: PetrelTopic/t: spec.clusterRef: is required: The cluster that it belongs "
            "to.");
  EXPECT_EQ(error_of("apiVersion: petrel.io/v1alpha1\nkind: PetrelCluster\n"),
            "f.yaml:1:1: PetrelCluster/unnamed: metadata.name: is required: The cluster's name. "
            "The names of its Pods and Services begin with it.");
}

TEST(Documents, TheKindAndVersionMustBeOurs) {
  EXPECT_EQ(error_of("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"),
            "f.yaml:1:13: Pod/p: apiVersion: must be petrel.io/v1alpha1, not v1");
  EXPECT_EQ(error_of("apiVersion: petrel.io/v1alpha1\nkind: PetrelTopics\n"),
            "f.yaml:2:7: PetrelTopics/unnamed: kind: must be PetrelCluster or PetrelTopic or "
            "PetrelConsumerGroup, not PetrelTopics");
  EXPECT_EQ(error_of("- 1\n"),
            "f.yaml:1:1: a document must be a mapping with apiVersion, kind, metadata and spec");
}

TEST(Documents, ARepeatedKeyIsRefused) {
  EXPECT_EQ(topic_error("  permission: ReadOnly\n  permission: ReadWrite\n"),
            "f.yaml:7:3: the key permission is there twice; first in line 6");
}

TEST(Documents, BadSyntaxIsToldWithItsPlace) {
  EXPECT_THAT(error_of("a: [1, 2\nb: }"), HasSubstr("f.yaml:2:"));
  EXPECT_THAT(error_of("a: [1, 2\nb: }"), HasSubstr("not valid YAML"));
  EXPECT_THAT(error_of("? [a, b]\n: c\n"), HasSubstr("f.yaml:1:3: a key must be plain text"));
}

TEST(Documents, ATextInWhichTheParserWouldNotGetOnIsRefused) {
  EXPECT_EQ(error_of("a: 1\n---\n,\n"), "f.yaml:3:1: not valid YAML: unexpected punctuation");
}

TEST(Documents, AliasesCannotMakeAShortTextHuge) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = concat("*a", i - 1);
    const std::string name = concat("a", i);
    text += concat(name, ": &", name, " [", before);
    for (int j = 1; j < 10; ++j) {
      text += concat(", ", before);
    }
    text += "]\n";
  }
  EXPECT_THAT(error_of(text), HasSubstr("the text holds too much"));
}

TEST(Documents, DeepNestingIsRefused) {
  const std::string text = "a: " + std::string(100, '[') + std::string(100, ']');
  EXPECT_THAT(error_of(text), HasSubstr("nested too deeply"));
}

TEST(Documents, ConfigurationValuesAreStrings) {
  constexpr std::string_view head =
      "apiVersion: petrel.io/v1alpha1\nkind: PetrelCluster\nmetadata: {name: c}\n"
      "spec:\n  broker:\n    config:\n";
  const auto parsed =
      parse_documents(std::string(head) + "      log.level: debug\n      x: \"64\"\n", "f.yaml");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(cluster_spec(parsed->front()).broker_config,
              ElementsAre(Pair("log.level", "debug"), Pair("x", "64")));
  EXPECT_EQ(error_of(std::string(head) + "      x: 64\n"),
            "f.yaml:7:10: PetrelCluster/c: spec.broker.config: the value of x must be a string: "
            "write it in quotes, \"64\"");
}

TEST(Documents, AMetadataNameThatClientsCannotUseNeedsASpecName) {
  EXPECT_EQ(error_of("apiVersion: petrel.io/v1alpha1\nkind: PetrelTopic\nmetadata: {name: a.b}\n"
                     "spec: {clusterRef: {name: c}}\n"),
            "f.yaml:4:7: PetrelTopic/a.b: spec.name: must consist of letters, digits, _ and -, not "
            "\"a.b\"");
}

TEST(Documents, AllThatIsWrongInAllFilesIsToldAtOnce) {
  const std::string first = testing::TempDir() + "/first.yaml";
  const std::string second = testing::TempDir() + "/second.yaml";
  std::ofstream(first) << kTopicHead << "  permission: 1\n";
  std::ofstream(second) << kTopicHead << "  permission: 2\n  messageType: Fifo\n";
  const auto read = read_documents({first, second});
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(std::string(read.status().message()),
              testing::AllOf(HasSubstr(first + ":6:15: "), HasSubstr(second + ":6:15: "),
                             HasSubstr("spec.messageType: must be Normal, not \"Fifo\"")));
  EXPECT_THAT(std::string(read_documents({"/nonexistent.yaml"}).status().message()),
              HasSubstr("/nonexistent.yaml"));
}

TEST(Documents, RandomDamageNeverCrashesTheParser) {
  const std::string good = std::string(kTopicHead) + "  queuesPerBroker: 4\n  name: x\n";
  uint32_t state = 12345;
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (int change = 0; change < 3; ++change) {
      state = state * 1664525 + 1013904223;
      const size_t at = (state >> 8) % text.size();
      text[at] = "\n :{}[]-&*!|>\"'#%@`?,\t\0ax0"[(state >> 3) % 27];
    }
    (void)parse_documents(text, "f.yaml");
  }
}

}  // namespace
}  // namespace petrel::ops
