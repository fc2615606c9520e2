// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/control/controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "common/concat.h"
#include "operator/control/testing/documents.h"
#include "operator/control/testing/simulated_clusters.h"
#include "operator/kubernetes/testing/fake_api_server.h"
#include "operator/kubernetes/transport.h"

namespace petrel::ops {
namespace {

using k8s::Json;
using k8s::ObjectKey;
using k8s::testing::FakeApiServer;
using testing::cluster_object;
using testing::group_object;
using testing::SimulatedClusters;
using testing::topic_object;

const ObjectKey kDemo{"ns", "demo"};
const MemberId kBroker0{Role::kBroker, 0};
const MemberId kBroker1{Role::kBroker, 1};

const k8s::ResourceType& topics() { return type_of(DocumentKind::kTopic); }
const k8s::ResourceType& groups() { return type_of(DocumentKind::kGroup); }
const k8s::ResourceType& clusters() { return type_of(DocumentKind::kCluster); }

// One process of the operator, without leader election.
class Replica {
 public:
  Replica(FakeApiServer& server, SimulatedClusters& world, std::atomic<int64_t>& actions_left)
      : transport_(*k8s::make_http_transport(client_config(server), {}, clock_)),
        api_(*transport_, clock_, {.field_manager = "petrel-operator"}),
        events_(api_, clock_, {.controller = "petrel.io/operator", .instance = "test"}),
        operator_metrics_(metrics_),
        caches_(api_, clock_, {}),
        controller_(api_, clock_, caches_, events_, operator_metrics_, world.factory(),
                    {.workers = 2}) {
    caches_.start();
    events_.start();
    controller_.start([&actions_left] { return actions_left-- > 0; });
  }
  ~Replica() {
    controller_.stop();
    caches_.stop();
    events_.stop();
  }

 private:
  static k8s::ClientConfig client_config(const FakeApiServer& server) {
    k8s::ClientConfig config;
    config.server = server.url();
    return config;
  }

  const k8s::SystemWaitableClock clock_;
  const std::unique_ptr<k8s::Transport> transport_;
  k8s::ApiClient api_;
  k8s::EventRecorder events_;
  MetricRegistry metrics_;
  OperatorMetrics operator_metrics_;
  Caches caches_;
  Controller controller_;
};

class ControllerTest : public ::testing::Test {
 protected:
  ControllerTest() {
    for (const DocumentKind kind : kDocumentKinds) {
      server_.serve(type_of(kind));
    }
  }

  void put(const k8s::ResourceType& type, Json object) {
    object["metadata"].erase("uid");
    object["metadata"].erase("resourceVersion");
    server_.put(type, std::move(object));
  }

  std::unique_ptr<Replica> start() {
    return std::make_unique<Replica>(server_, world_, actions_left_);
  }

  std::string reason(const k8s::ResourceType& type, const std::string& name) {
    const auto object = server_.find(type, {"ns", name});
    return object == nullptr ? "" : condition_reason(*object, "Ready");
  }
  bool ready(const k8s::ResourceType& type, const std::string& name) {
    const auto object = server_.find(type, {"ns", name});
    if (object == nullptr) {
      return false;
    }
    for (const Json& condition : object->value("/status/conditions"_json_pointer, Json::array())) {
      if (condition.at("type") == "Ready") {
        return condition.at("status") == "True" &&
               condition.at("observedGeneration") == k8s::generation_of(*object);
      }
    }
    return false;
  }
  Json condition(const k8s::ResourceType& type, const std::string& name, const std::string& which) {
    const auto object = server_.find(type, {"ns", name});
    for (const Json& each : object->value("/status/conditions"_json_pointer, Json::array())) {
      if (each.at("type") == which) {
        return each;
      }
    }
    return Json::object();
  }
  bool all_ready() {
    for (const k8s::ResourceType* type : {&clusters(), &topics(), &groups()}) {
      for (const auto& object : server_.all(*type)) {
        if (!ready(*type, k8s::key_of(*object).name)) {
          return false;
        }
      }
    }
    return true;
  }

  // Makes the operator look at the cluster again, twice.
  void make_rounds() {
    for (int i = 0; i < 2; ++i) {
      const int64_t before = world_.observations();
      server_.edit(clusters(), kDemo, {{"metadata", {{"labels", {{"round", concat(before)}}}}}});
      while (world_.observations() == before) {
        std::this_thread::yield();
      }
    }
  }

  FakeApiServer server_;
  SimulatedClusters world_;
  std::atomic<int64_t> actions_left_{1'000'000};
};

TEST_F(ControllerTest, ConvergedMeansNoWriteToTheApiAndNoneToBrokers) {
  put(clusters(), cluster_object("demo", 2));
  for (int i = 0; i < 20; ++i) {
    put(topics(), topic_object(concat("topic-", i), "demo", i % 2 == 0 ? "Retain" : "Delete"));
    put(groups(), group_object(concat("group-", i), "demo"));
  }
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return all_ready(); }));
  make_rounds();
  server_.clear_requests();
  const int64_t changes = world_.content_changes() + world_.member_changes();
  make_rounds();
  EXPECT_EQ(server_.writes(), 0U);
  EXPECT_EQ(world_.content_changes() + world_.member_changes(), changes);
}

TEST_F(ControllerTest, ANewReplicaWritesNothingWhenAllIsDone) {
  put(clusters(), cluster_object("demo", 1));
  put(topics(), topic_object("orders", "demo", "Delete"));
  auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return all_ready(); }));
  make_rounds();
  replica.reset();
  server_.clear_requests();
  const int64_t changes = world_.content_changes() + world_.member_changes();
  replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return server_.watches() >= 8; }));
  make_rounds();
  EXPECT_EQ(server_.writes(), 0U);
  EXPECT_EQ(world_.content_changes() + world_.member_changes(), changes);
}

TEST_F(ControllerTest, ManyTopicsAreFewCalls) {
  put(clusters(), cluster_object("demo", 2));
  for (int i = 0; i < 500; ++i) {
    put(topics(), topic_object(concat("topic-", i), "demo"));
  }
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return all_ready(); }));
  EXPECT_EQ(world_.content(kDemo, kBroker1).topics.size(), 500U);
  EXPECT_LE(world_.content_changes(), 4);
  EXPECT_LE(server_.count("patch", "petreltopics"), 500U);
}

TEST_F(ControllerTest, DriftOnABrokerIsRepairedWhenItIsTold) {
  put(clusters(), cluster_object("demo", 1));
  put(topics(), topic_object("orders", "demo"));
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return all_ready(); }));
  server_.clear_requests();
  world_.change(kDemo, kBroker0, [](BrokerContent& content) { content.topics.clear(); });
  while (!world_.has_topic(kDemo, kBroker0, "orders")) {
    std::this_thread::yield();
  }
  make_rounds();
  EXPECT_EQ(server_.writes(), 0U);
}

TEST_F(ControllerTest, ATopicIsDeletedOnItsBrokersBeforeItsDocumentGoes) {
  put(clusters(), cluster_object("demo", 2));
  put(topics(), topic_object("orders", "demo", "Delete"));
  put(topics(), topic_object("kept", "demo", "Retain"));
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return all_ready(); }));
  EXPECT_TRUE(k8s::has_finalizer(*server_.find(topics(), {"ns", "orders"}), kFinalizer));
  EXPECT_FALSE(k8s::has_finalizer(*server_.find(topics(), {"ns", "kept"}), kFinalizer));
  server_.erase(topics(), {"ns", "orders"});
  server_.erase(topics(), {"ns", "kept"});
  ASSERT_TRUE(server_.wait_for([this] { return server_.all(topics()).empty(); }));
  EXPECT_FALSE(world_.has_topic(kDemo, kBroker0, "orders"));
  EXPECT_FALSE(world_.has_topic(kDemo, kBroker1, "orders"));
  EXPECT_TRUE(world_.has_topic(kDemo, kBroker0, "kept"));
}

TEST_F(ControllerTest, NothingIsDoneOnABrokerAboutATopicThatCouldNotGetItsFinalizer) {
  put(clusters(), cluster_object("demo"));
  put(topics(), topic_object("kept", "demo", "Retain"));
  put(topics(), topic_object("orders", "demo", "Delete"));
  server_.inject({.verb = "patch", .resource = "petreltopics", .code = 403, .times = -1});
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return world_.has_topic(kDemo, kBroker0, "kept"); }));
  EXPECT_FALSE(world_.has_topic(kDemo, kBroker0, "orders"));
  server_.clear_faults();
  ASSERT_TRUE(server_.wait_for([this] { return world_.has_topic(kDemo, kBroker0, "orders"); }));
  EXPECT_TRUE(k8s::has_finalizer(*server_.find(topics(), {"ns", "orders"}), kFinalizer));
}

TEST_F(ControllerTest, AFinalizerGoesWhenThePolicyNoLongerNeedsIt) {
  put(clusters(), cluster_object("demo"));
  put(topics(), topic_object("orders", "demo", "Delete"));
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return all_ready(); }));
  server_.edit(topics(), {"ns", "orders"},
               {{"spec", {{"deletionPolicy", "Retain"}}}, {"metadata", {{"generation", 2}}}});
  EXPECT_TRUE(server_.wait_for([this] {
    return !k8s::has_finalizer(*server_.find(topics(), {"ns", "orders"}), kFinalizer);
  }));
}

TEST_F(ControllerTest, DeletedDocumentsGoWhenTheirClusterIsGone) {
  put(clusters(), cluster_object("demo"));
  put(topics(), topic_object("orders", "demo", "Delete"));
  put(groups(), group_object("readers", "demo", "Delete"));
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return all_ready(); }));
  world_.set_reachable(false);
  server_.erase(topics(), {"ns", "orders"});
  server_.erase(clusters(), kDemo);
  server_.erase(groups(), {"ns", "readers"});
  EXPECT_TRUE(server_.wait_for(
      [this] { return server_.all(topics()).empty() && server_.all(groups()).empty(); }));
}

TEST_F(ControllerTest, ADeletedDocumentThatCannotBeReadAnyMoreGoesAndItsTopicStays) {
  put(clusters(), cluster_object("demo"));
  put(topics(), topic_object("orders", "demo", "Delete"));
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return all_ready(); }));
  world_.set_reachable(false);
  server_.erase(topics(), {"ns", "orders"});
  make_rounds();
  ASSERT_EQ(server_.all(topics()).size(), 1U) << "it waits for the broker";
  server_.edit(topics(), {"ns", "orders"},
               {{"spec", {{"queuesPerBroker", "many"}}}, {"metadata", {{"generation", 2}}}});
  EXPECT_TRUE(server_.wait_for([this] { return server_.all(topics()).empty(); }));
  EXPECT_TRUE(world_.has_topic(kDemo, kBroker0, "orders"));
  EXPECT_TRUE(server_.wait_for([this] { return !server_.all(k8s::kEvents).empty(); }));
}

TEST_F(ControllerTest, ATopicOfAClusterThatCannotBeReadSaysSo) {
  Json cluster = cluster_object("demo");
  cluster["spec"]["brokerGroups"]["replicas"] = "many";
  put(clusters(), cluster);
  put(topics(), topic_object("orders", "demo"));
  const auto replica = start();
  EXPECT_TRUE(server_.wait_for([this] { return reason(topics(), "orders") == "ClusterInvalid"; }));
}

TEST_F(ControllerTest, ADeletionWaitsForABrokerThatDoesNotAnswer) {
  put(clusters(), cluster_object("demo"));
  put(topics(), topic_object("orders", "demo", "Delete"));
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return all_ready(); }));
  world_.set_reachable(false);
  server_.erase(topics(), {"ns", "orders"});
  make_rounds();
  EXPECT_NE(server_.find(topics(), {"ns", "orders"}), nullptr);
  world_.set_reachable(true);
  world_.change(kDemo, kBroker0, [](BrokerContent&) {});
  EXPECT_TRUE(server_.wait_for([this] { return server_.all(topics()).empty(); }));
  EXPECT_FALSE(world_.has_topic(kDemo, kBroker0, "orders"));
}

TEST_F(ControllerTest, ABrokerThatIsSilentForAMomentChangesNoStatus) {
  put(clusters(), cluster_object("demo", 2));
  for (int i = 0; i < 10; ++i) {
    put(topics(), topic_object(concat("topic-", i), "demo"));
  }
  auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return all_ready(); }));
  make_rounds();
  server_.clear_requests();
  world_.set_reachable(false);
  make_rounds();
  replica.reset();
  replica = start();  // an operator that starts knows no broker's content at first
  make_rounds();
  world_.set_reachable(true);
  make_rounds();
  EXPECT_EQ(server_.count("patch", "petreltopics"), 0U);
  world_.set_reachable(false);
  put(topics(), topic_object("new", "demo"));
  EXPECT_TRUE(server_.wait_for([this] { return reason(topics(), "new") == "BrokerNotAnswering"; }));
}

TEST_F(ControllerTest, StatisticsOfManyTopicsAreFewWrites) {
  constexpr int kTopics = 200;
  put(clusters(), cluster_object("demo"));
  for (int i = 0; i < kTopics; ++i) {
    put(topics(), topic_object(concat("topic-", i), "demo"));
  }
  auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return all_ready(); }));
  make_rounds();
  replica.reset();
  world_.change(kDemo, kBroker0, [](BrokerContent& content) {
    for (auto& [name, topic] : content.topics) {
      topic.stats.messages = 7;
    }
  });
  server_.clear_requests();
  replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return server_.count("patch", "petreltopics") > 0; }));
  make_rounds();
  EXPECT_LE(server_.count("patch", "petreltopics"),
            static_cast<size_t>(ClusterReconciler::kStatsWritesMax) + 30);
}

TEST_F(ControllerTest, AReplicaThatDoesNotLeadAnyMoreWritesNothing) {
  put(clusters(), cluster_object("demo"));
  put(topics(), topic_object("orders", "demo", "Delete"));
  actions_left_ = 0;
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return actions_left_ < 0; }));
  server_.clear_requests();
  make_rounds();
  make_rounds();
  EXPECT_EQ(server_.writes(), 0U);
  EXPECT_EQ(reason(clusters(), "demo"), "");
}

TEST_F(ControllerTest, ATopicOfNoClusterSaysSo) {
  put(topics(), topic_object("orders", "demo"));
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return reason(topics(), "orders") == "ClusterNotFound"; }));
  put(clusters(), cluster_object("demo"));
  EXPECT_TRUE(server_.wait_for([this] { return all_ready(); }));
}

TEST_F(ControllerTest, TheYoungerOfTwoDocumentsForOneNameIsToldOfTheConflict) {
  put(clusters(), cluster_object("demo"));
  Json older = topic_object("older", "demo");
  older["spec"]["name"] = "orders";
  Json younger = topic_object("younger", "demo");
  younger["spec"]["name"] = "orders";
  younger["metadata"]["creationTimestamp"] = "2026-11-21T16:00:00Z";
  put(topics(), older);
  put(topics(), younger);
  const auto replica = start();
  EXPECT_TRUE(server_.wait_for(
      [this] { return ready(topics(), "older") && reason(topics(), "younger") == "Conflict"; }));
  EXPECT_TRUE(server_.wait_for([this] { return !server_.all(k8s::kEvents).empty(); }));
}

TEST_F(ControllerTest, OneTopicThatABrokerRefusesHoldsUpNoOther) {
  put(clusters(), cluster_object("demo"));
  for (int i = 0; i < 20; ++i) {
    put(topics(), topic_object(concat("topic-", i), "demo"));
  }
  world_.refuse("topic-7");
  const auto replica = start();
  EXPECT_TRUE(server_.wait_for([this] {
    return ready(topics(), "topic-6") && ready(topics(), "topic-8") &&
           reason(topics(), "topic-7") == "Refused";
  }));
  world_.refuse("");
  EXPECT_TRUE(server_.wait_for([this] { return all_ready(); }));
}

TEST_F(ControllerTest, ATopicTellsWhyItIsNotApplied) {
  put(clusters(), cluster_object("demo"));
  put(topics(), topic_object("orders", "demo"));
  world_.refuse("orders", absl::StatusCode::kUnavailable);
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return reason(topics(), "orders") == "Failing"; }));
  EXPECT_EQ(condition(topics(), "orders", "Ready").at("message"),
            "topic orders is not to my liking");
  world_.refuse("");
  EXPECT_TRUE(server_.wait_for([this] { return all_ready(); }));
}

// Progressing=True would say that something is under way, and since when.
TEST_F(ControllerTest, WhatIsTriedAndFailsIsNotProgress) {
  put(clusters(), cluster_object("demo"));
  world_.fail_starts(absl::ResourceExhaustedError("exceeded quota"));
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return !reason(clusters(), "demo").empty(); }));
  const Json failing = condition(clusters(), "demo", "Progressing");
  EXPECT_EQ(failing.at("status"), "False");
  EXPECT_EQ(failing.at("reason"), "Failing");
  EXPECT_NE(
      failing.at("message").get<std::string>().find("cannot start nameserver-0: exceeded quota"),
      std::string::npos)
      << failing;
  make_rounds();
  EXPECT_EQ(condition(clusters(), "demo", "Progressing"), failing) << "since its first failure";
  world_.fail_starts(absl::OkStatus());
  EXPECT_TRUE(server_.wait_for([this] { return all_ready(); }));
  EXPECT_EQ(condition(clusters(), "demo", "Progressing").at("reason"), "Settled");
}

TEST_F(ControllerTest, WhatOnlyAnAttemptShowsStandsInTheFirstStatus) {
  put(clusters(), cluster_object("demo"));
  world_.take_names();
  const auto replica = start();
  ASSERT_TRUE(server_.wait_for([this] { return !reason(clusters(), "demo").empty(); }));
  EXPECT_EQ(reason(clusters(), "demo"), "NameTaken");
  EXPECT_EQ(condition_reason(*server_.find(clusters(), kDemo), "Accepted"), "NameTaken");
  EXPECT_TRUE(server_.wait_for([this] { return !server_.all(k8s::kEvents).empty(); }));
}

TEST_F(ControllerTest, AStatusThatCouldNotBeWrittenIsWrittenLater) {
  put(clusters(), cluster_object("demo"));
  put(topics(), topic_object("orders", "demo"));
  server_.inject({.verb = "patch", .resource = "petreltopics", .code = 403, .times = 1});
  const auto replica = start();
  EXPECT_TRUE(server_.wait_for([this] { return all_ready(); }));
  EXPECT_EQ(server_.faults_met(), 1);
}

TEST_F(ControllerTest, AnOperatorThatDiesBeforeAnyActionIsReplacedByOneThatGoesOn) {
  for (int64_t actions = 0; actions < 12; ++actions) {
    const std::string name = concat("demo-", actions);
    put(clusters(), cluster_object(name, 2));
    put(topics(), topic_object(concat("orders-", actions), name, "Delete"));
    put(groups(), group_object(concat("readers-", actions), name));
    actions_left_ = actions;
    {
      const auto replica = start();
      ASSERT_TRUE(server_.wait_for([this] { return actions_left_ < 0 || all_ready(); }));
    }
    actions_left_ = 1'000'000;
    const auto replica = start();
    ASSERT_TRUE(server_.wait_for([this] { return all_ready(); })) << actions;
  }
}

}  // namespace
}  // namespace petrel::ops
