// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/first_format.h"

#include <gtest/gtest.h>

#include <map>

#include "broker/core/state.h"
#include "broker/core/state_codec.h"
#include "broker/core/testing/state_events.h"
#include "broker/core/testing/state_history.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {
namespace {

using events::bytes_of;
using events::Event;
using state::v1::Snapshot;

TEST(FirstFormat, EachEventGivesTheStateThatTodaysGives) {
  std::map<Event::EventCase, int> kinds;
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    BrokerState today;
    BrokerState first;
    StateHistory history(seed, {.first_format = true});
    for (int step = 0; step < 1'500; ++step) {
      const Event event = history.next(today);
      events::apply_all({event}, today);
      if (event.has_client_set()) {
        continue;  // the first format makes a client with its first delivery
      }
      if (event.has_adopted()) {
        events::apply_all({event}, first);
        continue;
      }
      // Names as they were before a deletion.
      const bool removes = event.has_topic_removed() || event.has_group_removed();
      const Event old = events::in_first_format(event, removes ? first : today);
      ++kinds[old.event_case()];
      events::apply_all({old}, first);
      ASSERT_EQ(bytes_of(first), bytes_of(today))
          << "seed " << seed << ", step " << step << ": " << old.ShortDebugString();
    }
    first.check_invariants();
  }
  EXPECT_EQ(kinds.size(), 8u) << "all kinds";
  EXPECT_TRUE(kinds.contains(Event::kFirstExtended));
}

// What the state was in the first format.
Snapshot in_first_format(const BrokerState& state) {
  Snapshot old;
  old.set_config_version(state.config_version());
  old.set_adopted(state.adopted());
  for (const auto& [name, topic] : state.topics()) {
    to_proto(topic->config, *old.add_topics());
  }
  for (const auto& [name, group] : state.groups()) {
    to_proto(group->config, *old.add_groups());
    old.mutable_groups()->rbegin()->clear_incarnation();
  }
  for (const auto& [group, of_group] : state.groups()) {
    for (const auto& [topic, subscription] : of_group->subscriptions) {
      for (int32_t id = 0; id < subscription->queue_id_end(); ++id) {
        const GroupQueue* const queue = subscription->find(id);
        if (queue == nullptr) {
          continue;
        }
        auto& position = *old.add_positions();
        position.set_group(group);
        position.set_topic(topic);
        position.set_queue_id(id);
        position.set_next_offset(queue->next().value());
        position.set_last_delivery_id(queue->last_delivery_id());
        queue->visit_in_flight(
            store::QueueOffset(0), [&](store::QueueOffset at, const InFlight& delivery) {
              auto& open = *position.add_in_flight();
              open.set_offset(at.value());
              open.set_delivery_id(delivery.delivery_id);
              open.set_visible_at_ms(delivery.visible_at_ms);
              open.set_attempt(delivery.attempt);
              open.set_suspended(delivery.suspended);
              open.set_renew_client_id(std::string(state.client_name(delivery.client)));
              open.set_renew_until_ms(delivery.renew_until_ms);
              return true;
            });
      }
    }
  }
  return old;
}

TEST(FirstFormat, ASnapshotRestores) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    BrokerState state;
    StateHistory history(seed, {.first_format = true});
    for (int step = 0; step < 1'000; ++step) {
      events::apply_all({history.next(state)}, state);
    }
    const Snapshot old = in_first_format(state);
    BrokerState restored;
    const absl::Status status = restored.restore(std::vector{old.SerializeAsString()});
    ASSERT_TRUE(status.ok()) << status;
    restored.check_invariants();
    // Its groups and clients have other ids; what it says with names is the same.
    EXPECT_EQ(in_first_format(restored).SerializeAsString(), old.SerializeAsString());
    for (const auto& [name, group] : restored.groups()) {
      EXPECT_EQ(group->config.incarnation, group->config.version);
    }
    // Later events of the first format go on from there.
    for (int step = 0; step < 200; ++step) {
      const Event event = history.next(restored);
      events::apply_all({event}, restored);
    }
    BrokerState again;
    EXPECT_TRUE(again.restore(restored.capture_all()).ok());
  }
}

class FirstFormatTest : public ::testing::Test {
 protected:
  FirstFormatTest() {
    events::apply_all({events::topic_set("orders", 1), events::group_set("billing", 2)}, state_);
  }
  void expect_refused(const Event& event) {
    const std::string before = bytes_of(state_);
    EXPECT_EQ(state_.apply(event).code(), absl::StatusCode::kDataLoss) << event.ShortDebugString();
    EXPECT_EQ(bytes_of(state_), before);
  }
  BrokerState state_;
};

TEST_F(FirstFormatTest, AnEventThatNamesWhatIsNotThereIsDataLoss) {
  Event event;
  event.mutable_first_acked()->set_group("billing");
  event.mutable_first_acked()->set_topic("nowhere");
  expect_refused(event);
  event.mutable_first_acked()->set_topic("orders");
  event.mutable_first_acked()->set_queue_id(1 << 30);
  expect_refused(event);
  event.mutable_first_positioned()->set_group("nobody");
  expect_refused(event);
  event.mutable_first_topic_deleted()->set_name("nowhere");
  expect_refused(event);
  event.mutable_first_group_deleted()->set_name("nobody");
  expect_refused(event);
}

TEST_F(FirstFormatTest, ADeliveryThatDoesNotFitMakesNoClient) {
  Event event;
  auto& delivered = *event.mutable_first_delivered();
  delivered.set_group("billing");
  delivered.set_topic("orders");
  delivered.add_offsets(7);
  delivered.set_next_offset(7);
  delivered.set_renew_client_id("new");
  expect_refused(event);
  delivered.set_next_offset(8);
  events::apply_all({event}, state_);
  EXPECT_EQ(state_.find_client("new"), ClientId(1));
}

TEST_F(FirstFormatTest, AcknowledgementsOfWhatIsNotOpenSayNothing) {
  Event event;
  event.mutable_first_acked()->set_group("billing");
  event.mutable_first_acked()->set_topic("orders");
  event.mutable_first_acked()->add_offsets(3);
  events::apply_all({event}, state_);
  EXPECT_EQ(state_.find_subscription("billing", "orders"), nullptr);
}

TEST(FirstFormat, ASnapshotWithAMessageTwiceInFlightIsDataLoss) {
  Snapshot old;
  old.add_topics()->set_name("t");
  old.mutable_topics(0)->set_version(1);
  old.add_groups()->set_name("g");
  old.mutable_groups(0)->set_version(2);
  auto& position = *old.add_positions();
  position.set_group("g");
  position.set_topic("t");
  position.set_next_offset(9);
  position.add_in_flight()->set_offset(3);
  BrokerState sound;
  EXPECT_TRUE(sound.restore(std::vector{old.SerializeAsString()}).ok());
  position.add_in_flight()->set_offset(3);
  BrokerState state;
  const absl::Status refused = state.restore(std::vector{old.SerializeAsString()});
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(refused.message().find("twice in flight"), std::string::npos) << refused;
}

TEST(FirstFormat, TotalsOfQueuesAreGivenForTheStore) {
  Snapshot old;
  auto& totals = *old.add_totals();
  totals.set_topic("t");
  for (const int64_t bytes : {100, 0, 300}) {
    totals.add_bytes(bytes);
    totals.add_oldest_ms(bytes / 10);
    totals.add_newest_ms(bytes / 5);
  }
  const auto read = first_format_totals(old.SerializeAsString());
  ASSERT_TRUE(read.ok()) << read.status();
  const std::vector<FirstFormatTotals>& found = *read;
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[2].topic, "t");
  EXPECT_EQ(found[2].queue_id, 2);
  EXPECT_EQ(found[2].bytes, 300);
  EXPECT_EQ(found[2].oldest_ms, 30);
  EXPECT_EQ(found[2].newest_ms, 60);
  EXPECT_TRUE(first_format_totals(bytes_of(BrokerState()))->empty()) << "of today's format";
  old.add_totals()->add_bytes(1);
  EXPECT_TRUE(absl::IsDataLoss(first_format_totals(old.SerializeAsString()).status()))
      << "its lists do not fit together";
}

}  // namespace
}  // namespace petrel::core
