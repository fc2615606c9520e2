// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/main/operator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "common/check.h"
#include "common/concat.h"
#include "common/file_util.h"
#include "common/temp_directory.h"
#include "operator/control/document_index.h"
#include "operator/kubernetes/testing/fake_api_server.h"

namespace petrel::ops {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class OperatorTest : public ::testing::Test {
 protected:
  OperatorTest() {
    const std::string kubeconfig = concat(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n"
        "clusters: [{name: test, cluster: {server: '",
        server_.url(),
        "'}}]\nusers: [{name: test, user: {}}]\n"
        "contexts: [{name: test, context: {cluster: test, user: test}}]\n");
    config_.kubeconfig = directory_.path() + "/kubeconfig";
    PETREL_CHECK_OK(write_file_atomic(config_.kubeconfig, kubeconfig, 0600));
    config_.http.host = "127.0.0.1";
    config_.http.port = 0;
    config_.pod_namespace = "petrel-system";
  }

  void serve_kinds() {
    for (const DocumentKind kind : kDocumentKinds) {
      server_.serve(type_of(kind));
    }
  }

  std::unique_ptr<Operator> start(const std::string& pod) {
    config_.pod_name = pod;
    auto started = Operator::start(config_, [] { ADD_FAILURE() << "leadership was lost"; });
    EXPECT_TRUE(started.ok()) << started.status();
    return *std::move(started);
  }

  static int code(const Operator& replica, const char* path) {
    const httplib::Result result = httplib::Client("127.0.0.1", replica.http_port()).Get(path);
    return result ? result->status : 0;
  }

  std::string leader() {
    const auto lease = server_.find(k8s::kLeases, {"petrel-system", "petrel-operator"});
    return lease == nullptr ? "" : lease->value("/spec/holderIdentity"_json_pointer, "");
  }

  k8s::testing::FakeApiServer server_;
  TempDirectory directory_;
  OperatorConfig config_;
};

TEST_F(OperatorTest, TheReplicaThatWaitsIsReadyAndTakesOverWhenTheLeaderLeaves) {
  serve_kinds();
  auto first = start("first");
  ASSERT_TRUE(server_.wait_for([this] { return leader().starts_with("first_"); }));
  const auto second = start("second");
  ASSERT_TRUE(server_.wait_for(
      [&] { return code(*first, "/readyz") == 200 && code(*second, "/readyz") == 200; }));
  EXPECT_EQ(code(*second, "/healthz"), 200);
  EXPECT_THAT(leader(), StartsWith("first_"));
  first.reset();
  EXPECT_TRUE(server_.wait_for([this] { return leader().starts_with("second_"); }));
}

TEST_F(OperatorTest, ItWaitsForTheDefinitionsOfItsKinds) {
  const auto replica = start("first");
  ASSERT_TRUE(server_.wait_for([this] { return !server_.requests().empty(); }));
  EXPECT_EQ(code(*replica, "/readyz"), 503);
  EXPECT_EQ(code(*replica, "/healthz"), 200);
  serve_kinds();
  EXPECT_TRUE(server_.wait_for([&] { return code(*replica, "/readyz") == 200; }));
}

TEST_F(OperatorTest, MetricsTellWhoLeads) {
  serve_kinds();
  const auto replica = start("first");
  std::string metrics;
  // It leads before the answer to its first list is counted.
  ASSERT_TRUE(server_.wait_for([&] {
    metrics = httplib::Client("127.0.0.1", replica->http_port()).Get("/metrics")->body;
    return metrics.find("petrel_operator_leader 1") != std::string::npos &&
           metrics.find("petrel_operator_api_requests_total{verb=\"list\"") != std::string::npos;
  }));
  EXPECT_THAT(metrics, HasSubstr("petrel_operator_reconciles_total{result=\"failed\"} 0"));
  EXPECT_THAT(metrics, HasSubstr("petrel_operator_objects{kind=\"PetrelTopic\",ready=\"true\"} 0"));
}

}  // namespace
}  // namespace petrel::ops
