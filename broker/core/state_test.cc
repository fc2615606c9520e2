// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/state.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "broker/core/state_listener.h"
#include "broker/core/testing/state_events.h"
#include "broker/core/testing/state_history.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

using events::bytes_of;
using events::Event;
using events::Queue;
using store::QueueOffset;

// Writes down what it hears.
class Recorder : public StateListener {
 public:
  void topic_set(const TopicState& topic) override { note("topic_set ", topic.config.name); }
  void group_set(const GroupState& group) override { note("group_set ", group.config.name); }
  void topic_removed(const TopicState& topic, int64_t version) override {
    EXPECT_TRUE(topic.subscriptions.empty());
    note("topic_removed ", topic.config.name, " ", version);
  }
  void group_removed(const GroupState& group, int64_t version) override {
    EXPECT_TRUE(group.subscriptions.empty());
    note("group_removed ", group.config.name, " ", version);
  }
  void subscription_removed(const Subscription& subscription) override {
    note("subscription_removed ", subscription.group(), " ", subscription.topic());
  }
  void queue_shortened(const QueueShortening& s) override {
    note("queue_shortened ", s.topic, " ", s.queue_id, " ", s.min.value(), " ", s.front.value(),
         " ", s.empty, " ", s.bytes, " ", s.oldest_ms);
  }
  void queue_skipped(std::string_view topic, int32_t queue_id, QueueOffset next) override {
    note("queue_skipped ", topic, " ", queue_id, " ", next.value());
  }
  void log_begin(store::LogOffset begin) override { note("log_begin ", begin.value()); }

  std::vector<std::string> heard;

 private:
  template <typename... Parts>
  void note(const Parts&... parts) {
    heard.push_back(concat(parts...));
  }
};

// Topic 1, group 2 and client 1; the group has positions 100 in queue 1.
class BrokerStateTest : public ::testing::Test {
 protected:
  BrokerStateTest() {
    events::apply_all(
        {events::topic_set("orders", 1, 0, 3'600'000), events::group_set("billing", 2),
         events::client_set(1, "client-1"), events::position(kQueue, 100)},
        state_);
    listener_.heard.clear();
  }
  void apply(const Event& event) {
    const absl::Status status = state_.apply(event);
    ASSERT_TRUE(status.ok()) << status;
    state_.check_invariants();
  }
  // The event is DataLoss with these words, and changes nothing.
  void expect_refused(const Event& event, std::string_view words) {
    const std::string before = bytes_of(state_);
    const absl::Status status = state_.apply(event);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << event.ShortDebugString();
    EXPECT_NE(status.message().find(words.data(), 0, words.size()), std::string::npos) << status;
    EXPECT_EQ(bytes_of(state_), before) << event.ShortDebugString();
    EXPECT_TRUE(listener_.heard.empty());
    state_.check_invariants();
  }
  const GroupQueue& queue() { return *state_.find_subscription("billing", "orders")->find(1); }
  void deliver_three() {
    apply(events::delivery(kQueue, {.offsets = {100, 103, 104},
                                    .id = 77,
                                    .visible_at_ms = 9'000,
                                    .next = 106,
                                    .client = 1,
                                    .renew_until_ms = 99'000}));
  }

  static constexpr Queue kQueue{.group = 2, .topic = 1, .queue_id = 1};
  Recorder listener_;
  BrokerState state_{&listener_};
};

TEST_F(BrokerStateTest, ATopicIsSetChangedAndRemoved) {
  ASSERT_NE(state_.find_topic("orders"), nullptr);
  EXPECT_EQ(state_.find_topic("orders"), state_.find_topic(TopicId(1)));
  ASSERT_EQ(state_.expiring_topics().size(), 1u) << "those with a retention of their own";
  apply(events::topic_set("orders", 3, 1));
  EXPECT_TRUE(state_.expiring_topics().empty());
  EXPECT_EQ(state_.config_version(), 3);
  apply(events::topic_set("another", 7));
  EXPECT_EQ(state_.topics().begin()->first, "another") << "by name";
  apply(events::topic_removed(1, 8));
  EXPECT_EQ(state_.find_topic("orders"), nullptr);
  EXPECT_EQ(state_.find_topic(TopicId(1)), nullptr);
  EXPECT_EQ(state_.find_subscription(GroupId(2), TopicId(1)), nullptr);
  EXPECT_TRUE(state_.find_group("billing")->subscriptions.empty());
  EXPECT_EQ(state_.config_version(), 8);
  apply(events::topic_set("orders", 9));
  EXPECT_EQ(state_.find_topic("orders")->id(), TopicId(9));
  EXPECT_TRUE(state_.find_topic("orders")->subscriptions.empty());
  EXPECT_EQ(listener_.heard,
            (std::vector<std::string>{"topic_set orders", "topic_set another",
                                      "subscription_removed billing orders",
                                      "topic_removed orders 8", "topic_set orders"}));
}

TEST_F(BrokerStateTest, AGroupIsSetChangedAndRemoved) {
  apply(events::group_set("billing", 3, 2));
  EXPECT_EQ(state_.find_group("billing")->config.backoff_ms, std::vector<int64_t>{3});
  EXPECT_EQ(state_.find_group(GroupId(2)), state_.find_group("billing"));
  apply(events::group_removed(2, 4));
  EXPECT_EQ(state_.find_group("billing"), nullptr);
  EXPECT_TRUE(state_.find_topic("orders")->subscriptions.empty());
  EXPECT_TRUE(state_.groups().empty());
  EXPECT_EQ(listener_.heard,
            (std::vector<std::string>{"group_set billing", "subscription_removed billing orders",
                                      "group_removed billing 4"}));
}

TEST_F(BrokerStateTest, MessagesAreDeliveredAcknowledgedAndExtended) {
  deliver_three();
  EXPECT_EQ(queue().next(), QueueOffset(106));
  EXPECT_EQ(queue().in_flight_count(), 3u);
  apply(events::acknowledged(kQueue, {103, 104, 105}));
  apply(events::extension(
      kQueue,
      {.offset = 100, .id = 78, .visible_at_ms = 10'000, .suspend = true, .keep_renewing = true}));
  ASSERT_EQ(queue().in_flight_count(), 1u);
  const InFlight expected{.delivery_id = 78,
                          .visible_at_ms = 10'000,
                          .attempt = 1,
                          .suspended = true,
                          .answer_sent = true,
                          .client = ClientId(1),
                          .renew_until_ms = 99'000};
  EXPECT_EQ(*queue().find(QueueOffset(100), 78), expected);
  EXPECT_EQ(queue().last_delivery_id(), 78);
  apply(events::position(kQueue, 50));
  EXPECT_EQ(queue().in_flight_count(), 0u) << "what is open above it is looked at again";
  EXPECT_EQ(queue().next(), QueueOffset(50));
}

TEST_F(BrokerStateTest, APositionEndsWhatIsOpenAboveItAndThatOfAResetAllThatIs) {
  deliver_three();
  const size_t open = queue().in_flight_count();
  apply(events::position(kQueue, 10'000));
  EXPECT_EQ(queue().in_flight_count(), open);
  const int64_t last_delivery_id = queue().last_delivery_id();
  Event reset = events::position(kQueue, 10'001);
  reset.mutable_position()->set_end_open(true);
  apply(reset);
  EXPECT_EQ(queue().in_flight_count(), 0u);
  EXPECT_EQ(queue().next(), QueueOffset(10'001));
  EXPECT_EQ(queue().last_delivery_id(), last_delivery_id) << "an id is never given again";
  EXPECT_EQ(state_.clients().idle_count(), 1u);
}

TEST_F(BrokerStateTest, AQueueBeginsWithItsFirstDeliveryOrPosition) {
  const Subscription& subscription = *state_.find_subscription("billing", "orders");
  EXPECT_EQ(subscription.find(0), nullptr);
  apply(events::delivery({2, 1, 0}, {.offsets = {0}, .id = 1, .next = 1}));
  ASSERT_NE(subscription.find(0), nullptr);
  EXPECT_EQ(subscription.find(7), nullptr);
}

TEST_F(BrokerStateTest, AClientCountsItsOpenDeliveries) {
  EXPECT_EQ(state_.find_client("client-1"), ClientId(1));
  EXPECT_EQ(state_.clients().idle(10), std::vector<ClientId>{ClientId(1)});
  deliver_three();
  EXPECT_EQ(state_.clients().find(ClientId(1))->open_deliveries, 3);
  EXPECT_EQ(state_.clients().idle_count(), 0u);
  apply(events::acknowledged(kQueue, {103}));
  apply(events::extension(kQueue, {.offset = 104, .id = 78}));
  EXPECT_EQ(state_.clients().find(ClientId(1))->open_deliveries, 1);
  apply(events::group_removed(2, 3));
  EXPECT_EQ(state_.clients().idle_count(), 1u);
  apply(events::client_removed(1));
  EXPECT_EQ(state_.find_client("client-1"), std::nullopt);
  EXPECT_EQ(state_.client_name(ClientId(1)), "");
  EXPECT_EQ(state_.next_client_id(), ClientId(2)) << "an id is never given again";
}

TEST_F(BrokerStateTest, ShorteningAQueueMovesTheGroupsAndTellsTheStore) {
  deliver_three();
  apply(events::group_set("other", 3));
  apply(events::position({3, 1, 1}, 5));
  apply(events::position({3, 1, 0}, 5));
  listener_.heard.clear();
  Event event = events::queue_shortened("orders", 1, 104);
  event.mutable_queue_shortened()->set_front(4'000);
  event.mutable_queue_shortened()->set_empty(true);
  event.mutable_queue_shortened()->set_bytes(999);
  event.mutable_queue_shortened()->set_oldest_ms(17);
  apply(event);
  EXPECT_EQ(queue().commit_offset(), QueueOffset(104));
  EXPECT_EQ(queue().next(), QueueOffset(106));
  EXPECT_EQ(state_.clients().find(ClientId(1))->open_deliveries, 1);
  const Subscription& other = *state_.find_subscription("other", "orders");
  EXPECT_EQ(other.find(1)->next(), QueueOffset(104));
  EXPECT_EQ(other.find(0)->next(), QueueOffset(5)) << "another queue";
  apply(events::queue_shortened("of another program", 0, 3));
  EXPECT_EQ(listener_.heard,
            (std::vector<std::string>{"queue_shortened orders 1 104 4000 true 999 17",
                                      "queue_shortened of another program 0 3 0 false 0 0"}));
}

TEST_F(BrokerStateTest, WhatIsForTheStoreAloneReachesTheListener) {
  Event skipped;
  skipped.mutable_queue_skipped()->set_topic("orders");
  skipped.mutable_queue_skipped()->set_queue_id(1);
  skipped.mutable_queue_skipped()->set_next(40);
  apply(skipped);
  Event begin;
  begin.mutable_log_begin()->set_offset(1 << 20);
  apply(begin);
  EXPECT_EQ(listener_.heard,
            (std::vector<std::string>{"queue_skipped orders 1 40", "log_begin 1048576"}));
  Event adopted;
  adopted.mutable_adopted()->set_fingerprint("print");
  apply(adopted);
  EXPECT_EQ(state_.adopted(), "print");
}

TEST_F(BrokerStateTest, AnEventThatNamesWhatIsNotThereIsDataLoss) {
  const auto delivery = [](Queue queue) {
    return events::delivery(queue, {.offsets = {1}, .id = 1, .next = 200});
  };
  expect_refused(delivery({3, 1, 1}), "group 3, topic 1, queue 1");
  expect_refused(delivery({2, 2, 1}), "topic 2");
  expect_refused(delivery({2, 1, -1}), "queue -1");
  expect_refused(delivery({2, 1, kQueuesPerTopicMax}), "queue 1024");
  expect_refused(events::position({2, 1, 1 << 30}, 1), "queue");
  expect_refused(events::acknowledged({2, 9, 1}, {1}), "topic 9");
  expect_refused(events::extension({9, 1, 1}, {.offset = 1}), "group 9");
  expect_refused(events::topic_removed(2, 9), "2");
  expect_refused(events::group_removed(1, 9), "1");
  expect_refused(events::client_removed(2), "none");
  expect_refused(events::delivery(kQueue, {.offsets = {100}, .id = 1, .next = 200, .client = 9}),
                 "no client 9");
  expect_refused(Event(), "kind");
}

TEST_F(BrokerStateTest, AnOffsetThatTheGroupHasNotComeToIsDataLoss) {
  expect_refused(events::delivery(kQueue, {.offsets = {100, 105}, .id = 1, .next = 105}), "105");
  expect_refused(events::delivery(kQueue, {.offsets = {-1}, .id = 1, .next = 105}), "-1");
  expect_refused(events::delivery(kQueue, {.offsets = {}, .id = 1, .next = 99}), "back from 100");
  expect_refused(events::acknowledged(kQueue, {99, 100}), "100");
  expect_refused(events::acknowledged({2, 1, 0}, {0}), "offset 0");
  expect_refused(events::extension(kQueue, {.offset = 100}), "100");
  expect_refused(events::position(kQueue, -1), "-1");
  expect_refused(events::position({2, 1, 0}, -1), "-1");
}

TEST_F(BrokerStateTest, AnIdOrAVersionThatDoesNotGrowIsDataLoss) {
  expect_refused(events::topic_set("orders", 2, 1), "version 2");
  expect_refused(events::topic_set("orders", 3, 3), "id 3 instead of 1");
  expect_refused(events::topic_set("new", 3, 2), "id 2 instead of 3");
  expect_refused(events::topic_set("", 3), "''");
  expect_refused(events::group_set("billing", 3, 3), "id 3 instead of 2");
  expect_refused(events::group_set("new", 1), "version 1");
  expect_refused(events::group_set("", 3), "name");
  expect_refused(events::topic_removed(1, 2), "version 2");
  expect_refused(events::group_removed(2, 2), "version 2");
  expect_refused(events::client_set(1, "new"), "id 1");
  expect_refused(events::client_set(2, "client-1"), "client-1");
  Event many = events::topic_set("new", 3);
  many.mutable_topic_set()->mutable_topic()->set_read_queues(kQueuesPerTopicMax + 1);
  expect_refused(many, "1025");
}

TEST_F(BrokerStateTest, AClientWithAnOpenDeliveryCannotBeRemoved) {
  deliver_three();
  expect_refused(events::client_removed(1), "open deliveries");
}

TEST(BrokerState, EqualStatesGiveEqualBytesHoweverTheyCameAbout) {
  constexpr Queue kQueue{.group = 2, .topic = 1, .queue_id = 0};
  std::string first;
  for (uint32_t seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    BrokerState state;
    events::apply_all({events::topic_set("t", 1), events::group_set("g", 2),
                       events::client_set(1, "c"), events::position(kQueue, 500)},
                      state);
    // Open at the end: each third offset; in another order each time, over other ways.
    std::vector<int64_t> offsets(500);
    for (size_t i = 0; i < offsets.size(); ++i) {
      offsets[i] = static_cast<int64_t>(i);
    }
    std::shuffle(offsets.begin(), offsets.end(), random);
    for (const int64_t offset : offsets) {
      const bool stays = offset % 3 == 0;
      const bool detour = random() % 2 == 0;
      if (!stays && detour) {
        continue;
      }
      events::apply_all({events::delivery(kQueue, {.offsets = {offset},
                                                   .id = detour ? 3 : 5,
                                                   .visible_at_ms = 9,
                                                   .next = 500,
                                                   .client = offset % 2})},
                        state);
      events::apply_all({stays ? events::extension(kQueue, {.offset = offset,
                                                            .id = 5,
                                                            .visible_at_ms = 10 + offset,
                                                            .keep_renewing = true})
                               : events::acknowledged(kQueue, {offset})},
                        state);
    }
    state.check_invariants();
    if (first.empty()) {
      first = bytes_of(state);
    }
    ASSERT_EQ(bytes_of(state), first) << "seed " << seed;
  }
}

TEST(BrokerState, AnEventOfChangedBytesFitsOrChangesNothing) {
  const google::protobuf::LogSilencer silencer;  // names that are no UTF-8
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    BrokerState state;
    StateHistory history(seed, {});
    int refused = 0;
    for (int step = 0; step < 2'000; ++step) {
      Event event = history.next(state);
      std::string bytes = event.SerializeAsString();
      if (step > 100 && history.pick(2) == 0) {
        char& byte = bytes[static_cast<size_t>(history.pick(static_cast<int64_t>(bytes.size())))];
        byte = static_cast<char>(byte ^ (1 << history.pick(8)));
      }
      if (!event.ParseFromString(bytes)) {
        continue;
      }
      const std::string before = bytes_of(state);
      const absl::Status status = state.apply(event);
      if (!status.ok()) {
        ++refused;
        ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss);
        ASSERT_EQ(bytes_of(state), before) << "seed " << seed << " step " << step;
      }
      if (step % 50 == 0) {
        state.check_invariants();
      }
      if (state.config_version() > int64_t{1} << 40) {
        break;  // a version went out of sight: nothing fits any more
      }
    }
    EXPECT_GT(refused, 0);
    BrokerState again;
    ASSERT_TRUE(again.restore(state.capture_all()).ok()) << "seed " << seed;
    EXPECT_EQ(bytes_of(again), bytes_of(state));
  }
}

}  // namespace
}  // namespace petrel::core
