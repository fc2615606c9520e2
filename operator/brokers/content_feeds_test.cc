// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/brokers/content_feeds.h"

#include <set>

#include "gtest/gtest.h"
#include "operator/brokers/testing/fake_broker.h"

namespace petrel::ops {
namespace {

constexpr int64_t kSoonMs = 30'000;
constexpr MemberId kBroker0{Role::kBroker, 0};
constexpr MemberId kBroker1{Role::kBroker, 1};

class ContentFeedsTest : public ::testing::Test {
 protected:
  static bool follows(ContentFeeds& feeds, const std::string& cluster, const MemberId& broker) {
    const auto feed = feeds.find(cluster, broker);
    return feed != nullptr && feed->wait_for(0, kSoonMs);
  }

  FakeBroker first_;
  FakeBroker second_;
  Mutex mutex_;
  std::set<std::string> changed_ ABSL_GUARDED_BY(mutex_);
  ContentFeeds feeds_{{.backoff_ms_min = 1, .backoff_ms_max = 20},
                      [this](const std::string& cluster, const MemberId& broker, ContentChange) {
                        const MutexLock lock(mutex_);
                        changed_.insert(cluster + "/" + broker.name());
                      }};
};

TEST_F(ContentFeedsTest, EachBrokerOfEachClusterHasItsFeed) {
  first_.set_topic("a", 1);
  second_.set_topic("b", 1);
  feeds_.set("ns/one", {{kBroker0, first_.connection()}, {kBroker1, second_.connection()}});
  feeds_.set("ns/two", {{kBroker0, second_.connection()}});
  ASSERT_TRUE(follows(feeds_, "ns/one", kBroker0));
  ASSERT_TRUE(follows(feeds_, "ns/one", kBroker1));
  ASSERT_TRUE(follows(feeds_, "ns/two", kBroker0));
  EXPECT_TRUE(feeds_.contents("ns/one").at(kBroker0)->topics.contains("a"));
  EXPECT_TRUE(feeds_.contents("ns/one").at(kBroker1)->topics.contains("b"));
  EXPECT_EQ(feeds_.contents("ns/two").size(), 1U);
  EXPECT_TRUE(feeds_.contents("ns/none").empty());
  feeds_.stop();
  const MutexLock lock(mutex_);
  EXPECT_EQ(changed_,
            (std::set<std::string>{"ns/one/broker-0", "ns/one/broker-1", "ns/two/broker-0"}));
}

TEST_F(ContentFeedsTest, AFeedStaysAsLongAsItsBrokerAndAddress) {
  feeds_.set("c", {{kBroker0, first_.connection()}, {kBroker1, first_.connection()}});
  const auto kept = feeds_.find("c", kBroker0);
  const auto moved = feeds_.find("c", kBroker1);
  feeds_.set("c", {{kBroker0, first_.connection()}, {kBroker1, second_.connection()}});
  EXPECT_EQ(feeds_.find("c", kBroker0), kept);
  EXPECT_NE(feeds_.find("c", kBroker1), moved);
  EXPECT_EQ(feeds_.find("c", kBroker1)->connection().address, second_.connection().address);
  EXPECT_EQ(moved->content(), nullptr);
}

TEST_F(ContentFeedsTest, WhatAnswersNoMoreIsNotAmongTheContents) {
  feeds_.set("c", {{kBroker0, first_.connection()}, {kBroker1, second_.connection()}});
  ASSERT_TRUE(follows(feeds_, "c", kBroker0));
  ASSERT_TRUE(follows(feeds_, "c", kBroker1));
  feeds_.set("c", {{kBroker1, second_.connection()}});
  EXPECT_EQ(feeds_.find("c", kBroker0), nullptr);
  EXPECT_EQ(feeds_.contents("c").size(), 1U);
  feeds_.set("c", {});
  EXPECT_TRUE(feeds_.contents("c").empty());
}

TEST_F(ContentFeedsTest, NothingStartsAfterTheEnd) {
  feeds_.stop();
  feeds_.set("c", {{kBroker0, first_.connection()}});
  EXPECT_EQ(feeds_.find("c", kBroker0), nullptr);
}

}  // namespace
}  // namespace petrel::ops
