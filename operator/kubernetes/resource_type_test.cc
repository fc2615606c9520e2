// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/resource_type.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petrel::k8s {
namespace {

TEST(ResourceTypeTest, PathsAreTheApis) {
  EXPECT_EQ(kPods.collection_path("ns"), "/api/v1/namespaces/ns/pods");
  EXPECT_EQ(kPods.collection_path(""), "/api/v1/pods");
  EXPECT_EQ(kNodes.collection_path("ignored"), "/api/v1/nodes");
  EXPECT_EQ(kLeases.object_path({"ns", "a"}),
            "/apis/coordination.k8s.io/v1/namespaces/ns/leases/a");
  EXPECT_EQ(kPods.object_path({"ns", "a"}, "status"), "/api/v1/namespaces/ns/pods/a/status");
  EXPECT_EQ(kNodes.object_path({"", "n/../x"}), "/api/v1/nodes/n%2F..%2Fx");
}

TEST(ResourceTypeTest, NamesForPeople) {
  EXPECT_EQ(kPods.str(), "pods");
  EXPECT_EQ(kLeases.str(), "leases.coordination.k8s.io");
  EXPECT_EQ(kLeases.api_version(), "coordination.k8s.io/v1");
}

TEST(ObjectKeyTest, TextAndBack) {
  EXPECT_EQ((ObjectKey{"ns", "a"}).str(), "ns/a");
  EXPECT_EQ((ObjectKey{"", "a"}).str(), "a");
  EXPECT_EQ(ObjectKey::parse("ns/a"), (ObjectKey{"ns", "a"}));
  EXPECT_EQ(ObjectKey::parse("a"), (ObjectKey{"", "a"}));
  EXPECT_LT((ObjectKey{"a", "z"}), (ObjectKey{"b", "a"}));
}

TEST(ResourceTypeTest, MetadataIsRead) {
  const Json object = {{"metadata",
                        {{"namespace", "ns"},
                         {"name", "a"},
                         {"uid", "u"},
                         {"resourceVersion", "12"},
                         {"generation", 9007199254740993},
                         {"deletionTimestamp", "2026-01-01T00:00:00Z"},
                         {"labels", {{"app", "x"}}},
                         {"annotations", {{"note", "y"}}},
                         {"finalizers", {"one", "two"}}}}};
  EXPECT_EQ(key_of(object), (ObjectKey{"ns", "a"}));
  EXPECT_EQ(uid_of(object), "u");
  EXPECT_EQ(resource_version_of(object), "12");
  EXPECT_EQ(generation_of(object), 9007199254740993);
  EXPECT_TRUE(is_deleting(object));
  EXPECT_EQ(label_of(object, "app"), "x");
  EXPECT_EQ(annotation_of(object, "note"), "y");
  EXPECT_EQ(annotation_of(object, "other"), "");
  EXPECT_TRUE(has_finalizer(object, "two"));
  EXPECT_FALSE(has_finalizer(object, "three"));
}

TEST(ResourceTypeTest, ObjectsOfOddShapesHaveNothing) {
  for (const Json& object :
       {Json(), Json(3), Json::array({1}), Json{{"metadata", nullptr}}, Json{{"metadata", "x"}},
        Json{{"metadata",
              {{"name", 1},
               {"namespace", nullptr},
               {"generation", "1"},
               {"deletionTimestamp", nullptr},
               {"labels", nullptr},
               {"finalizers", nullptr}}}}}) {
    EXPECT_EQ(key_of(object), ObjectKey());
    EXPECT_EQ(generation_of(object), 0);
    EXPECT_FALSE(is_deleting(object));
    EXPECT_EQ(label_of(object, "app"), "");
    EXPECT_FALSE(has_finalizer(object, "one"));
  }
}

TEST(ResourceTypeTest, EverythingButUnreservedCharactersIsEncoded) {
  EXPECT_EQ(percent_encode("a-b.c_d~1"), "a-b.c_d~1");
  EXPECT_EQ(percent_encode("a=b,c in (d/e)"), "a%3Db%2Cc%20in%20%28d%2Fe%29");
  EXPECT_EQ(percent_encode("\xc3\xa4+&"), "%C3%A4%2B%26");
}

TEST(ResourceTypeTest, BadJsonIsAnErrorThatShowsIt) {
  EXPECT_TRUE(parse_json("{\"a\": 1}", "answer").ok());
  const auto bad = parse_json("<html>", "answer");
  EXPECT_EQ(bad.status().message(), "answer is not JSON: <html>");
}

}  // namespace
}  // namespace petrel::k8s
