// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/object_cache.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petrel::k8s {
namespace {

ObjectPointer object(const std::string& name, const std::string& version,
                     const std::string& uid = "u") {
  return std::make_shared<const Json>(
      Json{{"metadata",
            {{"namespace", "ns"}, {"name", name}, {"uid", uid}, {"resourceVersion", version}}}});
}

class ObjectCacheTest : public ::testing::Test {
 protected:
  std::string version(int64_t now_us = 0) const {
    const ObjectPointer found = cache_.get(key_, now_us);
    return found == nullptr ? "none" : resource_version_of(*found);
  }
  void told(const std::string& at, const std::string& uid = "u") {
    ObjectCache::Change change;
    cache_.put(object("a", at, uid), change);
  }
  void told_gone(const std::string& at, const std::string& uid = "u") {
    ObjectCache::Change change;
    cache_.remove(object("a", at, uid), change);
  }

  const ObjectKey key_{"ns", "a"};
  ObjectCache cache_;
};

TEST_F(ObjectCacheTest, AWriteIsReadBeforeTheWatchTellsIt) {
  told("1");
  cache_.observe_write(object("a", "5"), 0);
  EXPECT_EQ(version(), "5");
  told("3");  // somebody's change from before the write
  EXPECT_EQ(version(), "5");
  told("5");
  told("6");
  EXPECT_EQ(version(), "6");
}

TEST_F(ObjectCacheTest, AnObjectThatWasCreatedIsListedAtOnce) {
  told("1");
  cache_.observe_write(object("b", "5", "v"), 0);
  cache_.observe_write(object("0", "6", "w"), 0);
  const auto all = cache_.list("ns", 0);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(key_of(*all[0]).name, "0");
  EXPECT_EQ(key_of(*all[1]).name, "a");
  EXPECT_EQ(key_of(*all[2]).name, "b");
  EXPECT_EQ(cache_.list("other", 0).size(), 0u);
}

TEST_F(ObjectCacheTest, AWriteThatTheWatchOvertookIsForgotten) {
  told("5");
  told("6");
  cache_.observe_write(object("a", "5"), 0);
  EXPECT_EQ(version(), "6");
  told_gone("7");
  cache_.observe_write(object("a", "6"), 0);
  EXPECT_EQ(version(), "none");
}

TEST_F(ObjectCacheTest, ARemovalIsReadAtOnceAndANewObjectOfTheNameIsNot) {
  told("1");
  cache_.observe_removal(key_, "u", 0);
  EXPECT_EQ(version(), "none");
  EXPECT_TRUE(cache_.list("", 0).empty());
  told("9", "another");
  EXPECT_EQ(version(), "9");
  cache_.observe_removal(key_, "u", 0);
  EXPECT_EQ(version(), "9") << "that one was removed before";
}

TEST_F(ObjectCacheTest, AListThatBeganAfterTheWriteReplacesIt) {
  cache_.observe_write(object("a", "5"), 0);
  cache_.begin_list();
  cache_.observe_write(object("b", "7", "v"), 0);
  cache_.replace_all({{key_, object("a", "6")}});
  EXPECT_EQ(version(), "6");
  EXPECT_NE(cache_.get({"ns", "b"}, 0), nullptr) << "written while the list ran";
}

TEST_F(ObjectCacheTest, AWriteThatTheWatchNeverTellsIsForgottenAfterAMinute) {
  cache_.observe_write(object("a", "5"), 0);
  EXPECT_EQ(version(59'000'000), "5");
  EXPECT_EQ(version(60'000'000), "none");
}

TEST_F(ObjectCacheTest, AListTellsWhatItFoundNewChangedAndGone) {
  ObjectCache::Change change;
  cache_.put(object("same", "1"), change);
  cache_.put(object("gone", "2"), change);
  cache_.put(object("changed", "3"), change);
  const ObjectPointer same = cache_.told({"ns", "same"});
  const auto changes = cache_.replace_all({{{"ns", "same"}, object("same", "1")},
                                           {{"ns", "changed"}, object("changed", "4")},
                                           {{"ns", "new"}, object("new", "5")}});
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].key.name, "gone");
  EXPECT_EQ(changes[0].after, nullptr);
  EXPECT_EQ(changes[1].key.name, "changed");
  EXPECT_EQ(resource_version_of(*changes[1].before), "3");
  EXPECT_EQ(changes[2].key.name, "new");
  EXPECT_EQ(changes[2].before, nullptr);
  EXPECT_EQ(cache_.told({"ns", "same"}), same) << "unchanged objects are not kept twice";
}

}  // namespace
}  // namespace petrel::k8s
