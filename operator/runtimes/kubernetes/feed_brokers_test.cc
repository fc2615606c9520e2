// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/feed_brokers.h"

#include <gtest/gtest.h>

#include "operator/brokers/testing/fake_broker.h"

namespace petrel::ops {
namespace {

constexpr int64_t kSoonMs = 30'000;
constexpr MemberId kBroker0{Role::kBroker, 0};
constexpr MemberId kBroker1{Role::kBroker, 1};

class FeedBrokersTest : public testing::Test {
 protected:
  FakeBroker broker_;
  ContentFeeds feeds_{{.backoff_ms_min = 1, .backoff_ms_max = 20},
                      [](const std::string&, const MemberId&, ContentChange) {}};
};

TEST_F(FeedBrokersTest, TellsTheContentsOfBrokersThatAnswer) {
  broker_.set_topic("orders", 4);
  FeedBrokers brokers(feeds_, "ns/demo");
  brokers.set({{kBroker0, {.host_port = broker_.connection().address, .ready = true}},
               {kBroker1, {.host_port = "127.0.0.1:1"}}});
  ASSERT_TRUE(feeds_.find("ns/demo", kBroker0)->wait_for(0, kSoonMs));
  const auto contents = brokers.contents();
  ASSERT_EQ(contents.size(), 1u);
  EXPECT_EQ(contents.at(kBroker0)->topics.at("orders").settings.read_queues, 4);
  EXPECT_EQ(contents.at(kBroker0)->store_id, FakeBroker::kStoreId);
}

TEST_F(FeedBrokersTest, LetsBrokersGoThatAreNotNamedAnyMoreAndAllAtItsEnd) {
  {
    FeedBrokers brokers(feeds_, "ns/demo");
    const ClusterBrokers::Address address{.host_port = broker_.connection().address};
    brokers.set({{kBroker0, address}, {kBroker1, address}});
    brokers.set({{kBroker1, address}});
    EXPECT_EQ(feeds_.find("ns/demo", kBroker0), nullptr);
    EXPECT_NE(feeds_.find("ns/demo", kBroker1), nullptr);
  }
  EXPECT_EQ(feeds_.find("ns/demo", kBroker1), nullptr);
}

TEST_F(FeedBrokersTest, ABrokerWithoutAnAddressIsUnavailable) {
  FeedBrokers brokers(feeds_, "ns/demo");
  Action action;
  action.kind = ActionKind::kApplyTopics;
  action.member = kBroker0;
  EXPECT_TRUE(absl::IsUnavailable(brokers.write(action)));
}

}  // namespace
}  // namespace petrel::ops
