// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/testing/fake_api_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "operator/kubernetes/errors.h"
#include "operator/kubernetes/testing/test_client.h"

// The fake server through the real client: what both take from the API's rules.

namespace petrel::k8s::testing {
namespace {

using Fault = FakeApiServer::Fault;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json config_map(const std::string& name, const std::string& value = "1") {
  return Json{{"apiVersion", "v1"},
              {"kind", "ConfigMap"},
              {"metadata", {{"namespace", "ns"}, {"name", name}}},
              {"data", {{"x", value}}}};
}

class FakeApiServerTest : public ::testing::Test {
 protected:
  ApiClient& api() { return client_.api(); }
  std::string value() const { return (*server_.find(kConfigMaps, key_))["data"]["x"]; }

  const ObjectKey key_{"ns", "a"};
  FakeApiServer server_;
  TestClient client_{server_};
};

// Rule 7: writes and their conflicts.

TEST_F(FakeApiServerTest, AConflictIsNotAnAlreadyExists) {
  const auto created = api().create(kConfigMaps, config_map("a"));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(api().create(kConfigMaps, config_map("a")).status().code(),
            absl::StatusCode::kAlreadyExists);
  server_.edit(kConfigMaps, key_, {{"data", {{"x", "2"}}}});
  EXPECT_EQ(api().replace(kConfigMaps, *created).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(value(), "2");
}

TEST_F(FakeApiServerTest, ADeleteMayNameTheObjectThatItMeans) {
  server_.put(kConfigMaps, config_map("a"));
  ApiClient::DeleteOptions options;
  options.uid = "another";
  EXPECT_EQ(api().remove(kConfigMaps, key_, options).code(), absl::StatusCode::kAborted);
  options.uid = uid_of(*server_.find(kConfigMaps, key_));
  EXPECT_TRUE(api().remove(kConfigMaps, key_, options).ok());
  EXPECT_EQ(api().remove(kConfigMaps, key_).code(), absl::StatusCode::kNotFound);
}

// Rule 8: server-side apply.

TEST_F(FakeApiServerTest, ApplyIsTheWholeIntentOfOneManager) {
  ASSERT_TRUE(api().apply(kConfigMaps, config_map("a")).ok());
  Json other = config_map("a");
  other["data"] = {{"y", "2"}};
  ApiClient::ApplyOptions options;
  options.field_manager = "other";
  options.force = false;
  ASSERT_TRUE(api().apply(kConfigMaps, other, options).ok());
  other["data"]["x"] = "taken";
  EXPECT_EQ(api().apply(kConfigMaps, other, options).status().code(), absl::StatusCode::kAborted);
  options.force = true;
  ASSERT_TRUE(api().apply(kConfigMaps, other, options).ok());
  EXPECT_EQ(value(), "taken");
}

TEST_F(FakeApiServerTest, ApplyOfTheSameIntentIsNoChange) {
  ASSERT_TRUE(api().apply(kConfigMaps, config_map("a")).ok());
  const std::string version = server_.resource_version();
  ASSERT_TRUE(api().apply(kConfigMaps, config_map("a")).ok());
  EXPECT_EQ(server_.resource_version(), version);
}

// Rule 9: status.

TEST_F(FakeApiServerTest, StatusIsWrittenApart) {
  server_.put(kConfigMaps, config_map("a"));
  Json status = config_map("a", "not part of a status");
  status["status"] = {{"phase", "Good"}};
  ApiClient::ApplyOptions options;
  options.subresource = "status";
  const auto applied = api().apply(kConfigMaps, status, options);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ((*applied)["status"]["phase"], "Good");
  EXPECT_EQ(value(), "1");
  EXPECT_EQ(generation_of(*applied), 1);
}

// Rule 10: finalizers.

TEST_F(FakeApiServerTest, AFinalizerIsTakenOffUnderATest) {
  Json object = config_map("a");
  object["metadata"]["finalizers"] = {"x/y"};
  server_.put(kConfigMaps, object);
  ASSERT_TRUE(api().remove(kConfigMaps, key_).ok());
  ASSERT_TRUE(is_deleting(*server_.find(kConfigMaps, key_)));
  const auto patch = [&](const std::string& expected) {
    return api()
        .json_patch(
            kConfigMaps, key_,
            Json::array({{{"op", "test"}, {"path", "/metadata/finalizers/0"}, {"value", expected}},
                         {{"op", "remove"}, {"path", "/metadata/finalizers/0"}}}))
        .status();
  };
  EXPECT_EQ(patch("another").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(patch("x/y").ok());
  EXPECT_EQ(server_.find(kConfigMaps, key_), nullptr);
}

// Faults.

TEST_F(FakeApiServerTest, FaultsMeetTheRequestsThatTheyAreFor) {
  server_.inject({.verb = "create", .resource = "configmaps", .code = 503, .skip = 1, .times = 2});
  std::vector<bool> results;
  for (const char* name : {"a", "b", "c", "d"}) {
    results.push_back(api().create(kConfigMaps, config_map(name)).ok());
  }
  EXPECT_THAT(results, ElementsAre(true, false, false, true));
  EXPECT_EQ(server_.faults_met(), 2);
}

TEST_F(FakeApiServerTest, ALostAnswerLeavesTheWorkDone) {
  server_.inject({.kind = Fault::Kind::kLost, .verb = "create"});
  EXPECT_EQ(api().create(kConfigMaps, config_map("a")).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_NE(server_.find(kConfigMaps, key_), nullptr);
}

TEST_F(FakeApiServerTest, ASilentServerMeetsTheDeadline) {
  TestClient impatient(server_, /*deadline_ms=*/100);
  server_.inject({.kind = Fault::Kind::kSilence, .verb = "get"});
  EXPECT_EQ(impatient.api().get(kConfigMaps, key_).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(FakeApiServerTest, AnExpiredTokenIsUnauthenticated) {
  server_.set_token("new");
  EXPECT_EQ(api().get(kConfigMaps, key_).status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(FakeApiServerTest, RetryAfterIsTold) {
  server_.inject({.verb = "get", .code = 429, .retry_after_s = 3});
  const absl::Status status = api().get(kConfigMaps, key_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(retry_after_ms(status), 3'000);
}

TEST_F(FakeApiServerTest, ARestartKeepsTheStore) {
  server_.put(kConfigMaps, config_map("a"));
  server_.restart();
  TestClient again(server_, 10'000, /*attempts_max=*/3);
  EXPECT_TRUE(again.api().get(kConfigMaps, key_).ok());
}

TEST_F(FakeApiServerTest, AdmissionMayDefaultAndRefuse) {
  server_.set_admission(kConfigMaps, [](Json& object, const Json*) {
    object["data"]["defaulted"] = "yes";
    return object["data"]["x"] == "bad" ? absl::InvalidArgumentError("x is bad") : absl::OkStatus();
  });
  const auto created = api().create(kConfigMaps, config_map("a"));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ((*created)["data"]["defaulted"], "yes");
  const absl::Status refused = api().create(kConfigMaps, config_map("b", "bad")).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(refused.ToString(), HasSubstr("x is bad"));
}

// What clients did.

TEST_F(FakeApiServerTest, OnlyWritesCountAsWrites) {
  ASSERT_TRUE(api().apply(kConfigMaps, config_map("a")).ok());
  ASSERT_TRUE(api().get(kConfigMaps, key_).ok());
  ASSERT_TRUE(api().list(kConfigMaps, {}, [](Json) {}).ok());
  ASSERT_TRUE(api()
                  .create(kLeases, {{"apiVersion", "coordination.k8s.io/v1"},
                                    {"kind", "Lease"},
                                    {"metadata", {{"namespace", "ns"}, {"name", "l"}}}})
                  .ok());
  EXPECT_EQ(server_.writes(), 1u);
  EXPECT_EQ(server_.count("apply", "configmaps"), 1u);
  EXPECT_EQ(server_.count("create", "leases"), 1u);
  const FakeApiServer::Request apply = server_.requests().at(0);
  EXPECT_EQ(apply.field_manager, "tester");
  EXPECT_EQ(apply.key, key_);
  EXPECT_EQ(apply.code, 201);
  EXPECT_THAT(apply.user_agent, HasSubstr("tester/1"));
}

TEST_F(FakeApiServerTest, GroupsAndResourcesAreDiscovered) {
  const auto groups = api().get_path("/apis");
  ASSERT_TRUE(groups.ok()) << groups.status();
  EXPECT_THAT(groups->dump(), HasSubstr("coordination.k8s.io"));
  EXPECT_THAT(api().get_path("/api/v1")->dump(), HasSubstr("\"pods\""));
  EXPECT_TRUE(api().get_path("/apis/policy/v1").ok());
  EXPECT_EQ(api().get_path("/apis/unknown.io/v1").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ((*api().get_path("/version"))["major"], "1");
}

}  // namespace
}  // namespace petrel::k8s::testing
