// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "common/concat.h"
#include "operator/kubernetes/api_client.h"
#include "operator/kubernetes/errors.h"
#include "operator/kubernetes/lab_test/lab.h"
#include "operator/kubernetes/transport.h"

namespace petrel::k8s {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using ApiLabTest = LabTest;

TEST_F(ApiLabTest, TheServerSaysItsVersion) {
  const auto version = client().get_path("/version");
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ((*version)["major"], "1");
  const auto resources = client().get_path("/apis/coordination.k8s.io/v1");
  ASSERT_TRUE(resources.ok()) << resources.status();
  EXPECT_EQ((*resources)["resources"][0]["kind"], "Lease");
  EXPECT_TRUE(absl::IsNotFound(client().get_path("/apis/no.such.group/v1").status()));
}

TEST_F(ApiLabTest, AnObjectIsCreatedReadAndDeleted) {
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

TEST_F(ApiLabTest, ReplacingAnOldVersionIsAConflict) {
  Json object = client().create(kConfigMaps, config_map("replaced", {{"a", "1"}})).value();
  Json changed = object;
  changed["data"]["a"] = "2";
  ASSERT_TRUE(client().replace(kConfigMaps, changed).ok());
  const auto late = client().replace(kConfigMaps, object);
  EXPECT_TRUE(absl::IsAborted(late.status())) << late.status();
  EXPECT_EQ(api_reason(late.status()), "Conflict");
}

TEST_F(ApiLabTest, ApplyOwnsWhatItSays) {
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

TEST_F(ApiLabTest, PatchesMergeAndTest) {
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

TEST_F(ApiLabTest, TheStatusIsApartFromTheRest) {
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

TEST_F(ApiLabTest, WhatTheSchemaForbidsIsInvalid) {
  const auto invalid = client().apply(kWidgets, widget("invalid", {{"size", 9007199254740996}}));
  EXPECT_TRUE(absl::IsInvalidArgument(invalid.status())) << invalid.status();
  EXPECT_EQ(http_code(invalid.status()), 422);
  EXPECT_EQ(api_reason(invalid.status()), "Invalid");
  EXPECT_THAT(invalid.status().message(), HasSubstr("too big"));
}

TEST_F(ApiLabTest, AFinalizerHoldsADeletion) {
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

TEST_F(ApiLabTest, PropagationDecidesAboutDependents) {
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
  EXPECT_TRUE(Lab::get().wait_until(kConfigMaps, key("background-dependent"),
                                    [](const Json& object) { return object.is_null(); }));

  make_pair("foreground");
  ASSERT_TRUE(
      client()
          .remove(kConfigMaps, key("foreground-owner"), {.propagation = Propagation::kForeground})
          .ok());
  EXPECT_TRUE(Lab::get().wait_until(kConfigMaps, key("foreground-owner"),
                                    [](const Json& object) { return object.is_null(); }));
  EXPECT_TRUE(absl::IsNotFound(client().get(kConfigMaps, key("foreground-dependent")).status()));

  make_pair("orphan");
  ASSERT_TRUE(client()
                  .remove(kConfigMaps, key("orphan-owner"), {.propagation = Propagation::kOrphan})
                  .ok());
  EXPECT_TRUE(Lab::get().wait_until(kConfigMaps, key("orphan-dependent"), [](const Json& object) {
    return !object["metadata"].contains("ownerReferences");
  }));
}

TEST_F(ApiLabTest, WhoIsNotAllowedIsToldSo) {
  ClientConfig nobody = Lab::get().config;
  nobody.impersonation.user = "nobody";
  auto transport = make_http_transport(nobody, {}, Lab::get().clock);
  ASSERT_TRUE(transport.ok());
  ApiClient as_nobody(**transport, Lab::get().clock, {});
  const auto forbidden = as_nobody.get(kSecrets, key("any"));
  EXPECT_TRUE(absl::IsPermissionDenied(forbidden.status())) << forbidden.status();
  EXPECT_EQ(http_code(forbidden.status()), 403);

  ClientConfig bad_token = Lab::get().config;
  bad_token.client_certificate = {};
  bad_token.client_key = {};
  bad_token.exec.reset();
  bad_token.token = {.text = "wrong"};
  auto refused = make_http_transport(bad_token, {}, Lab::get().clock);
  ASSERT_TRUE(refused.ok());
  ApiClient with_bad_token(**refused, Lab::get().clock, {});
  EXPECT_TRUE(absl::IsUnauthenticated(with_bad_token.get(kSecrets, key("any")).status()));
}

// --- Watches ---

TEST_F(ApiLabTest, AWatchTellsChangesAndBookmarks) {
  ASSERT_TRUE(client().create(kConfigMaps, config_map("watched")).ok());
  ApiClient::WatchOptions options;
  options.resource_namespace = resource_namespace();
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

TEST_F(ApiLabTest, AWatchFromTooLongAgoIsToldSo) {
  // Events have no cache in the server: what etcd has compacted is gone.
  ApiClient::WatchOptions options;
  options.resource_namespace = resource_namespace();
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

TEST_F(ApiLabTest, ASilentWatchCanBeCancelled) {
  ApiClient::WatchOptions options;
  options.resource_namespace = resource_namespace();
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

TEST_F(ApiLabTest, AnObjectOfMoreThanAMegabyteIsWrittenReadAndWatched) {
  const std::string text(1'200'000, 'x');
  ASSERT_TRUE(client().apply(kWidgets, widget("large", {{"text", text}})).ok());
  const auto read = client().get(kWidgets, key("large"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read)["spec"]["text"], text);
  EXPECT_TRUE(Lab::get().wait_until(
      kWidgets, key("large"), [&](const Json& object) { return object["spec"]["text"] == text; }));
}

}  // namespace
}  // namespace petrel::k8s
