// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nameserver/testing/addresses.h"

namespace petrel::nameserver {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TopicQueues kEightQueues = {8, 8, permission::kRead | permission::kWrite, 1U << 1};

Broker broker(std::string name, int32_t id = 0, std::string address = "") {
  Broker result;
  result.cluster = std::string("c");
  if (address.empty()) {
    address = absl::StrCat(name, "-", id, ":8081");
  }
  result.addresses = {clients_grpc(address)};
  result.name = std::move(name);
  result.id = id;
  result.incarnation = absl::StrCat("run-", address);
  return result;
}

Broker creating(Broker b, int32_t queues = 8) {
  b.auto_create_topics = true;
  b.auto_create_queues = queues;
  return b;
}

Instant at(int64_t mono_ms) { return {mono_ms, 1'000'000 + mono_ms}; }

class RouteTableTest : public ::testing::Test {
 protected:
  // Registers over a connection of that number.
  absl::Status add(uint64_t connection, const Broker& b, std::vector<std::string> topics = {},
                   TopicQueues queues = kEightQueues) {
    std::vector<TopicEntry> entries;
    for (std::string& topic : topics) {
      entries.push_back({std::move(topic), queues});
    }
    auto registered = table_.register_broker(ConnectionId(connection), b, 1, entries, at(0));
    replaced_ = registered.ok() ? registered->replaced : std::vector<ConnectionId>();
    return registered.status();
  }

  // "broker:write queues/permission(replica ids)" for each group.
  std::vector<std::string> route(std::string_view topic, bool creatable = false) const {
    return described(table_.find_route(topic, creatable));
  }
  std::vector<std::string> client_route(std::string_view topic, bool creatable = false) const {
    return described(table_.find_client_route(topic, creatable));
  }
  static std::vector<std::string> described(const std::vector<GroupRoute>& routes) {
    std::vector<std::string> result;
    for (const GroupRoute& group : routes) {
      std::string text = absl::StrCat(group.replicas.front()->name, ":", group.queues.write_queues,
                                      "/", group.queues.permission, "(");
      for (const auto& replica : group.replicas) {
        absl::StrAppend(&text, text.back() == '(' ? "" : ",", replica->id);
      }
      result.push_back(text + ")");
    }
    return result;
  }

  RouteTable table_;
  std::vector<ConnectionId> replaced_;
};

TEST_F(RouteTableTest, ATopicIsFoundOnEachGroupThatHasItByName) {
  ASSERT_TRUE(add(1, broker("b"), {"orders", "payments"}).ok());
  ASSERT_TRUE(add(2, broker("a"), {"orders"}).ok());
  EXPECT_THAT(route("orders"), ElementsAre("a:8/6(0)", "b:8/6(0)"));
  EXPECT_THAT(route("payments"), ElementsAre("b:8/6(0)"));
  EXPECT_THAT(route("unknown"), IsEmpty());
  EXPECT_EQ(table_.topic_count(), 2u);
  EXPECT_EQ(table_.group_count(), 2u);
  EXPECT_THAT(table_.topics(), ElementsAre("orders", "payments"));
}

TEST_F(RouteTableTest, ALostConnectionTakesItsBrokerAndTopicsAlong) {
  ASSERT_TRUE(add(1, broker("a"), {"orders"}).ok());
  ASSERT_TRUE(add(2, broker("b"), {"orders", "payments"}).ok());
  EXPECT_TRUE(table_.disconnect(ConnectionId(2)));
  EXPECT_FALSE(table_.disconnect(ConnectionId(2)));
  EXPECT_THAT(route("orders"), ElementsAre("a:8/6(0)"));
  EXPECT_THAT(table_.topics(), ElementsAre("orders"));
}

TEST_F(RouteTableTest, SlavesAreListedBesideTheMasterWhoseQueuesCount) {
  ASSERT_TRUE(add(1, broker("a", 1), {"orders", "stale"}, {4, 4, 6, 2}).ok());
  ASSERT_TRUE(add(2, broker("a", 0), {"orders"}).ok());
  EXPECT_THAT(route("orders"), ElementsAre("a:8/6(0,1)"));
  EXPECT_THAT(route("stale"), IsEmpty());
}

TEST_F(RouteTableTest, WithoutItsMasterAGroupCanOnlyBeRead) {
  ASSERT_TRUE(add(1, broker("a", 1), {"orders"}).ok());
  ASSERT_TRUE(add(2, broker("a", 2), {"orders"}).ok());
  EXPECT_THAT(route("orders"), ElementsAre("a:8/4(1,2)"));
}

TEST_F(RouteTableTest, ARestartedBrokerReplacesItsEarlierSelf) {
  ASSERT_TRUE(add(1, broker("a"), {"orders"}).ok());
  Broker again = broker("a");
  again.incarnation = "second run";
  ASSERT_TRUE(add(2, again, {"payments"}).ok());
  EXPECT_THAT(replaced_, ElementsAre(ConnectionId(1)));
  EXPECT_THAT(route("orders"), IsEmpty());
  EXPECT_THAT(route("payments"), ElementsAre("a:8/6(0)"));
  EXPECT_FALSE(table_.disconnect(ConnectionId(1)));
  EXPECT_EQ(table_.broker_count(), 1u);
}

TEST_F(RouteTableTest, AnEarlierRunCannotTakeItsPlaceBack) {
  const Broker first = broker("a");
  Broker second = broker("a");
  second.incarnation = "second run";
  Broker third = broker("a");
  third.incarnation = "third run";
  ASSERT_TRUE(add(1, first).ok());
  ASSERT_TRUE(add(2, second).ok());
  ASSERT_TRUE(add(3, third).ok());
  EXPECT_EQ(add(4, first).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(add(5, second).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(table_.disconnect(ConnectionId(3)));
  EXPECT_TRUE(add(6, first).ok());
}

TEST_F(RouteTableTest, TheSameRunMayComeOverANewConnection) {
  ASSERT_TRUE(add(1, broker("a"), {"orders"}).ok());
  ASSERT_TRUE(add(2, broker("a"), {"orders"}).ok());
  EXPECT_THAT(replaced_, ElementsAre(ConnectionId(1)));
  ASSERT_TRUE(add(3, broker("a"), {"orders"}).ok());
  EXPECT_THAT(route("orders"), ElementsAre("a:8/6(0)"));
}

TEST_F(RouteTableTest, AnAddressUnderAnotherIdIsReplaced) {
  ASSERT_TRUE(add(1, broker("a", 1, "host:1"), {"orders"}).ok());
  ASSERT_TRUE(add(2, broker("a", 0, "host:1"), {"orders"}).ok());
  EXPECT_THAT(replaced_, ElementsAre(ConnectionId(1)));
  EXPECT_THAT(route("orders"), ElementsAre("a:8/6(0)"));
}

TEST_F(RouteTableTest, ANewcomerMayReplaceTwoAtOnce) {
  ASSERT_TRUE(add(1, broker("a", 0, "host:1"), {"orders"}).ok());
  ASSERT_TRUE(add(2, broker("a", 1, "host:2"), {"orders"}).ok());
  ASSERT_TRUE(add(3, broker("a", 0, "host:2"), {"orders"}).ok());
  EXPECT_THAT(replaced_, ElementsAre(ConnectionId(1), ConnectionId(2)));
  EXPECT_THAT(route("orders"), ElementsAre("a:8/6(0)"));
}

TEST_F(RouteTableTest, AConnectionMayChangeItsBrokersRole) {
  Broker slave = broker("a", 1, "host:1");
  ASSERT_TRUE(add(1, slave, {"orders"}).ok());
  Broker master = broker("a", 0, "host:1");
  master.role_epoch = 2;
  ASSERT_TRUE(add(1, master, {"orders"}).ok());
  EXPECT_THAT(replaced_, IsEmpty());
  EXPECT_THAT(route("orders"), ElementsAre("a:8/6(0)"));
  EXPECT_EQ(table_.broker_count(), 1u);
}

TEST_F(RouteTableTest, ABrokerReplacesAllThatHaveAnAddressOfIt) {
  ASSERT_TRUE(add(1, broker("a", 0, "host:1")).ok());
  ASSERT_TRUE(add(2, broker("b", 0, "host:2")).ok());
  ASSERT_TRUE(add(3, broker("c", 0, "host:3")).ok());
  Broker moved = broker("d", 0, "host:4");
  for (const char* address : {"host:1", "host:2"}) {
    moved.addresses.push_back(clients_grpc(address));
    moved.addresses.back().purpose = AddressPurpose::kInternal;
  }
  ASSERT_TRUE(add(4, moved).ok());
  EXPECT_THAT(replaced_, ElementsAre(ConnectionId(1), ConnectionId(2)));
  EXPECT_EQ(table_.broker_count(), 2u);
  EXPECT_TRUE(table_.disconnect(ConnectionId(4)));
  ASSERT_TRUE(add(5, broker("a", 0, "host:1")).ok());
  EXPECT_THAT(replaced_, IsEmpty());
}

TEST_F(RouteTableTest, AnAddressForTwoPurposesIsOne) {
  Broker both = broker("a", 0, "host:1");
  both.addresses.push_back(both.addresses.front());
  both.addresses.back().purpose = AddressPurpose::kClientsRemoting;
  ASSERT_TRUE(add(1, both).ok());
  ASSERT_TRUE(add(2, broker("b", 0, "host:1")).ok());
  EXPECT_THAT(replaced_, ElementsAre(ConnectionId(1)));
}

TEST_F(RouteTableTest, ALowerRoleEpochIsRefusedWhileTheGroupKnowsAHigherOne) {
  Broker promoted = broker("a", 0, "host:2");
  promoted.role_epoch = 5;
  ASSERT_TRUE(add(1, promoted, {"orders"}).ok());
  Broker old = broker("a", 0, "host:1");
  old.role_epoch = 4;
  EXPECT_EQ(add(2, old).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(shown_address(*table_.brokers().front().broker), "host:2");
  table_.disconnect(ConnectionId(1));
  EXPECT_TRUE(add(2, old).ok());
}

TEST_F(RouteTableTest, AHigherRoleEpochTakesTheMastersPlace) {
  ASSERT_TRUE(add(1, broker("a", 0, "host:1"), {"orders"}).ok());
  Broker promoted = broker("a", 0, "host:2");
  promoted.role_epoch = 1;
  ASSERT_TRUE(add(2, promoted, {"orders"}).ok());
  EXPECT_THAT(replaced_, ElementsAre(ConnectionId(1)));
}

TEST_F(RouteTableTest, ANameBelongsToOneClusterAtATime) {
  ASSERT_TRUE(add(1, broker("a"), {"orders"}).ok());
  Broker other = broker("a", 1);
  other.cluster = "d";
  EXPECT_EQ(add(2, other).code(), absl::StatusCode::kFailedPrecondition);
  table_.disconnect(ConnectionId(1));
  EXPECT_TRUE(add(2, other).ok());
}

TEST_F(RouteTableTest, AFullRegistrationReplacesTheTopicsOfTheConnection) {
  ASSERT_TRUE(add(1, broker("a"), {"orders", "payments"}).ok());
  ASSERT_TRUE(add(1, broker("a"), {"payments", "refunds"}).ok());
  EXPECT_THAT(table_.topics(), ElementsAre("payments", "refunds"));
}

TEST_F(RouteTableTest, ChangesAreAppliedInOrderOfTheirVersions) {
  ASSERT_TRUE(add(1, broker("a"), {"orders", "payments"}).ok());
  EXPECT_EQ(*table_.update_topics(ConnectionId(1), 3, {{"orders", {2, 2, 4, 2}}, {"new", {}}},
                                  {"payments", "never there"}, at(5)),
            3);
  EXPECT_THAT(route("orders"), ElementsAre("a:2/4(0)"));
  EXPECT_THAT(table_.topics(), ElementsAre("new", "orders"));
  EXPECT_EQ(table_.brokers().front().last_heard_wall_ms, at(5).wall_ms);
}

TEST_F(RouteTableTest, AHeartbeatKeepsTheTopics) {
  ASSERT_TRUE(add(1, broker("a"), {"orders"}).ok());
  EXPECT_EQ(*table_.update_topics(ConnectionId(1), 1, {}, {}, at(5)), 1);
  EXPECT_THAT(table_.topics(), ElementsAre("orders"));
}

TEST_F(RouteTableTest, ChangesAgainstAnotherVersionAskForAFullRegistration) {
  ASSERT_TRUE(add(1, broker("a"), {"orders"}).ok());
  EXPECT_NE(*table_.update_topics(ConnectionId(1), 1, {{"new", kEightQueues}}, {}, at(5)), 1);
  EXPECT_THAT(table_.topics(), ElementsAre("orders"));
  // Also what follows, until it comes.
  EXPECT_NE(*table_.update_topics(ConnectionId(1), 2, {{"new", kEightQueues}}, {}, at(5)), 2);
  EXPECT_NE(*table_.update_topics(ConnectionId(1), 2, {}, {}, at(5)), 2);
  ASSERT_TRUE(add(1, broker("a"), {"new"}).ok());
  EXPECT_THAT(table_.topics(), ElementsAre("new"));
  EXPECT_EQ(*table_.update_topics(ConnectionId(1), 1, {}, {}, at(5)), 1);
}

TEST_F(RouteTableTest, AHeartbeatOfAnEarlierVersionAsksForAFullRegistration) {
  ASSERT_TRUE(add(1, broker("a"), {"orders"}).ok());
  EXPECT_NE(*table_.update_topics(ConnectionId(1), 0, {}, {}, at(5)), 0);
}

TEST_F(RouteTableTest, ChangesOverAConnectionWithoutBrokerAreRefused) {
  EXPECT_EQ(table_.update_topics(ConnectionId(1), 1, {}, {}, at(5)).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(RouteTableTest, BrokersExpireWhenSilentForLongerThanAllowed) {
  ASSERT_TRUE(add(1, broker("a"), {"orders"}).ok());
  ASSERT_TRUE(add(2, broker("b"), {"orders"}).ok());
  ASSERT_TRUE(table_.update_topics(ConnectionId(2), 1, {}, {}, at(100)).ok());
  EXPECT_THAT(table_.expire(at(120), 120), IsEmpty());
  EXPECT_THAT(table_.expire(at(121), 120), ElementsAre(ConnectionId(1)));
  EXPECT_THAT(route("orders"), ElementsAre("b:8/6(0)"));
}

TEST_F(RouteTableTest, ClientsAreLedAwayFromABrokerThatIsLeaving) {
  ASSERT_TRUE(add(1, broker("a"), {"orders"}).ok());
  ASSERT_TRUE(add(2, broker("b"), {"orders"}).ok());
  EXPECT_THAT(client_route("orders"), ElementsAre("a:8/6(0)", "b:8/6(0)"));
  EXPECT_TRUE(table_.set_leaving(ConnectionId(1)));
  EXPECT_THAT(client_route("orders"), ElementsAre("b:8/6(0)"));
  EXPECT_THAT(route("orders"), ElementsAre("a:8/6(0)", "b:8/6(0)")) << "what it has is read on";

  ASSERT_TRUE(add(3, broker("a"), {"orders"}).ok());
  EXPECT_THAT(client_route("orders"), ElementsAre("a:8/6(0)", "b:8/6(0)")) << "it came back";
  EXPECT_FALSE(table_.set_leaving(ConnectionId(1))) << "that connection has no broker any more";
}

TEST_F(RouteTableTest, ABrokerThatIsLeavingStaysInRoutesThatNobodyTakesOver) {
  constexpr TopicQueues kReadOnly = {8, 8, permission::kRead, 1U << 1};
  constexpr TopicQueues kOrdered = {8, 8, permission::kRead | permission::kWrite, 1U << 2};
  ASSERT_TRUE(add(1, broker("a"), {"alone"}).ok());
  EXPECT_FALSE(table_.set_leaving(ConnectionId(1)));
  ASSERT_TRUE(add(2, broker("b"), {"alone"}, kReadOnly).ok());
  EXPECT_FALSE(table_.set_leaving(ConnectionId(1)));
  EXPECT_THAT(client_route("alone"), ElementsAre("a:8/6(0)", "b:8/4(0)"));

  ASSERT_TRUE(add(1, broker("a"), {"ordered"}, kOrdered).ok());
  ASSERT_TRUE(add(2, broker("b"), {"ordered"}, kOrdered).ok());
  EXPECT_FALSE(table_.set_leaving(ConnectionId(1)));
  EXPECT_THAT(client_route("ordered"), ElementsAre("a:8/6(0)", "b:8/6(0)"))
      << "an ordered message's queue follows from the number of queues";
}

TEST_F(RouteTableTest, WhoWouldCreateATopicTakesItOver) {
  ASSERT_TRUE(add(1, creating(broker("a")), {"by-use"}).ok());
  ASSERT_TRUE(add(2, creating(broker("b"))).ok());
  EXPECT_TRUE(table_.set_leaving(ConnectionId(1)));
  EXPECT_THAT(client_route("by-use", true), ElementsAre("b:8/6(0)"));
  EXPECT_FALSE(table_.set_leaving(ConnectionId(2))) << "both go: nobody takes over";
  EXPECT_THAT(client_route("by-use", true), ElementsAre("a:8/6(0)", "b:8/6(0)"));
}

TEST_F(RouteTableTest, AnUnknownTopicIsOfferedOnAllMastersThatCreateTopics) {
  ASSERT_TRUE(add(1, creating(broker("a")), {}).ok());
  ASSERT_TRUE(add(2, creating(broker("b"), 4), {}).ok());
  ASSERT_TRUE(add(3, creating(broker("c", 1)), {}).ok());
  ASSERT_TRUE(add(4, broker("d"), {}).ok());
  EXPECT_THAT(route("new", true), ElementsAre("a:8/6(0)", "b:4/6(0)"));
  EXPECT_THAT(route("new", false), IsEmpty());
}

TEST_F(RouteTableTest, ATopicThatOneBrokerCreatedByUseStaysOfferedOnTheOthers) {
  ASSERT_TRUE(add(1, creating(broker("b")), {"new"}).ok());
  ASSERT_TRUE(add(2, creating(broker("a"), 4), {}).ok());
  EXPECT_THAT(route("new", true), ElementsAre("a:4/6(0)", "b:8/6(0)"));
  EXPECT_THAT(route("new", false), ElementsAre("b:8/6(0)"));
}

TEST_F(RouteTableTest, ATopicThatSomebodyDeclaredStaysWhereItIs) {
  ASSERT_TRUE(add(1, creating(broker("a")), {"orders"}, {3, 3, 6, 2}).ok());
  ASSERT_TRUE(add(2, creating(broker("b")), {}).ok());
  EXPECT_THAT(route("orders", true), ElementsAre("a:3/6(0)"));
}

}  // namespace
}  // namespace petrel::nameserver
