// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/informer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/temp_directory.h"
#include "operator/kubernetes/testing/fake_api_server.h"
#include "operator/kubernetes/testing/largest_random.h"
#include "operator/kubernetes/testing/test_client.h"

namespace petrel::k8s {
namespace {

using testing::FakeApiServer;
using Fault = FakeApiServer::Fault;
using Kind = FakeApiServer::Fault::Kind;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Json config_map(const std::string& name, const std::string& value = "1") {
  return Json{{"metadata", {{"namespace", "ns"}, {"name", name}}}, {"data", {{"x", value}}}};
}

class InformerTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (informer_) {
      server_.clear_faults();
      informer_->stop();
    }
  }

  void make() {
    informer_.emplace(client_.api(), clock_, random_, options_);
    informer_->on_change([this](const ObjectKey& key, const Json* before, const Json* after) {
      MutexLock lock(mutex_);
      changes_.push_back(concat(before == nullptr ? "+" : after == nullptr ? "-" : "~", key.name));
    });
  }

  void start() {
    make();
    informer_->start();
  }

  void start_and_watch() {
    start();
    ASSERT_TRUE(server_.wait_for([&] { return server_.watches() == 1; }));
  }

  std::vector<std::string> changes() {
    MutexLock lock(mutex_);
    return changes_;
  }

  // Moves the clock on until the condition holds.
  bool in_time(const std::function<bool()>& condition) {
    return server_.wait_for([&] {
      clock_.advance_ms(50);
      return condition();
    });
  }

  bool has(const std::string& name, const std::string& value = "1") const {
    const auto object = informer_->get({"ns", name});
    return object != nullptr && (*object)["data"]["x"] == value;
  }

  bool gone(const std::string& name) const { return informer_->get({"ns", name}) == nullptr; }

  std::vector<std::string> paths(const std::string& verb) const {
    std::vector<std::string> all;
    for (const FakeApiServer::Request& request : server_.requests()) {
      if (request.verb == verb) {
        all.push_back(request.path);
      }
    }
    return all;
  }

  ManualWaitableClock clock_;
  testing::LargestRandom random_;
  FakeApiServer server_;
  testing::TestClient client_{server_};
  Informer::Options options_{.type = kConfigMaps, .watch_grace_ms = 200};
  std::optional<Informer> informer_;
  Mutex mutex_;
  std::vector<std::string> changes_ ABSL_GUARDED_BY(mutex_);
};

// --- Rule 1: list, then watch. ---

TEST_F(InformerTest, ListsInPagesAndWatchesFromTheListsVersion) {
  for (int i = 0; i < 1'201; ++i) {
    server_.put(kConfigMaps, config_map(concat("m", i)));
  }
  start_and_watch();
  EXPECT_EQ(informer_->size(), 1'201u);
  EXPECT_TRUE(informer_->synced());
  const auto lists = paths("list");
  ASSERT_EQ(lists.size(), 3u);
  EXPECT_THAT(lists[0], HasSubstr("limit=500"));
  EXPECT_THAT(lists[0], Not(HasSubstr("continue=")));
  EXPECT_THAT(lists[2], HasSubstr("continue="));
  const std::string watch = paths("watch").at(0);
  EXPECT_THAT(watch, HasSubstr("resourceVersion=" + server_.resource_version()));
  EXPECT_THAT(watch, HasSubstr("allowWatchBookmarks=true"));
  EXPECT_THAT(watch, HasSubstr("timeoutSeconds=600"));
}

TEST_F(InformerTest, FollowsEveryChange) {
  server_.put(kConfigMaps, config_map("a"));
  start_and_watch();
  server_.put(kConfigMaps, config_map("b"));
  server_.edit(kConfigMaps, {"ns", "a"}, {{"data", {{"x", "2"}}}});
  server_.erase(kConfigMaps, {"ns", "b"});
  ASSERT_TRUE(server_.wait_for([&] { return changes().size() == 4; }));
  EXPECT_THAT(changes(), ElementsAre("+a", "+b", "~a", "-b"));
  EXPECT_TRUE(has("a", "2"));
  EXPECT_TRUE(gone("b"));
}

TEST_F(InformerTest, SelectorsGoToTheServerAndWhatLeavesThemIsGone) {
  options_.label_selector = "keep=yes";
  Json labelled = config_map("a");
  labelled["metadata"]["labels"] = {{"keep", "yes"}};
  server_.put(kConfigMaps, labelled);
  server_.put(kConfigMaps, config_map("b"));
  start_and_watch();
  EXPECT_EQ(informer_->size(), 1u);
  server_.edit(kConfigMaps, {"ns", "a"}, {{"metadata", {{"labels", {{"keep", "no"}}}}}});
  ASSERT_TRUE(server_.wait_for([&] { return changes().size() == 2; }));
  EXPECT_THAT(changes(), ElementsAre("+a", "-a"));
}

TEST_F(InformerTest, MetadataIsEnoughForSecrets) {
  options_.type = kSecrets;
  options_.metadata_only = true;
  server_.put(kSecrets, config_map("a"));
  start_and_watch();
  server_.put(kSecrets, config_map("b"));
  ASSERT_TRUE(server_.wait_for([&] { return informer_->size() == 2; }));
  for (const auto& object : informer_->list()) {
    EXPECT_FALSE(object->contains("data"));
    EXPECT_FALSE(uid_of(*object).empty());
  }
}

TEST_F(InformerTest, HoldsTenThousandObjects) {
  for (int i = 0; i < 10'000; ++i) {
    server_.put(kConfigMaps, config_map(concat("m", i)));
  }
  start_and_watch();
  EXPECT_EQ(informer_->list("ns").size(), 10'000u);
  EXPECT_EQ(server_.count("list"), 20u);
  server_.put(kConfigMaps, config_map("one-more"));
  ASSERT_TRUE(server_.wait_for([&] { return informer_->size() == 10'001; }));
}

// --- Rule 2: 410 Gone. ---

TEST_F(InformerTest, GoneAsAStatusListsAgainAndTellsWhatVanished) {
  server_.put(kConfigMaps, config_map("a"));
  server_.put(kConfigMaps, config_map("b"));
  start_and_watch();
  server_.stop();
  server_.erase(kConfigMaps, {"ns", "b"});
  server_.put(kConfigMaps, config_map("c"));
  server_.compact();
  server_.start();
  ASSERT_TRUE(in_time([&] { return has("c"); }));
  EXPECT_TRUE(gone("b"));
  EXPECT_THAT(changes(), ElementsAre("+a", "+b", "-b", "+c"));
}

TEST_F(InformerTest, GoneAsAnEventListsAgain) {
  server_.put(kConfigMaps, config_map("a"));
  server_.inject({.kind = Kind::kErrorEvent, .verb = "watch", .code = 410});
  start();
  ASSERT_TRUE(in_time([&] { return server_.watches() == 1; }));
  EXPECT_EQ(server_.faults_met(), 1);
  EXPECT_EQ(server_.count("list"), 2u);
  EXPECT_THAT(changes(), ElementsAre("+a"));
}

TEST_F(InformerTest, AnExpiredContinueTokenListsAgain) {
  options_.page = 10;
  for (int i = 0; i < 25; ++i) {
    server_.put(kConfigMaps, config_map(concat("m", i)));
  }
  server_.inject({.verb = "list", .code = 410, .skip = 1});
  start_and_watch();
  EXPECT_EQ(informer_->size(), 25u);
  EXPECT_EQ(changes().size(), 25u);
  EXPECT_EQ(server_.count("list"), 5u);
}

TEST_F(InformerTest, TooLargeAVersionWaitsAndTriesAgain) {
  server_.inject({.verb = "watch", .code = 504});
  start();
  ASSERT_TRUE(in_time([&] { return server_.watches() == 1; }));
  EXPECT_EQ(server_.count("list"), 1u);
}

// --- Rule 3: reconnecting. ---

TEST_F(InformerTest, AServerThatIsAwayIsAskedAgainLaterEachTime) {
  server_.stop();
  start();
  for (const int64_t expected_ms : {800, 1'600, 3'200, 6'400, 12'800, 25'600, 30'000, 30'000}) {
    EXPECT_EQ(clock_.await_waiter_ms(), expected_ms);
    EXPECT_FALSE(informer_->stats().last_failure.empty());
    clock_.advance_ms(expected_ms);
  }
  server_.put(kConfigMaps, config_map("a"));
  server_.start();
  ASSERT_TRUE(in_time([&] { return server_.watches() == 1; }));
  EXPECT_TRUE(has("a"));
  EXPECT_EQ(informer_->stats().last_failure, "");
}

TEST_F(InformerTest, AWatchThatEndsCleanlyGoesOnFromTheLastVersion) {
  server_.put(kConfigMaps, config_map("a"));
  start_and_watch();
  server_.put(kConfigMaps, config_map("b"));
  const std::string version = server_.resource_version();
  ASSERT_TRUE(server_.wait_for([&] { return has("b"); }));
  server_.end_watches();
  ASSERT_TRUE(server_.wait_for([&] { return server_.count("watch") == 2; }));
  EXPECT_THAT(paths("watch").at(1), HasSubstr("resourceVersion=" + version + "&"));
  EXPECT_EQ(server_.count("list"), 1u);
  EXPECT_EQ(informer_->stats().failures, 0);
}

TEST_F(InformerTest, BookmarksCarryTheVersionPastChangesOfOtherTypes) {
  start_and_watch();
  server_.put(kPods, {{"metadata", {{"namespace", "ns"}, {"name", "p"}}}});
  const std::string version = server_.resource_version();
  server_.send_bookmarks();
  server_.compact();
  server_.end_watches();
  ASSERT_TRUE(server_.wait_for([&] { return server_.count("watch") == 2; }));
  EXPECT_THAT(paths("watch").at(1), HasSubstr("resourceVersion=" + version + "&"));
  ASSERT_TRUE(server_.wait_for([&] { return server_.watches() == 1; }));
  EXPECT_EQ(server_.count("list"), 1u) << "no 410 with the bookmark's version";
}

TEST_F(InformerTest, AWatchThatIsEndedAtOnceIsNotAskedForInALoop) {
  start_and_watch();
  server_.end_watches();
  EXPECT_EQ(clock_.await_waiter_ms(), 800);
  EXPECT_EQ(server_.count("watch"), 1u);
}

TEST_F(InformerTest, AHalfOpenConnectionIsNoticed) {
  options_.watch_seconds_min = 1;
  options_.watch_seconds_max = 1;
  server_.inject({.kind = Kind::kSilence, .verb = "watch"});
  start();
  ASSERT_TRUE(server_.wait_for([&] { return server_.faults_met() == 1; }));
  server_.put(kConfigMaps, config_map("a"));
  ASSERT_TRUE(in_time([&] { return has("a"); }));
  EXPECT_EQ(server_.count("list"), 1u) << "nothing was lost, so the watch goes on from its version";
}

TEST_F(InformerTest, AConnectionCutWithinAnEventLosesNothing) {
  server_.inject({.kind = Kind::kCut, .verb = "watch", .times = 2});
  server_.inject({.kind = Kind::kReset, .verb = "watch"});
  server_.inject({.kind = Kind::kGarbage, .verb = "watch"});
  start();
  server_.put(kConfigMaps, config_map("a"));
  ASSERT_TRUE(in_time([&] { return server_.watches() == 1 && has("a"); }));
  EXPECT_EQ(server_.faults_met(), 4);
  EXPECT_EQ(informer_->size(), 1u);
}

TEST_F(InformerTest, ARestartOfTheServerTellsNothingTwice) {
  server_.put(kConfigMaps, config_map("a"));
  start_and_watch();
  server_.restart();
  server_.put(kConfigMaps, config_map("b"));
  ASSERT_TRUE(in_time([&] { return has("b"); }));
  EXPECT_THAT(changes(), ElementsAre("+a", "+b"));
  EXPECT_EQ(server_.count("list"), 1u);
}

TEST_F(InformerTest, ASlowServerIsWaitedFor) {
  server_.put(kConfigMaps, config_map("a"));
  server_.inject({.kind = Kind::kSlow, .verb = "list", .delay_ms = 50});
  start_and_watch();
  EXPECT_TRUE(has("a"));
  EXPECT_EQ(informer_->stats().failures, 0);
}

// --- Rule 4: what events and objects may hold. ---

TEST_F(InformerTest, UnknownFieldsAndLargeObjectsSurvive) {
  start_and_watch();
  Json large = config_map("a");
  large["data"]["large"] = std::string(3 << 20, 'x');
  large["fieldOfTheFuture"] = {{"int64", INT64_MAX}, {"null", nullptr}};
  server_.put(kConfigMaps, large);
  ASSERT_TRUE(server_.wait_for([&] { return informer_->size() == 1; }));
  const auto kept = informer_->get({"ns", "a"});
  EXPECT_EQ((*kept)["fieldOfTheFuture"], large["fieldOfTheFuture"]);
  EXPECT_EQ((*kept)["data"]["large"], large["data"]["large"]);
}

TEST_F(InformerTest, ManagedFieldsAreNotKeptAndTransformsApply) {
  options_.transform = [](Json& object) { object.erase("data"); };
  ASSERT_TRUE(client_.api()
                  .create(kConfigMaps,
                          [] {
                            Json object = config_map("a");
                            object["apiVersion"] = "v1";
                            object["kind"] = "ConfigMap";
                            return object;
                          }())
                  .ok());
  start_and_watch();
  const auto kept = informer_->get({"ns", "a"});
  EXPECT_TRUE((*server_.find(kConfigMaps, {"ns", "a"}))["metadata"].contains("managedFields"));
  EXPECT_FALSE((*kept)["metadata"].contains("managedFields"));
  EXPECT_FALSE(kept->contains("data"));
}

// --- Rule 6: predicates. ---

TEST(IsEdited, OnesOwnStatusWritesAreNoEdits) {
  const Json before = {{"metadata", {{"generation", 1}, {"resourceVersion", "1"}}},
                       {"status", {{"a", 1}}}};
  Json after = before;
  after["status"]["a"] = 2;
  after["metadata"]["resourceVersion"] = "2";
  after["metadata"]["managedFields"] = Json::array({1});
  EXPECT_FALSE(is_edited(&before, &after));
}

TEST(IsEdited, GenerationDeletionLabelsAnnotationsAndFinalizersAre) {
  const Json before = {{"metadata", {{"generation", 1}, {"labels", {{"a", "1"}}}}}};
  const Json::json_pointer places[] = {
      Json::json_pointer("/metadata/generation"), Json::json_pointer("/metadata/deletionTimestamp"),
      Json::json_pointer("/metadata/labels/a"), Json::json_pointer("/metadata/annotations/b"),
      Json::json_pointer("/metadata/finalizers/0")};
  for (const Json::json_pointer& place : places) {
    Json after = before;
    after[place] = 2;
    EXPECT_TRUE(is_edited(&before, &after)) << place.to_string();
  }
  EXPECT_TRUE(is_edited(nullptr, &before));
  EXPECT_TRUE(is_edited(&before, nullptr));
}

// --- Rule 13: credentials that rotate. ---

TEST_F(InformerTest, ATokenThatExpiredIsWaitedForAndReadAgain) {
  const TempDirectory directory;
  const std::string file = directory.file("token");
  ASSERT_TRUE(write_file_atomic(file, "old", 0600).ok());
  server_.set_token("old");
  testing::TestClient client(server_, 10'000, 1, file);
  Informer informer(client.api(), clock_, random_, options_);
  informer.start();
  ASSERT_TRUE(server_.wait_for([&] { return server_.watches() == 1; }));
  server_.set_token("new");
  server_.restart();
  ASSERT_TRUE(in_time(
      [&] { return informer.stats().last_failure.find("UNAUTHENTICATED") != std::string::npos; }));
  ASSERT_TRUE(write_file_atomic(file, "new", 0600).ok());
  server_.put(kConfigMaps, config_map("a"));
  ASSERT_TRUE(in_time([&] { return informer.size() == 1; }));
  EXPECT_EQ(server_.count("list"), 1u);
}

// --- Rule 14: flow control. ---

TEST_F(InformerTest, RetryAfterIsObeyed) {
  server_.inject({.verb = "list", .code = 429, .retry_after_s = 7});
  start();
  EXPECT_EQ(clock_.await_waiter_ms(), 7'000);
  clock_.advance_ms(7'000);
  EXPECT_TRUE(server_.wait_for([&] { return informer_->synced(); }));
}

// --- Rule 17: types that are not there yet. ---

TEST_F(InformerTest, ATypeThatAppearsLaterIsFollowedFromThenOn) {
  const ResourceType things{"x.io", "v1", "things", "Thing"};
  options_.type = things;
  start();
  ASSERT_TRUE(in_time([&] { return informer_->stats().failures > 2; }));
  EXPECT_FALSE(informer_->synced());
  server_.serve(things);
  server_.put(things, config_map("a"));
  ASSERT_TRUE(in_time([&] { return has("a"); }));
  EXPECT_TRUE(informer_->synced());
}

// --- Rule 18: shutdown. ---

TEST_F(InformerTest, StopEndsAWatchAndAWait) {
  start_and_watch();
  informer_->stop();
  EXPECT_TRUE(server_.wait_for([&] { return server_.watches() == 0; }));
  server_.stop();
  start();
  clock_.await_waiter_ms();
  EXPECT_FALSE(informer_->synced());
  informer_->stop();
}

// --- Rule 20: a cache is stale after one's own write. ---

TEST_F(InformerTest, ReadsSeeOnesOwnWrites) {
  server_.inject({.kind = Kind::kSilence, .verb = "watch", .times = -1});
  server_.put(kConfigMaps, config_map("a"));
  start();
  ASSERT_TRUE(server_.wait_for([&] { return server_.faults_met() == 1; }));
  auto written = client_.api().merge_patch(kConfigMaps, {"ns", "a"}, {{"data", {{"x", "mine"}}}});
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_TRUE(has("a", "1")) << "the watch is silent";
  informer_->observe_write(*written);
  EXPECT_TRUE(has("a", "mine"));
  server_.edit(kConfigMaps, {"ns", "a"}, {{"data", {{"x", "later"}}}});
  server_.clear_faults();
  ASSERT_TRUE(in_time([&] { return has("a", "later"); }));
}

}  // namespace
}  // namespace petrel::k8s
