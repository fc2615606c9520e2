// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/cluster_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "common/temp_directory.h"
#include "operator/plan/testing/test_documents.h"

namespace petrel::ops {
namespace {

using testing::HasSubstr;

Declaration declaration_of(std::vector<Resource> topics, const std::string& cluster_spec = "") {
  Declaration declaration{.cluster = make_resource("PetrelCluster", "c", cluster_spec),
                          .topics = std::move(topics)};
  return declaration;
}

TEST(ClusterRecord, GenerationsGrowOnlyWithChanges) {
  const auto first = next_record(
      std::nullopt, declaration_of({topic_resource("a"), topic_resource("b")}), std::nullopt);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = next_record(
      *first, declaration_of({topic_resource("a"), topic_resource("b", ", queuesPerBroker: 2")}),
      std::nullopt);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->cluster.generation, 1);
  EXPECT_EQ(second->topics[0].generation, 1);
  EXPECT_EQ(second->topics[1].generation, 2);
}

TEST(ClusterRecord, WhatIsNoLongerDeclaredIsBeingDeletedUntilItIsForgottenOrDeclaredAgain) {
  const auto first = next_record(std::nullopt, declaration_of({topic_resource("a")}), std::nullopt);
  const auto second = next_record(*first, declaration_of({}), std::nullopt);
  ASSERT_EQ(second->topics.size(), 1u);
  EXPECT_TRUE(second->topics[0].deleting);
  const auto third = next_record(*second, declaration_of({topic_resource("a")}), std::nullopt);
  ASSERT_EQ(third->topics.size(), 1u);
  EXPECT_FALSE(third->topics[0].deleting);
  EXPECT_EQ(third->topics[0].generation, 2);
}

TEST(ClusterRecord, RefusesAnotherClusterAndImmutableChanges) {
  const auto first = next_record(std::nullopt, declaration_of({topic_resource("a")}), std::nullopt);
  Declaration other = declaration_of({});
  other.cluster.name = "d";
  EXPECT_THAT(std::string(next_record(*first, other, std::nullopt).status().message()),
              HasSubstr("the data directory belongs to PetrelCluster/c"));
  EXPECT_THAT(std::string(next_record(*first, declaration_of({topic_resource("a", ", name: b")}),
                                      std::nullopt)
                              .status()
                              .message()),
              HasSubstr("PetrelTopic/a: spec.name: may not change"));
}

TEST(ClusterRecord, ThePortBaseStaysUnlessGivenAnew) {
  const auto first = next_record(std::nullopt, declaration_of({}), 21'000);
  EXPECT_EQ(next_record(*first, declaration_of({}), std::nullopt)->port_base, 21'000);
  EXPECT_EQ(next_record(*first, declaration_of({}), 22'000)->port_base, 22'000);
}

TEST(ClusterRecord, IsReadBackAsItWasSaved) {
  const TempDirectory dir;
  const std::string file = dir.file("cluster.json");
  EXPECT_FALSE(load_record(file)->has_value());
  auto record = next_record(std::nullopt, declaration_of({topic_resource("a")}), 21'000);
  record->topics[0].deleting = true;
  record->topics[0].generation = 5;
  ASSERT_TRUE(save_record(file, *record).ok());
  const auto loaded = load_record(file);
  ASSERT_TRUE(loaded.ok() && loaded->has_value()) << loaded.status();
  EXPECT_EQ((*loaded)->port_base, 21'000);
  EXPECT_EQ((*loaded)->cluster.resource.spec, record->cluster.resource.spec);
  EXPECT_EQ((*loaded)->topics[0].resource.id(), "PetrelTopic/a");
  EXPECT_EQ((*loaded)->topics[0].generation, 5);
  EXPECT_TRUE((*loaded)->topics[0].deleting);
}

TEST(ClusterRecord, ADamagedOrLaterFileIsAnError) {
  const TempDirectory dir;
  const std::string file = dir.file("cluster.json");
  for (const char* text : {"", "{", "{}", "{\"formatVersion\": 1}", "{\"formatVersion\": 99}"}) {
    std::ofstream(file) << text;
    EXPECT_TRUE(absl::IsDataLoss(load_record(file).status())) << text;
  }
}

}  // namespace
}  // namespace petrel::ops
