// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/control/document_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "operator/control/testing/documents.h"

namespace petrel::ops {
namespace {

using testing::cluster_object;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::topic_object;

const k8s::ObjectKey kCluster{"ns", "demo"};
const k8s::ObjectKey kTopic{"ns", "orders"};

TEST(DocumentIndexTest, DocumentsAreFoundByTheirCluster) {
  DocumentIndex index;
  const k8s::Json cluster = cluster_object("demo");
  const k8s::Json topic = topic_object("orders", "demo");
  EXPECT_THAT(index.update(DocumentKind::kTopic, kTopic, &topic), ElementsAre(kCluster));
  EXPECT_EQ(index.documents(kCluster).cluster, nullptr);
  EXPECT_THAT(index.update(DocumentKind::kCluster, kCluster, &cluster), ElementsAre(kCluster));
  const DocumentIndex::Documents documents = index.documents(kCluster);
  EXPECT_EQ(documents.cluster->id, "PetrelCluster/demo");
  ASSERT_EQ(documents.topics.size(), 1U);
  EXPECT_EQ(documents.topics[0]->topic->spec.settings.name, "orders");
  EXPECT_TRUE(index.documents({"elsewhere", "demo"}).empty());
}

TEST(DocumentIndexTest, AStatusThatChangesCostsNoParsing) {
  DocumentIndex index;
  k8s::Json topic = topic_object("orders", "demo");
  index.update(DocumentKind::kTopic, kTopic, &topic);
  const auto before = index.documents(kCluster).topics[0]->topic;
  topic["metadata"]["resourceVersion"] = "2";
  topic["status"] = {{"conditions", {{{"type", "Ready"}, {"status", "True"}}}}};
  index.update(DocumentKind::kTopic, kTopic, &topic);
  const auto after = index.documents(kCluster).topics[0];
  EXPECT_EQ(after->topic, before);
  EXPECT_EQ(after->resource_version, "2");
  EXPECT_TRUE(after->ready);
  topic["metadata"]["generation"] = 2;
  topic["spec"]["queuesPerBroker"] = 4;
  index.update(DocumentKind::kTopic, kTopic, &topic);
  EXPECT_EQ(index.documents(kCluster).topics[0]->topic->spec.settings.read_queues, 4);
}

TEST(DocumentIndexTest, ADocumentThatIsMadeAgainForAnotherClusterConcernsBoth) {
  DocumentIndex index;
  const k8s::Json first = topic_object("orders", "demo");
  k8s::Json second = topic_object("orders", "other");
  second["metadata"]["uid"] = "another";
  index.update(DocumentKind::kTopic, kTopic, &first);
  EXPECT_THAT(index.update(DocumentKind::kTopic, kTopic, &second),
              ElementsAre(kCluster, k8s::ObjectKey{"ns", "other"}));
  EXPECT_TRUE(index.documents(kCluster).empty());
  EXPECT_THAT(index.update(DocumentKind::kTopic, kTopic, nullptr),
              ElementsAre(k8s::ObjectKey{"ns", "other"}));
  EXPECT_TRUE(index.documents({"ns", "other"}).empty());
  EXPECT_THAT(index.update(DocumentKind::kTopic, kTopic, nullptr), IsEmpty());
}

TEST(DocumentIndexTest, WhatCannotBeReadSaysWhy) {
  DocumentIndex index;
  k8s::Json topic = topic_object("orders", "demo");
  topic["spec"]["queuesPerBroker"] = "many";
  index.update(DocumentKind::kTopic, kTopic, &topic);
  const auto document = index.documents(kCluster).topics[0];
  EXPECT_EQ(document->topic, nullptr);
  EXPECT_THAT(document->problem, ::testing::HasSubstr("queuesPerBroker"));
}

TEST(DocumentIndexTest, CountsFollowWhatTheStatusSays) {
  DocumentIndex index;
  k8s::Json topic = topic_object("orders", "demo");
  const auto ready_topics = [&index](bool ready) {
    for (const ObjectCount& count : index.counts()) {
      if (count.kind == "PetrelTopic" && count.ready == ready) {
        return count.count;
      }
    }
    return int64_t{-1};
  };
  index.update(DocumentKind::kTopic, kTopic, &topic);
  EXPECT_EQ(ready_topics(false), 1);
  topic["status"] = {{"conditions", {{{"type", "Ready"}, {"status", "True"}}}}};
  index.update(DocumentKind::kTopic, kTopic, &topic);
  EXPECT_EQ(ready_topics(false), 0);
  EXPECT_EQ(ready_topics(true), 1);
  index.update(DocumentKind::kTopic, kTopic, nullptr);
  EXPECT_EQ(ready_topics(true), 0);
}

}  // namespace
}  // namespace petrel::ops
