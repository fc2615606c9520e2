// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/config_changes.h"

#include "gtest/gtest.h"

namespace petrel::core {
namespace {

using Names = std::vector<std::string>;

TEST(ConfigHistory, NamesWhatChangedBetweenTwoVersions) {
  ConfigHistory history;
  history.begin(10);
  history.topic_changed("b", 11);
  history.group_changed("g", 12);
  history.topic_changed("a", 13);
  history.topic_changed("b", 14);
  const ConfigChanges all = history.between(10, 14);
  EXPECT_FALSE(all.all);
  EXPECT_EQ(all.version, 14);
  EXPECT_EQ(all.topics, (Names{"a", "b"}));
  EXPECT_EQ(all.groups, Names{"g"});
  const ConfigChanges middle = history.between(11, 13);
  EXPECT_EQ(middle.topics, Names{"a"});
  EXPECT_EQ(middle.groups, Names{"g"});
}

TEST(ConfigHistory, DoesNotKnowWhatCameBeforeItsBegin) {
  ConfigHistory history;
  history.begin(10);
  EXPECT_TRUE(history.between(9, 10).all);
  EXPECT_FALSE(history.between(10, 10).all);
}

TEST(ConfigHistory, ForgetsTheOldestOfTooMany) {
  ConfigHistory history;
  const auto kept = static_cast<int64_t>(ConfigHistory::kChangesMax);
  for (int64_t version = 1; version <= kept + 1; ++version) history.topic_changed("t", version);
  EXPECT_TRUE(history.between(0, kept + 1).all);
  EXPECT_FALSE(history.between(1, kept + 1).all);
}

}  // namespace
}  // namespace petrel::core
