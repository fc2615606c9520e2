// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// The client against a real API server, the one that $KUBECONFIG names, as somebody who may do
// everything. Makes and removes namespaces and a CustomResourceDefinition of its own. What must be
// so of the server: it has a controller manager, and it compacts its history often
// (--etcd-compaction-interval=5s) for the test of expired continue tokens.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "common/concat.h"
#include "common/status.h"
#include "operator/kubernetes/api_client.h"
#include "operator/kubernetes/config.h"
#include "operator/kubernetes/errors.h"
#include "operator/kubernetes/transport.h"

namespace petrel::k8s {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const ResourceType kWidgets{"conformance.petrel.io", "v1", "widgets", "Widget"};

// The server compacts what is older than one or two of its intervals.
constexpr int kCompactionSecondsMax = 120;
// The garbage collector learns of new kinds every 30 s, and waits for all of them.
constexpr int kWaitSeconds = 150;

Json widget_definition() {
  return Json::parse(R"({
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.conformance.petrel.io"},
    "spec": {
      "group": "conformance.petrel.io", "scope": "Namespaced",
      "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
      "versions": [{
        "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": {
          "type": "object",
          "properties": {
            "spec": {
              "type": "object",
              "properties": {"size": {"type": "integer", "format": "int64"}, "text": {"type": "string"}},
              "x-kubernetes-validations": [{"rule": "!has(self.size) || self.size < 9007199254740995",
                                            "message": "too big"}]},
            "status": {"type": "object", "properties": {"seen": {"type": "integer", "format": "int64"}}}
          }}}}]}})");
}

// The server and what all tests need there; made by the first test, removed after the last.
class Lab : public ::testing::Environment {
 public:
  void TearDown() override {
    if (client == nullptr) {
      return;
    }
    EXPECT_TRUE(client->remove(kNamespaces, {"", name}).ok());
    EXPECT_TRUE(client->remove(kCustomResourceDefinitions, definition_).ok());
  }

  absl::Status prepared() {
    if (!prepared_) {
      prepared_ = prepare();
    }
    return *prepared_;
  }

  // Watches the object until it is as wanted; a deleted one is null.
  bool wait_until(const ResourceType& type, const ObjectKey& key,
                  const std::function<bool(const Json&)>& wanted) {
    CancelToken cancel;
    ApiClient::WatchOptions options;
    options.resource_namespace = key.resource_namespace;
    options.field_selector = concat("metadata.name=", key.name);
    options.timeout_s = kWaitSeconds;
    bool met = false;
    // Without a version the server tells first what there is.
    const absl::Status status = client->watch(
        type, options,
        [&](std::string_view event, const Json& object) {
          if (event != "BOOKMARK" && wanted(event == "DELETED" ? Json() : object)) {
            met = true;
            cancel.cancel();
          }
        },
        cancel);
    return met && absl::IsCancelled(status);
  }

  SystemClock clock;
  ClientConfig config;
  std::unique_ptr<Transport> transport;
  std::unique_ptr<ApiClient> client;
  std::string name;  // of the namespace

 private:
  absl::Status prepare() {
    std::signal(SIGPIPE, SIG_IGN);
    const char* kubeconfig = std::getenv("KUBECONFIG");
    if (kubeconfig == nullptr || *kubeconfig == '\0') {
      return absl::FailedPreconditionError("KUBECONFIG must name a cluster to test with");
    }
    PETREL_ASSIGN_OR_RETURN(config, load_default("", ""));
    PETREL_ASSIGN_OR_RETURN(
        transport, make_http_transport(config, {.user_agent = "petrel-conformance-test"}, clock));
    client = std::make_unique<ApiClient>(*transport, clock,
                                         ApiClient::Options{.field_manager = "conformance"});
    name = concat("conformance-", getpid());
    PETREL_RETURN_IF_ERROR(
        client
            ->create(kNamespaces,
                     {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}})
            .status());
    PETREL_RETURN_IF_ERROR(client->apply(kCustomResourceDefinitions, widget_definition()).status());
    const bool established =
        wait_until(kCustomResourceDefinitions, definition_, [](const Json& object) {
          return object.dump().find("\"type\":\"Established\"") != std::string::npos;
        });
    return established ? absl::OkStatus() : absl::UnavailableError("widgets are not established");
  }

  const ObjectKey definition_{"", "widgets.conformance.petrel.io"};
  std::optional<absl::Status> prepared_;
};

// Owned by GoogleTest.
Lab* const lab = static_cast<Lab*>(::testing::AddGlobalTestEnvironment(new Lab()));

class ConformanceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const absl::Status status = lab->prepared();
    ASSERT_TRUE(status.ok()) << status;
  }

  static ApiClient& client() { return *lab->client; }
  static ObjectKey key(const std::string& name) { return {lab->name, name}; }

  static Json config_map(const std::string& name, const Json& data = Json::object()) {
    return {{"apiVersion", "v1"},
            {"kind", "ConfigMap"},
            {"metadata", {{"namespace", lab->name}, {"name", name}}},
            {"data", data}};
  }
  static Json widget(const std::string& name, const Json& spec) {
    return {{"apiVersion", kWidgets.api_version()},
            {"kind", "Widget"},
            {"metadata", {{"namespace", lab->name}, {"name", name}}},
            {"spec", spec}};
  }
  static bool wait_until(const ResourceType& type, const ObjectKey& key,
                         const std::function<bool(const Json&)>& wanted) {
    return lab->wait_until(type, key, wanted);
  }
};

TEST_F(ConformanceTest, TheServerSaysItsVersion) {
  const auto version = client().get_path("/version");
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ((*version)["major"], "1");
  const auto resources = client().get_path("/apis/coordination.k8s.io/v1");
  ASSERT_TRUE(resources.ok()) << resources.status();
  EXPECT_EQ((*resources)["resources"][0]["kind"], "Lease");
  EXPECT_TRUE(absl::IsNotFound(client().get_path("/apis/no.such.group/v1").status()));
}

TEST_F(ConformanceTest, AnObjectIsCreatedReadAndDeleted) {
  const auto created = client().create(kConfigMaps, config_map("one", {{"a", "1"}}));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_NE(uid_of(*created), "");

  const auto again = client().create(kConfigMaps, config_map("one"));
  EXPECT_TRUE(absl::IsAlreadyExists(again.status())) << again.status();
  EXPECT_EQ(api_reason(again.status()), "AlreadyExists");

  const auto read = client().get(kConfigMaps, key("one"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, *created);

  EXPECT_TRUE(absl::IsAborted(client().remove(kConfigMaps, key("one"), {.uid = "another"})));
  EXPECT_TRUE(absl::IsAborted(client().remove(kConfigMaps, key("one"), {.resource_version = "1"})));
  const absl::Status removed = client().remove(
      kConfigMaps, key("one"),
      {.uid = uid_of(*read), .resource_version = resource_version_of(*read), .grace_period_s = 0});
  EXPECT_TRUE(removed.ok()) << removed;
  EXPECT_TRUE(absl::IsNotFound(client().remove(kConfigMaps, key("one"))));
  EXPECT_TRUE(absl::IsNotFound(client().get(kConfigMaps, key("one")).status()));
}

TEST_F(ConformanceTest, ReplacingAnOldVersionIsAConflict) {
  Json object = client().create(kConfigMaps, config_map("replaced", {{"a", "1"}})).value();
  Json changed = object;
  changed["data"]["a"] = "2";
  ASSERT_TRUE(client().replace(kConfigMaps, changed).ok());
  const auto late = client().replace(kConfigMaps, object);
  EXPECT_TRUE(absl::IsAborted(late.status())) << late.status();
  EXPECT_EQ(api_reason(late.status()), "Conflict");
}

TEST_F(ConformanceTest, ApplyOwnsWhatItSays) {
  const auto first = client().apply(kConfigMaps, config_map("applied", {{"a", "1"}, {"b", "1"}}));
  ASSERT_TRUE(first.ok()) << first.status();

  // The same once more changes nothing.
  const auto same = client().apply(kConfigMaps, config_map("applied", {{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(resource_version_of(*same), resource_version_of(*first));

  // A field that is left out goes.
  const auto less = client().apply(kConfigMaps, config_map("applied", {{"a", "1"}}));
  EXPECT_EQ((*less)["data"], (Json{{"a", "1"}}));

  const auto refused = client().apply(kConfigMaps, config_map("applied", {{"a", "2"}}),
                                      {.field_manager = "another", .force = false});
  EXPECT_TRUE(absl::IsAborted(refused.status())) << refused.status();
  EXPECT_THAT(refused.status().message(), HasSubstr("conflict"));

  const auto dry =
      client().apply(kConfigMaps, config_map("applied", {{"a", "3"}}), {.dry_run = true});
  EXPECT_EQ((*dry)["data"]["a"], "3");

  const auto forced = client().apply(kConfigMaps, config_map("applied", {{"a", "2"}}),
                                     {.field_manager = "another"});
  EXPECT_EQ((*forced)["data"]["a"], "2");
}

TEST_F(ConformanceTest, PatchesMergeAndTest) {
  ASSERT_TRUE(client().create(kConfigMaps, config_map("patched", {{"a", "1"}, {"b", "1"}})).ok());
  const auto merged =
      client().merge_patch(kConfigMaps, key("patched"), {{"data", {{"a", nullptr}, {"c", "1"}}}});
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ((*merged)["data"], (Json{{"b", "1"}, {"c", "1"}}));

  const auto operations = [](const std::string& expected) {
    return Json::array({{{"op", "test"}, {"path", "/data/b"}, {"value", expected}},
                        {{"op", "remove"}, {"path", "/data/b"}}});
  };
  const auto failed = client().json_patch(kConfigMaps, key("patched"), operations("other"));
  EXPECT_TRUE(absl::IsInvalidArgument(failed.status())) << failed.status();
  const auto done = client().json_patch(kConfigMaps, key("patched"), operations("1"));
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ((*done)["data"], (Json{{"c", "1"}}));

  const auto stale = client().merge_patch(
      kConfigMaps, key("patched"),
      {{"metadata", {{"resourceVersion", resource_version_of(*merged)}}}, {"data", {{"d", "1"}}}});
  EXPECT_TRUE(absl::IsAborted(stale.status())) << stale.status();
}

TEST_F(ConformanceTest, TheStatusIsApartFromTheRest) {
  // Both numbers are past what a double holds.
  Json object = widget("status", {{"size", 9007199254740993}});
  object["status"] = {{"seen", 1}};
  const auto created = client().apply(kWidgets, object);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_FALSE(created->contains("status"));
  EXPECT_EQ((*created)["spec"]["size"], 9007199254740993);
  EXPECT_EQ(generation_of(*created), 1);

  object["status"] = {{"seen", 9007199254740993}};
  object.erase("spec");
  const auto applied = client().apply(kWidgets, object, {.subresource = "status"});
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ((*applied)["status"]["seen"], 9007199254740993);
  EXPECT_EQ(generation_of(*applied), 1);

  const auto merged =
      client().merge_patch(kWidgets, key("status"), {{"status", {{"seen", 2}}}}, "status");
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ((*merged)["status"]["seen"], 2);

  const auto changed = client().apply(kWidgets, widget("status", {{"size", 5}}));
  EXPECT_EQ(generation_of(*changed), 2);
  EXPECT_EQ((*changed)["status"]["seen"], 2);
}

TEST_F(ConformanceTest, WhatTheSchemaForbidsIsInvalid) {
  const auto invalid = client().apply(kWidgets, widget("invalid", {{"size", 9007199254740996}}));
  EXPECT_TRUE(absl::IsInvalidArgument(invalid.status())) << invalid.status();
  EXPECT_EQ(http_code(invalid.status()), 422);
  EXPECT_EQ(api_reason(invalid.status()), "Invalid");
  EXPECT_THAT(invalid.status().message(), HasSubstr("too big"));
}

TEST_F(ConformanceTest, AFinalizerHoldsADeletion) {
  Json object = config_map("held");
  object["metadata"]["finalizers"] = {"conformance.petrel.io/hold"};
  ASSERT_TRUE(client().create(kConfigMaps, object).ok());
  ASSERT_TRUE(client().remove(kConfigMaps, key("held")).ok());
  const auto held = client().get(kConfigMaps, key("held"));
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_TRUE(is_deleting(*held));
  EXPECT_TRUE(has_finalizer(*held, "conformance.petrel.io/hold"));
  ASSERT_TRUE(client()
                  .json_patch(kConfigMaps, key("held"),
                              Json::array({{{"op", "test"},
                                            {"path", "/metadata/resourceVersion"},
                                            {"value", resource_version_of(*held)}},
                                           {{"op", "remove"}, {"path", "/metadata/finalizers"}}}))
                  .ok());
  EXPECT_TRUE(absl::IsNotFound(client().get(kConfigMaps, key("held")).status()));
}

TEST_F(ConformanceTest, PropagationDecidesAboutDependents) {
  const auto make_pair = [](const std::string& name) {
    const Json owner = client().create(kConfigMaps, config_map(name + "-owner")).value();
    Json dependent = config_map(name + "-dependent");
    dependent["metadata"]["ownerReferences"] = {{{"apiVersion", "v1"},
                                                 {"kind", "ConfigMap"},
                                                 {"name", name + "-owner"},
                                                 {"uid", uid_of(owner)},
                                                 {"controller", true},
                                                 {"blockOwnerDeletion", true}}};
    ASSERT_TRUE(client().create(kConfigMaps, dependent).ok());
  };
  make_pair("background");
  ASSERT_TRUE(client().remove(kConfigMaps, key("background-owner")).ok());
  EXPECT_TRUE(wait_until(kConfigMaps, key("background-dependent"),
                         [](const Json& object) { return object.is_null(); }));

  make_pair("foreground");
  ASSERT_TRUE(
      client()
          .remove(kConfigMaps, key("foreground-owner"), {.propagation = Propagation::kForeground})
          .ok());
  EXPECT_TRUE(wait_until(kConfigMaps, key("foreground-owner"),
                         [](const Json& object) { return object.is_null(); }));
  EXPECT_TRUE(absl::IsNotFound(client().get(kConfigMaps, key("foreground-dependent")).status()));

  make_pair("orphan");
  ASSERT_TRUE(client()
                  .remove(kConfigMaps, key("orphan-owner"), {.propagation = Propagation::kOrphan})
                  .ok());
  EXPECT_TRUE(wait_until(kConfigMaps, key("orphan-dependent"), [](const Json& object) {
    return !object["metadata"].contains("ownerReferences");
  }));
}

TEST_F(ConformanceTest, WhoIsNotAllowedIsToldSo) {
  ClientConfig nobody = lab->config;
  nobody.impersonation.user = "nobody";
  auto transport = make_http_transport(nobody, {}, lab->clock);
  ASSERT_TRUE(transport.ok());
  ApiClient as_nobody(**transport, lab->clock, {});
  const auto forbidden = as_nobody.get(kSecrets, key("any"));
  EXPECT_TRUE(absl::IsPermissionDenied(forbidden.status())) << forbidden.status();
  EXPECT_EQ(http_code(forbidden.status()), 403);

  ClientConfig bad_token = lab->config;
  bad_token.client_certificate = {};
  bad_token.client_key = {};
  bad_token.exec.reset();
  bad_token.token = {.text = "wrong"};
  auto refused = make_http_transport(bad_token, {}, lab->clock);
  ASSERT_TRUE(refused.ok());
  ApiClient with_bad_token(**refused, lab->clock, {});
  EXPECT_TRUE(absl::IsUnauthenticated(with_bad_token.get(kSecrets, key("any")).status()));
}

// --- Lists ---

class ListTest : public ConformanceTest {
 protected:
  static constexpr int kObjects = 10'000;
  static constexpr int kThreads = 16;

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(ConformanceTest::SetUp());
    if (client().get(kConfigMaps, key(concat("many-", kObjects - 1))).ok()) {
      return;
    }
    std::atomic<int> next{0};
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int number = next++; number < kObjects; number = next++) {
          Json object = config_map(concat("many-", number), {{"number", std::to_string(number)}});
          object["metadata"]["labels"] = {{"many", "yes"}, {"odd", number % 2 ? "yes" : "no"}};
          failures += client().create(kConfigMaps, object).ok() ? 0 : 1;
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    ASSERT_EQ(failures, 0);
  }

  static ApiClient::ListOptions many() {
    return {.resource_namespace = lab->name, .label_selector = "many=yes"};
  }
};

TEST_F(ListTest, TenThousandObjectsComeInPages) {
  int pages = 0;
  ApiClient counting(*lab->transport, lab->clock,
                     {.on_call = [&](const CallRecord& call) { pages += call.code == 200; }});
  std::set<std::string> names;
  const auto version = counting.list(kConfigMaps, many(), [&](const Json& object) {
    EXPECT_EQ(object["kind"], "ConfigMap");
    EXPECT_TRUE(object.contains("data"));
    names.insert(key_of(object).name);
  });
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_NE(*version, "");
  EXPECT_EQ(names.size(), static_cast<size_t>(kObjects));
  // One more when the server has to look for objects that the selector leaves out.
  EXPECT_THAT(pages, AnyOf(kObjects / 500, kObjects / 500 + 1));
}

TEST_F(ListTest, SelectorsAndMetadataAlone) {
  ApiClient::ListOptions options = many();
  options.label_selector = "many=yes,odd in (yes)";
  options.metadata_only = true;
  int count = 0;
  const auto version = client().list(kConfigMaps, options, [&](const Json& object) {
    ++count;
    EXPECT_EQ(object["kind"], "PartialObjectMetadata");
    EXPECT_FALSE(object.contains("data"));
  });
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ(count, kObjects / 2);
}

TEST_F(ListTest, AWatchGoesOnWhereAListEnded) {
  const auto version = client().list(kConfigMaps, many(), [](const Json&) {});
  ASSERT_TRUE(version.ok()) << version.status();
  ASSERT_TRUE(
      client().merge_patch(kConfigMaps, key("many-7"), {{"data", {{"number", "seven"}}}}).ok());
  ApiClient::WatchOptions options;
  options.resource_namespace = lab->name;
  options.label_selector = "many=yes";
  options.resource_version = *version;
  options.timeout_s = 60;
  CancelToken cancel;
  std::vector<std::string> told;
  const absl::Status status = client().watch(
      kConfigMaps, options,
      [&](std::string_view event, const Json& object) {
        told.push_back(concat(event, " ", key_of(object).name));
        cancel.cancel();
      },
      cancel);
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_THAT(told, ElementsAre("MODIFIED many-7"));
}

TEST_F(ListTest, AContinueTokenExpiresAndTheListBeginsAgain) {
  // The list is held in its first page until the server has compacted what it began with.
  ApiClient::ListOptions options = many();
  int restarts = 0;
  std::set<std::string> names;
  options.page = 5'000;
  options.on_restart = [&] {
    ++restarts;
    names.clear();
  };
  const auto expired = [&] {
    // A token of its own, taken at once, tells when those of now have expired.
    const auto page = client().get_path(
        concat("/api/v1/namespaces/", lab->name, "/configmaps?limit=1&labelSelector=many%3Dyes"));
    const std::string token = (*page)["metadata"]["continue"];
    for (int second = 0; second < kCompactionSecondsMax; ++second) {
      const auto next = client().get_path(concat("/api/v1/namespaces/", lab->name,
                                                 "/configmaps?limit=1&continue=", token,
                                                 "&labelSelector=many%3Dyes"));
      if (absl::IsOutOfRange(next.status())) {
        EXPECT_EQ(api_reason(next.status()), "Expired");
        return true;
      }
      // Compaction takes what is older than the newest write of some time ago.
      EXPECT_TRUE(client()
                      .merge_patch(kConfigMaps, key("many-1"),
                                   {{"data", {{"second", std::to_string(second)}}}})
                      .ok());
      sleep(1);
    }
    return false;
  };
  bool held = false;
  const auto version = client().list(kConfigMaps, options, [&](const Json& object) {
    names.insert(key_of(object).name);
    if (!held) {
      held = true;
      ASSERT_TRUE(expired()) << "start the API server with --etcd-compaction-interval=5s";
    }
  });
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ(restarts, 1);
  EXPECT_EQ(names.size(), static_cast<size_t>(kObjects));
}

// --- Watches ---

TEST_F(ConformanceTest, AWatchTellsChangesAndBookmarks) {
  ASSERT_TRUE(client().create(kConfigMaps, config_map("watched")).ok());
  ApiClient::WatchOptions options;
  options.resource_namespace = lab->name;
  options.field_selector = "metadata.name=watched";
  options.timeout_s = 6;  // shortly before the end there is a bookmark
  std::vector<std::string> told;
  std::string bookmark;
  CancelToken cancel;
  const absl::Status status = client().watch(
      kConfigMaps, options,
      [&](std::string_view event, const Json& object) {
        if (event != "BOOKMARK") {
          told.emplace_back(event);
        }
        if (event == "ADDED") {
          EXPECT_TRUE(
              client().merge_patch(kConfigMaps, key("watched"), {{"data", {{"a", "b"}}}}).ok());
        } else if (event == "MODIFIED") {
          EXPECT_TRUE(client().remove(kConfigMaps, key("watched")).ok());
        } else if (event == "BOOKMARK") {
          bookmark = resource_version_of(object);
        }
      },
      cancel);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(told, ElementsAre("ADDED", "MODIFIED", "DELETED"));
  EXPECT_NE(bookmark, "");

  // It goes on from there.
  options.resource_version = bookmark;
  options.timeout_s = 1;
  told.clear();
  EXPECT_TRUE(client()
                  .watch(
                      kConfigMaps, options,
                      [&](std::string_view event, const Json&) { told.emplace_back(event); },
                      cancel)
                  .ok());
  EXPECT_THAT(told, Not(Contains("ADDED")));
}

TEST_F(ConformanceTest, AWatchFromTooLongAgoIsToldSo) {
  // Events have no cache in the server: what etcd has compacted is gone.
  ApiClient::WatchOptions options;
  options.resource_namespace = lab->name;
  options.resource_version = std::string("1");
  options.timeout_s = 1;
  CancelToken cancel;
  absl::Status status;
  for (int second = 0; status.ok() && second < kCompactionSecondsMax; ++second) {
    status = client().watch(
        kEvents, options, [](std::string_view, const Json&) {}, cancel);
  }
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
  EXPECT_EQ(http_code(status), 410);
  EXPECT_EQ(api_reason(status), "Expired");
}

TEST_F(ConformanceTest, ASilentWatchCanBeCancelled) {
  ApiClient::WatchOptions options;
  options.resource_namespace = lab->name;
  options.field_selector = "metadata.name=cancelling";
  options.timeout_s = 300;
  CancelToken cancel;
  ASSERT_TRUE(client().create(kConfigMaps, config_map("cancelling")).ok());
  std::thread canceller;
  const absl::Status status = client().watch(
      kConfigMaps, options,
      [&](std::string_view, const Json&) {
        if (!canceller.joinable()) {
          canceller = std::thread([&] { cancel.cancel(); });
        }
      },
      cancel);
  canceller.join();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
}

TEST_F(ConformanceTest, AnObjectOfMoreThanAMegabyteIsWrittenReadAndWatched) {
  const std::string text(1'200'000, 'x');
  ASSERT_TRUE(client().apply(kWidgets, widget("large", {{"text", text}})).ok());
  const auto read = client().get(kWidgets, key("large"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read)["spec"]["text"], text);
  EXPECT_TRUE(wait_until(kWidgets, key("large"),
                         [&](const Json& object) { return object["spec"]["text"] == text; }));
}

}  // namespace
}  // namespace petrel::k8s
