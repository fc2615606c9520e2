// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/testing/object_store.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/clock.h"
#include "operator/kubernetes/errors.h"

namespace petrel::k8s::testing {
namespace {

class ObjectStoreTest : public ::testing::Test {
 protected:
  static Json config_map(const std::string& name, Json data = Json::object()) {
    return Json{{"apiVersion", "v1"},
                {"kind", "ConfigMap"},
                {"metadata", {{"namespace", "ns"}, {"name", name}}},
                {"data", std::move(data)}};
  }

  static Json owned_by(Json object, const Json& owner) {
    object["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", owner["apiVersion"]},
                                                          {"kind", owner["kind"]},
                                                          {"name", owner["metadata"]["name"]},
                                                          {"uid", owner["metadata"]["uid"]}}});
    return object;
  }

  Json apply(const Json& intent, const std::string& manager, bool force = false) {
    auto result = store_.apply(kConfigMaps, {"ns", "a"}, intent, {manager, ""}, force);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *result : Json();
  }

  const ObjectKey key_{"ns", "a"};
  ManualClock clock_;
  ObjectStore store_{clock_, 1000};
};

TEST_F(ObjectStoreTest, ApplyRemovesWhatItsManagerNoLongerWants) {
  apply(config_map("a", {{"x", "1"}, {"y", "2"}}), "one");
  const Json after = apply(config_map("a", {{"x", "1"}}), "one");
  EXPECT_EQ(after["data"], (Json{{"x", "1"}}));
}

TEST_F(ObjectStoreTest, ApplyKeepsWhatAnotherManagerOwns) {
  apply(config_map("a", {{"x", "1"}}), "one");
  apply(config_map("a", {{"y", "2"}}), "two");
  EXPECT_EQ(apply(config_map("a", {{"x", "3"}}), "one")["data"], (Json{{"x", "3"}, {"y", "2"}}));
}

TEST_F(ObjectStoreTest, ApplyOfTheSameIntentChangesNothing) {
  const Json first = apply(config_map("a", {{"x", "1"}}), "one");
  clock_.advance_ms(5'000);
  EXPECT_EQ(apply(config_map("a", {{"x", "1"}}), "one"), first);
}

TEST_F(ObjectStoreTest, ApplyAgainstAnotherOwnerConflictsWithoutForce) {
  apply(config_map("a", {{"x", "1"}}), "one");
  const auto refused =
      store_.apply(kConfigMaps, key_, config_map("a", {{"x", "2"}}), {"two", ""}, false);
  EXPECT_EQ(http_code(refused.status()), 409);
  EXPECT_EQ(apply(config_map("a", {{"x", "2"}}), "two", true)["data"]["x"], "2");
  // The first manager has lost the field, so leaving it out no longer removes it.
  EXPECT_EQ(apply(config_map("a", Json{{"z", "0"}}), "one")["data"],
            (Json{{"x", "2"}, {"z", "0"}}));
}

TEST_F(ObjectStoreTest, AnEditTakesTheFieldFromTheApplier) {
  Json object = apply(config_map("a", {{"x", "1"}}), "one");
  object["data"]["x"] = "edited";
  ASSERT_TRUE(store_.update(kConfigMaps, key_, object, {"kubectl", ""}).ok());
  const auto refused =
      store_.apply(kConfigMaps, key_, config_map("a", {{"x", "1"}}), {"one", ""}, false);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAborted);
}

TEST_F(ObjectStoreTest, ApplyMergesContainersByName) {
  const auto pod = [](Json containers) {
    return Json{{"apiVersion", "v1"},
                {"kind", "Pod"},
                {"metadata", {{"namespace", "ns"}, {"name", "a"}}},
                {"spec", {{"containers", std::move(containers)}}}};
  };
  ASSERT_TRUE(store_
                  .apply(kPods, key_,
                         pod(Json::array({{{"name", "m"}, {"image", "i:1"}},
                                          {{"name", "n"}, {"image", "i:1"}}})),
                         {"one", ""}, false)
                  .ok());
  ASSERT_TRUE(store_
                  .apply(kPods, key_, pod(Json::array({{{"name", "m"}, {"tty", true}}})),
                         {"two", ""}, false)
                  .ok());
  const auto after = store_.apply(
      kPods, key_, pod(Json::array({{{"name", "m"}, {"image", "i:2"}}})), {"one", ""}, false);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ((*after)["spec"]["containers"],
            Json::array({{{"name", "m"}, {"image", "i:2"}, {"tty", true}}}));
}

TEST_F(ObjectStoreTest, TheStatusHasItsOwnEndpointAndNoGeneration) {
  Json object = apply(config_map("a", {{"x", "1"}}), "one");
  object["status"] = {{"phase", "Good"}};
  object["data"]["x"] = "ignored";
  const Json after = *store_.update(kConfigMaps, key_, object, {"one", "status"});
  EXPECT_EQ(after["status"]["phase"], "Good");
  EXPECT_EQ(after["data"]["x"], "1");
  EXPECT_EQ(generation_of(after), 1);
  Json edited = after;
  edited["status"]["phase"] = "ignored";
  edited["data"]["x"] = "2";
  const Json last = *store_.update(kConfigMaps, key_, edited, {"one", ""});
  EXPECT_EQ(last["status"]["phase"], "Good");
  EXPECT_EQ(generation_of(last), 2);
}

TEST_F(ObjectStoreTest, AnOldResourceVersionConflicts) {
  const Json first = apply(config_map("a", {{"x", "1"}}), "one");
  apply(config_map("a", {{"x", "2"}}), "one");
  EXPECT_EQ(http_code(store_.update(kConfigMaps, key_, first, {"one", ""}).status()), 409);
}

TEST_F(ObjectStoreTest, ADeletedObjectWaitsForItsFinalizers) {
  Json object = config_map("a");
  object["metadata"]["finalizers"] = {"x/y"};
  apply(object, "one");
  ASSERT_TRUE(store_.remove(kConfigMaps, key_, {}).ok());
  ASSERT_NE(store_.find(kConfigMaps, key_), nullptr);
  Json marked = *store_.find(kConfigMaps, key_);
  EXPECT_TRUE(is_deleting(marked));
  marked["metadata"]["finalizers"].push_back("another");
  EXPECT_EQ(http_code(store_.update(kConfigMaps, key_, marked, {"one", ""}).status()), 422);
  marked["metadata"]["finalizers"] = Json::array();
  ASSERT_TRUE(store_.update(kConfigMaps, key_, marked, {"one", ""}).ok());
  EXPECT_EQ(store_.find(kConfigMaps, key_), nullptr);
}

TEST_F(ObjectStoreTest, DependentsGoWithTheirLastOwner) {
  const Json a = store_.put(kConfigMaps, config_map("a"));
  const Json b = store_.put(kConfigMaps, config_map("b"));
  store_.put(kConfigMaps, owned_by(config_map("of-a"), a));
  Json shared = owned_by(config_map("of-both"), a);
  shared["metadata"]["ownerReferences"].push_back(
      owned_by(config_map(""), b)["metadata"]["ownerReferences"][0]);
  store_.put(kConfigMaps, shared);
  ASSERT_TRUE(store_.remove(kConfigMaps, {"ns", "a"}, {}).ok());
  EXPECT_EQ(store_.find(kConfigMaps, {"ns", "of-a"}), nullptr);
  EXPECT_NE(store_.find(kConfigMaps, {"ns", "of-both"}), nullptr);
  ASSERT_TRUE(store_.remove(kConfigMaps, {"ns", "b"}, {}).ok());
  EXPECT_EQ(store_.find(kConfigMaps, {"ns", "of-both"}), nullptr);
}

TEST_F(ObjectStoreTest, ForegroundDeletionWaitsForDependents) {
  const Json owner = store_.put(kConfigMaps, config_map("a"));
  Json dependent = owned_by(config_map("b"), owner);
  dependent["metadata"]["finalizers"] = {"x/y"};
  store_.put(kConfigMaps, dependent);
  ASSERT_TRUE(store_.remove(kConfigMaps, key_, {"", "", "Foreground"}).ok());
  ASSERT_NE(store_.find(kConfigMaps, key_), nullptr);
  Json freed = *store_.find(kConfigMaps, {"ns", "b"});
  freed["metadata"]["finalizers"] = Json::array();
  ASSERT_TRUE(store_.update(kConfigMaps, {"ns", "b"}, freed, {"one", ""}).ok());
  EXPECT_EQ(store_.find(kConfigMaps, key_), nullptr);
}

TEST_F(ObjectStoreTest, OrphansStay) {
  const Json owner = store_.put(kConfigMaps, config_map("a"));
  store_.put(kConfigMaps, owned_by(config_map("b"), owner));
  ASSERT_TRUE(store_.remove(kConfigMaps, key_, {"", "", "Orphan"}).ok());
  ASSERT_NE(store_.find(kConfigMaps, {"ns", "b"}), nullptr);
  EXPECT_TRUE((*store_.find(kConfigMaps, {"ns", "b"}))["metadata"]["ownerReferences"].empty());
}

TEST_F(ObjectStoreTest, ANamespaceTerminatesWithItsLastObject) {
  store_.put(kNamespaces, {{"metadata", {{"name", "ns"}}}});
  Json object = config_map("a");
  object["metadata"]["finalizers"] = {"x/y"};
  store_.put(kConfigMaps, object);
  store_.put(kConfigMaps, config_map("b"));
  ASSERT_TRUE(store_.remove(kNamespaces, {"", "ns"}, {}).ok());
  EXPECT_TRUE(is_deleting(*store_.find(kNamespaces, {"", "ns"})));
  EXPECT_EQ(store_.find(kConfigMaps, {"ns", "b"}), nullptr);
  EXPECT_EQ(http_code(store_.create(kConfigMaps, config_map("c"), {"one", ""}).status()), 403);
  Json freed = *store_.find(kConfigMaps, key_);
  freed["metadata"].erase("finalizers");
  ASSERT_TRUE(store_.update(kConfigMaps, key_, freed, {"one", ""}).ok());
  EXPECT_EQ(store_.find(kNamespaces, {"", "ns"}), nullptr);
}

TEST_F(ObjectStoreTest, HeldPodsGoWhenTheirNodeSaysSo) {
  const Json pod = store_.put(kPods, {{"metadata", {{"namespace", "ns"}, {"name", "a"}}}});
  store_.hold_deletions(kPods, true);
  ASSERT_TRUE(store_.remove(kPods, key_, {uid_of(pod), "", "Background"}).ok());
  EXPECT_TRUE(is_deleting(*store_.find(kPods, key_)));
  store_.finish_deletion(kPods, key_);
  EXPECT_EQ(store_.find(kPods, key_), nullptr);
}

TEST_F(ObjectStoreTest, ADefinedTypeIsServedAndEstablished) {
  const Json definition = {{"metadata", {{"name", "things.x.io"}}},
                           {"spec",
                            {{"group", "x.io"},
                             {"scope", "Namespaced"},
                             {"names", {{"plural", "things"}, {"kind", "Thing"}}},
                             {"versions", Json::array({{{"name", "v1"}, {"served", true}}})}}}};
  ASSERT_TRUE(store_.create(kCustomResourceDefinitions, definition, {"one", ""}).ok());
  EXPECT_NE(store_.find_type("x.io", "v1", "things"), nullptr);
  const Json stored = *store_.find(kCustomResourceDefinitions, {"", "things.x.io"});
  EXPECT_EQ(stored["status"]["conditions"][1]["type"], "Established");
}

}  // namespace
}  // namespace petrel::k8s::testing
