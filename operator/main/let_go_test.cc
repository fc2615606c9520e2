// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/main/let_go.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "operator/control/document_index.h"
#include "operator/kubernetes/testing/fake_api_server.h"
#include "operator/kubernetes/testing/test_client.h"

namespace petrel::ops {
namespace {

using k8s::Json;

class LetGo : public testing::Test {
 protected:
  LetGo() {
    for (const DocumentKind kind : kDocumentKinds) {
      server_.serve(type_of(kind));
    }
  }

  void put(DocumentKind kind, const std::string& resource_namespace, const std::string& name,
           std::vector<std::string> finalizers) {
    server_.put(type_of(kind), {{"apiVersion", "petrel.io/v1alpha1"},
                                {"kind", type_of(kind).kind},
                                {"metadata",
                                 {{"name", name},
                                  {"namespace", resource_namespace},
                                  {"finalizers", std::move(finalizers)}}}});
  }
  Json finalizers(DocumentKind kind, const std::string& resource_namespace,
                  const std::string& name) {
    return server_.find(type_of(kind), {resource_namespace, name})
        ->at("metadata")
        .value("finalizers", Json::array());
  }

  k8s::testing::FakeApiServer server_;
};

TEST_F(LetGo, RemovesOurFinalizerAndNoOther) {
  k8s::testing::TestClient client(server_);
  put(DocumentKind::kTopic, "a", "ours", {kFinalizer});
  put(DocumentKind::kTopic, "b", "both", {"x.example.com/y", kFinalizer});
  put(DocumentKind::kGroup, "b", "group", {kFinalizer});
  put(DocumentKind::kGroup, "b", "none", {});
  const auto count = let_go(client.api(), {});
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(*count, 3);
  EXPECT_EQ(finalizers(DocumentKind::kTopic, "a", "ours"), Json::array());
  EXPECT_EQ(finalizers(DocumentKind::kTopic, "b", "both"), Json({"x.example.com/y"}));
  EXPECT_EQ(finalizers(DocumentKind::kGroup, "b", "group"), Json::array());
  EXPECT_EQ(*let_go(client.api(), {}), 0);
}

TEST_F(LetGo, WhatIsBeingDeletedGoes) {
  k8s::testing::TestClient client(server_);
  put(DocumentKind::kTopic, "a", "t", {kFinalizer});
  server_.erase(type_of(DocumentKind::kTopic), {"a", "t"});
  ASSERT_NE(server_.find(type_of(DocumentKind::kTopic), {"a", "t"}), nullptr);
  EXPECT_EQ(*let_go(client.api(), {}), 1);
  EXPECT_EQ(server_.find(type_of(DocumentKind::kTopic), {"a", "t"}), nullptr);
}

TEST_F(LetGo, LeavesOtherNamespacesAlone) {
  k8s::testing::TestClient client(server_);
  put(DocumentKind::kTopic, "a", "t", {kFinalizer});
  put(DocumentKind::kTopic, "b", "t", {kFinalizer});
  EXPECT_EQ(*let_go(client.api(), {"a"}), 1);
  EXPECT_EQ(finalizers(DocumentKind::kTopic, "b", "t"), Json({kFinalizer}));
}

TEST(LetGoWithoutKinds, HasNothingToDo) {
  k8s::testing::FakeApiServer server;
  k8s::testing::TestClient client(server);
  EXPECT_EQ(*let_go(client.api(), {}), 0);
}

}  // namespace
}  // namespace petrel::ops
