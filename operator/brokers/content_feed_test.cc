// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/brokers/content_feed.h"

#include <chrono>

#include "common/concat.h"
#include "gtest/gtest.h"
#include "operator/brokers/broker_admin.h"
#include "operator/brokers/testing/fake_broker.h"
#include "operator/brokers/testing/freezable_proxy.h"

namespace petrel::ops {
namespace {

using Lists = std::vector<std::vector<std::string>>;
constexpr int64_t kSoonMs = 30'000;

// A feed whose changes a test can wait for.
class Follower {
 public:
  explicit Follower(Connection connection, int64_t stats_interval_ms = 3'600'000)
      : feed({.connection = std::move(connection),
              .stats_interval_ms = stats_interval_ms,
              .backoff_ms_min = 1,
              .backoff_ms_max = 20},
             std::make_unique<SeededRandom>(1), [this](ContentChange change) { add(change); }) {
    feed.start();
  }

  // Once the feed's content is such, that content.
  template <typename Condition>
  std::shared_ptr<const BrokerContent> await(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kSoonMs);
    const MutexLock lock(mutex_);
    for (;;) {
      auto content = feed.content();
      if (condition(content)) {
        return content;
      }
      if (std::chrono::steady_clock::now() >= deadline) {
        ADD_FAILURE() << "the content never became so: " << feed.error().ToString();
        return content;
      }
      changed_.wait_until(mutex_, deadline);
    }
  }
  std::shared_ptr<const BrokerContent> await_topic(const std::string& name) {
    return await([&](const auto& c) { return c != nullptr && c->topics.contains(name); });
  }
  void await_loss() {
    await([](const auto& content) { return content == nullptr; });
  }
  std::vector<ContentChange> changes() {
    const MutexLock lock(mutex_);
    return changes_;
  }

 private:
  void add(ContentChange change) {
    const MutexLock lock(mutex_);
    changes_.push_back(change);
    changed_.notify_all();
  }
  Mutex mutex_;
  CondVar changed_;
  std::vector<ContentChange> changes_;

 public:
  ContentFeed feed;
};

TEST(ContentFeed, ReadsEverythingOnceAndThenOnlyWhatChanged) {
  FakeBroker broker;
  broker.set_topic("a", 1);
  broker.set_topic("b", 2);
  broker.set_group("g");
  Follower follower(broker.connection());
  const auto first = follower.await_topic("b");
  EXPECT_EQ(first->topics.at("b").settings.write_queues, 2);
  EXPECT_TRUE(first->groups.contains("g"));

  broker.set_topic("c", 3);
  const auto second = follower.await_topic("c");
  EXPECT_EQ(second->topics.size(), 3U);
  EXPECT_EQ(first->topics.size(), 2U);  // who holds it reads it undisturbed
  EXPECT_EQ(broker.topic_lists(), (Lists{{}, {"c"}}));
  EXPECT_EQ(follower.changes(),
            (std::vector<ContentChange>{ContentChange::kConnection, ContentChange::kSettings}));
}

TEST(ContentFeed, SignsOfTheBrokerAreToldWithoutReadingAnything) {
  FakeBroker broker;
  broker.set_topic("a", 1);
  Follower follower(broker.connection());
  follower.await_topic("a");
  admin::BrokerSigns signs;
  signs.set_nameservers(2);
  signs.set_registered(1);
  signs.set_sends_refused_since_ms(7);
  broker.set_signs(signs);
  const auto content = follower.await(
      [](const auto& c) { return c != nullptr && c->signs.sends_refused_since_ms == 7; });
  EXPECT_EQ(content->signs, from_message(signs));
  EXPECT_TRUE(content->topics.contains("a"));
  EXPECT_EQ(broker.topic_lists(), (Lists{{}}));
  EXPECT_EQ(follower.changes().back(), ContentChange::kSettings) << "whoever decides hears of it";
}

TEST(ContentFeed, WhatIsDeletedDisappears) {
  FakeBroker broker;
  broker.set_topic("a", 1);
  broker.set_topic("b", 1);
  Follower follower(broker.connection());
  follower.await_topic("a");
  broker.delete_topic("a");
  const auto content =
      follower.await([](const auto& c) { return c != nullptr && !c->topics.contains("a"); });
  EXPECT_TRUE(content->topics.contains("b"));
}

TEST(ContentFeed, ReadsThousandsInPages) {
  FakeBroker broker;
  for (int i = 0; i < 2'500; ++i) {
    broker.set_topic(concat("t", i), 1);
  }
  Follower follower(broker.connection());
  const auto content = follower.await_topic("t1");
  EXPECT_EQ(content->topics.size(), 2'500U);
  EXPECT_EQ(broker.topic_lists().size(), 3U);
}

TEST(ContentFeed, ABrokerThatIsNotThereYetIsFollowedOnceItIs) {
  FakeBroker broker;
  broker.set_topic("a", 1);
  broker.stop();
  Follower follower(broker.connection());
  EXPECT_EQ(follower.feed.content(), nullptr);
  EXPECT_FALSE(follower.feed.error().ok());
  broker.start();
  follower.await_topic("a");
  EXPECT_TRUE(follower.feed.error().ok());
}

TEST(ContentFeed, AfterARestartOfTheBrokerEverythingIsReadAgain) {
  FakeBroker broker;
  broker.set_topic("stays", 1);
  broker.set_topic("goes", 1);
  Follower follower(broker.connection());
  follower.await_topic("goes");
  broker.stop();
  follower.await_loss();
  EXPECT_EQ(follower.feed.error().code(), absl::StatusCode::kUnavailable);
  broker.delete_topic("goes");
  broker.set_topic("comes", 1);
  broker.start();
  const auto content = follower.await_topic("comes");
  EXPECT_FALSE(content->topics.contains("goes"));
  EXPECT_TRUE(content->topics.contains("stays"));
}

TEST(ContentFeed, AChangeWhileEverythingIsReadIsNotMissed) {
  FakeBroker broker;
  broker.hang_lists(true);
  Follower follower(broker.connection());
  broker.await_hanging_list();  // the first message was taken
  broker.set_topic("late", 1);
  broker.hang_lists(false);
  follower.await_topic("late");
}

TEST(ContentFeed, AListThatFailsIsTriedAgain) {
  FakeBroker broker;
  broker.set_topic("a", 1);
  broker.fail_lists(3);
  Follower follower(broker.connection());
  follower.await_topic("a");
  EXPECT_EQ(broker.topic_lists().size(), 4U);
}

TEST(ContentFeed, AWriterWaitsUntilTheFeedHasReadWhatItWrote) {
  FakeBroker broker;
  Follower follower(broker.connection());
  ASSERT_TRUE(follower.feed.wait_for(0, kSoonMs));
  broker.hold_watchers(true);
  const int64_t version = broker.set_topic("written", 1);
  EXPECT_FALSE(follower.feed.wait_for(version, 1));
  broker.hold_watchers(false);
  EXPECT_TRUE(follower.feed.wait_for(version, kSoonMs));
  EXPECT_TRUE(follower.feed.content()->topics.contains("written"));
}

TEST(ContentFeed, AFeedThatLagsIsToldAllThatChangedSince) {
  FakeBroker broker;
  Follower follower(broker.connection());
  ASSERT_TRUE(follower.feed.wait_for(0, kSoonMs));
  broker.hold_watchers(true);
  broker.set_topic("a", 1);
  broker.set_topic("b", 1);
  const int64_t version = broker.delete_topic("a");
  broker.hold_watchers(false);
  ASSERT_TRUE(follower.feed.wait_for(version, kSoonMs));
  const auto content = follower.feed.content();
  EXPECT_FALSE(content->topics.contains("a"));
  EXPECT_TRUE(content->topics.contains("b"));
}

TEST(ContentFeed, StatsAreReadOnDemandAndSettingsStay) {
  FakeBroker broker;
  broker.set_topic("a", 4);
  Follower follower(broker.connection());
  follower.await_topic("a");
  broker.set_topic_size("a", 1'000);
  follower.feed.refresh_stats();
  const auto content = follower.await(
      [](const auto& c) { return c != nullptr && c->topics.at("a").stats.size_bytes == 1'000; });
  EXPECT_EQ(content->topics.at("a").settings.write_queues, 4);
  EXPECT_EQ(follower.changes().back(), ContentChange::kStats);
}

TEST(ContentFeed, StatsAreReadAtIntervals) {
  FakeBroker broker;
  broker.set_topic("a", 1);
  Follower follower(broker.connection(), /*stats_interval_ms=*/1);
  follower.await_topic("a");
  broker.set_topic_size("a", 7);
  follower.await(
      [](const auto& c) { return c != nullptr && c->topics.at("a").stats.size_bytes == 7; });
}

// Nothing else may change when a group has read what is in them.
TEST(ContentFeed, WhatIsLeftInQueuesThatAreClosedIsTold) {
  FakeBroker broker;
  broker.set_queues("a", 4, 1);
  broker.set_group("billing");
  broker.set_lagging("billing", "a", {1});
  Follower follower(broker.connection(), /*stats_interval_ms=*/1);
  follower.await(
      [](const auto& c) { return c != nullptr && c->topics.at("a").closing.unread == 1; });
  broker.set_lagging("", "");
  follower.await([](const auto& c) { return c->topics.at("a").closing.unread != 1; });
  EXPECT_EQ(follower.changes().back(), ContentChange::kSettings);
}

TEST(ContentFeed, StoppingEndsACallThatHangs) {
  FakeBroker broker;
  broker.hang_lists(true);
  Follower follower(broker.connection());
  broker.await_hanging_list();
  follower.feed.stop();
  EXPECT_EQ(follower.feed.content(), nullptr);
}

TEST(ContentFeed, ABrokerThatFellSilentIsTakenForDeadAndFollowedAgain) {
  FakeBroker broker;
  broker.set_topic("a", 1);
  FreezableProxy proxy(broker.connection().address);
  Follower follower({.address = proxy.address(), .silence_ms_max = 300});
  follower.await_topic("a");
  proxy.freeze();  // connections stay open, and nothing comes through them
  follower.await_loss();
  broker.set_topic("b", 1);
  proxy.thaw();
  follower.await_topic("b");
}

}  // namespace
}  // namespace petrel::ops
