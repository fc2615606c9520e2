// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/client_registry.h"

#include "broker/frontend/testing/fake_channel.h"
#include "gtest/gtest.h"

namespace petrel::frontend {
namespace {

class ClientRegistryTest : public testing::Test {
 protected:
  ManualClock clock_;
  ClientRegistry registry_{clock_};
  std::shared_ptr<FakeChannel> channel_ = std::make_shared<FakeChannel>();
};

TEST_F(ClientRegistryTest, AClientIsConnectedUntilItIsSilentTooLong) {
  EXPECT_FALSE(registry_.connected("c"));
  registry_.put("c", {}, channel_);
  clock_.advance_ms(ClientRegistry::kSilenceMs - 1);
  EXPECT_TRUE(registry_.connected("c"));
  EXPECT_NE(registry_.heard("c"), nullptr);
  clock_.advance_ms(ClientRegistry::kSilenceMs);
  EXPECT_FALSE(registry_.connected("c"));
  registry_.expire();
  EXPECT_EQ(registry_.size(), 0U);
}

TEST_F(ClientRegistryTest, TheChannelOfASilentClientIsEnded) {
  registry_.put("c", {}, channel_);
  clock_.advance_ms(ClientRegistry::kSilenceMs - 1);
  registry_.expire();
  EXPECT_EQ(channel_->ends, 0);
  clock_.advance_ms(1);
  registry_.expire();
  registry_.expire();
  EXPECT_EQ(channel_->ends, 1);
}

TEST_F(ClientRegistryTest, ALostChannelShortensTheTimeUnlessTheClientIsHeard) {
  registry_.put("c", {}, channel_);
  registry_.channel_closed("c", channel_.get());
  clock_.advance_ms(ClientRegistry::kChannelLossMs - 1);
  EXPECT_TRUE(registry_.connected("c"));
  registry_.heard("c");
  clock_.advance_ms(ClientRegistry::kChannelLossMs);
  EXPECT_TRUE(registry_.connected("c"));
}

TEST_F(ClientRegistryTest, AClientIsLostFromTheEndOfItsChannelUntilItIsHeard) {
  const auto lost = [this] { return registry_.list("", "", 1).at(0).lost; };
  registry_.put("c", {}, channel_);
  EXPECT_FALSE(lost());
  registry_.channel_closed("c", channel_.get());
  EXPECT_TRUE(lost());
  EXPECT_NE(registry_.heard("c"), nullptr);
  EXPECT_FALSE(lost());
  registry_.put("c", {}, channel_);
  registry_.channel_closed("c", channel_.get());
  registry_.put("c", {}, channel_);
  EXPECT_FALSE(lost());
}

TEST_F(ClientRegistryTest, TheEndOfAReplacedChannelChangesNothing) {
  registry_.put("c", {}, channel_);
  const auto second = std::make_shared<FakeChannel>();
  registry_.put("c", {}, second);
  registry_.channel_closed("c", channel_.get());
  registry_.ask_to_reconnect("broker:8081");
  EXPECT_EQ(second->reconnects, std::vector<std::string>{"broker:8081"});
  EXPECT_TRUE(channel_->reconnects.empty());
}

TEST_F(ClientRegistryTest, ListsClientsByTheirIdsInPages) {
  registry_.put("b", {.group = "g"}, channel_);
  clock_.advance_ms(5);
  registry_.put("a", {.group = "h"}, channel_);
  registry_.put("c", {.group = "g"}, channel_);
  registry_.put("b", {.group = "g", .address = "10.0.0.1:4000"}, channel_);
  const auto ids = [](const std::vector<ClientRegistry::Connected>& clients) {
    std::vector<std::string> found;
    for (const auto& each : clients) {
      found.push_back(each.client_id);
    }
    return found;
  };
  EXPECT_EQ(ids(registry_.list("", "", 2)), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(ids(registry_.list("", "b", 2)), (std::vector<std::string>{"c"}));
  const auto of_group = registry_.list("g", "", 10);
  EXPECT_EQ(ids(of_group), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(of_group.front().client->address, "10.0.0.1:4000");
  EXPECT_EQ(of_group.front().since_ms, clock_.wall_ms() - 5)
      << "describing itself again is no new connection";
}

TEST_F(ClientRegistryTest, CountsTheClientsOfAGroup) {
  registry_.put("a", {.group = "g"}, channel_);
  registry_.put("b", {.group = "g"}, channel_);
  registry_.put("c", {.group = "h"}, channel_);
  EXPECT_EQ(registry_.clients_of_group("g"), 2);
  EXPECT_TRUE(registry_.remove("a"));
  EXPECT_FALSE(registry_.remove("a"));
  EXPECT_EQ(registry_.clients_of_group("g"), 1);
}

}  // namespace
}  // namespace petrel::frontend
