// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petrel::ops {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

json topic_object() {
  return json::parse(R"({
    "apiVersion": "petrel.io/v1alpha1", "kind": "PetrelTopic",
    "metadata": {"name": "orders", "namespace": "shop", "uid": "u-1", "generation": 7,
                 "resourceVersion": "99", "labels": {"team": "a"}, "annotations": {"x": "y"},
                 "creationTimestamp": "2026-11-21T15:00:01Z"},
    "spec": {"clusterRef": {"name": "demo"}},
    "status": {"queues": 3}})");
}

TEST(ReadObject, TakesWhatKubernetesSaysOfTheObject) {
  const auto topic = read_object(topic_object());
  ASSERT_TRUE(topic.ok()) << topic.status();
  EXPECT_EQ(topic->id(), "PetrelTopic/orders");
  EXPECT_EQ(topic->resource_namespace, "shop");
  EXPECT_EQ(topic->uid, "u-1");
  EXPECT_EQ(topic->generation, 7);
  EXPECT_EQ(topic->created_ms, 1'795'273'201'000);
  EXPECT_FALSE(topic->deleting);
  EXPECT_THAT(topic->labels, ElementsAre(Pair("team", "a")));
  EXPECT_THAT(topic->annotations, ElementsAre(Pair("x", "y")));
  EXPECT_EQ(topic_spec(*topic).settings.name, "orders");
}

TEST(ReadObject, SeesThatAnObjectIsBeingDeleted) {
  json object = topic_object();
  object["metadata"]["deletionTimestamp"] = "2026-11-21T15:00:02Z";
  EXPECT_TRUE(read_object(object)->deleting);
}

TEST(ReadObject, FillsInWhatAnOlderDefinitionDidNot) {
  const auto cluster = read_object(json::parse(
      R"({"apiVersion": "petrel.io/v1alpha1", "kind": "PetrelCluster", "metadata": {"name": "c"}})"));
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  EXPECT_EQ(cluster_spec(*cluster).storage.size, "10Gi");
}

TEST(ReadObject, DropsFieldsOfANewerDefinition) {
  json object = topic_object();
  const std::string before = read_object(object)->spec;
  object["spec"]["priority"] = "high";
  object["spec"]["clusterRef"]["kind"] = "PetrelCluster";
  const auto topic = read_object(object);
  ASSERT_TRUE(topic.ok()) << topic.status();
  EXPECT_EQ(topic->spec, before);
}

TEST(ReadObject, RefusesWhatADocumentMayNotSay) {
  json object = topic_object();
  object["spec"]["queuesPerBroker"] = 0;
  object["spec"]["permission"] = "None";
  EXPECT_EQ(std::string(read_object(object).status().message()),
            "PetrelTopic/orders: spec.queuesPerBroker: must be from 1 to 1024, not 0\n"
            "PetrelTopic/orders: spec.permission: must be ReadWrite or ReadOnly or WriteOnly, not "
            "\"None\"");
}

TEST(ReadObject, RefusesAnythingElse) {
  for (const char* text :
       {"null", "[]", "{}", R"({"apiVersion": "v1", "kind": "Pod", "metadata": {}})",
        R"({"apiVersion": "petrel.io/v1alpha1", "kind": "PetrelTopic", "metadata": 3})",
        R"({"apiVersion": "petrel.io/v1alpha1", "kind": 1})"}) {
    EXPECT_THAT(std::string(read_object(json::parse(text)).status().message()),
                HasSubstr("not an object of petrel.io/v1alpha1"))
        << text;
  }
}

TEST(ReadObject, RefusesASpecThatIsNoObject) {
  json object = topic_object();
  object["spec"] = "text";
  EXPECT_FALSE(read_object(object).ok());
}

}  // namespace
}  // namespace petrel::ops
