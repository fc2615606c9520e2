// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <set>
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

using ::testing::AnyOf;
using ::testing::ElementsAre;

class ListLabTest : public LabTest {
 protected:
  static constexpr int kObjects = 10'000;
  static constexpr int kThreads = 16;

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(LabTest::SetUp());
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
    return {.resource_namespace = resource_namespace(), .label_selector = "many=yes"};
  }
};

TEST_F(ListLabTest, TenThousandObjectsComeInPages) {
  int pages = 0;
  ApiClient counting(*Lab::get().transport, Lab::get().clock,
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

TEST_F(ListLabTest, SelectorsAndMetadataAlone) {
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

TEST_F(ListLabTest, AWatchGoesOnWhereAListEnded) {
  const auto version = client().list(kConfigMaps, many(), [](const Json&) {});
  ASSERT_TRUE(version.ok()) << version.status();
  ASSERT_TRUE(
      client().merge_patch(kConfigMaps, key("many-7"), {{"data", {{"number", "seven"}}}}).ok());
  ApiClient::WatchOptions options;
  options.resource_namespace = resource_namespace();
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

TEST_F(ListLabTest, AContinueTokenExpiresAndTheListBeginsAgain) {
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
    const auto page = client().get_path(concat("/api/v1/namespaces/", resource_namespace(),
                                               "/configmaps?limit=1&labelSelector=many%3Dyes"));
    const std::string token = (*page)["metadata"]["continue"];
    for (int second = 0; second < kCompactionSecondsMax; ++second) {
      const auto next = client().get_path(concat("/api/v1/namespaces/", resource_namespace(),
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

}  // namespace
}  // namespace petrel::k8s
