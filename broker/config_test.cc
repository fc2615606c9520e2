// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/config.h"

#include <sstream>

#include "common/config_loader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace petrel::broker {
namespace {

using testing::HasSubstr;

class Config : public testing::Test {
 protected:
  Config() { config_.declare(schema_); }
  absl::Status load(const std::vector<std::string>& arguments) {
    return load_config(arguments, {.name = "petrel-broker"}, schema_, out_).status();
  }

  BrokerConfig config_;
  ConfigSchema schema_;
  std::ostringstream out_;
};

TEST_F(Config, DefaultsAreValid) {
  EXPECT_TRUE(load({}).ok()) << load({});
  EXPECT_EQ(config_.rpc.listener.port, 8081);
  EXPECT_EQ(config_.http.port, 5557);
  EXPECT_FALSE(config_.core.auto_create_topics);
  EXPECT_EQ(config_.core.flush_mode, store::FlushMode::kAsync);
}

TEST_F(Config, TlsMayBeEnforcedAndNotBeSwitchedOff) {
  EXPECT_EQ(config_.rpc.listener.tls_mode, TlsMode::kPermissive);
  ASSERT_TRUE(load({"--grpc.tls-mode=enforcing"}).ok());
  EXPECT_EQ(config_.rpc.listener.tls_mode, TlsMode::kEnforcing);
  EXPECT_THAT(std::string(load({"--grpc.tls-mode=disabled"}).message()), HasSubstr("permissive"));
}

TEST_F(Config, AnAddressThatNobodyCanConnectToIsRefused) {
  for (const char* address : {"0.0.0.0:8081", "[::]:8081", "broker", "broker:0"}) {
    EXPECT_FALSE(load({"--broker.advertised-address", address}).ok()) << address;
  }
}

TEST_F(Config, TheAdvertisedAddressFollowsTheListeningHost) {
  ASSERT_TRUE(load({"--grpc.host=127.0.0.1", "--grpc.port=24100"}).ok());
  EXPECT_EQ(config_.advertised(), "127.0.0.1:24100");
}

TEST_F(Config, AConfiguredAdvertisedAddressWins) {
  ASSERT_TRUE(load({"--broker.advertised-address=broker.example:8081"}).ok());
  EXPECT_EQ(config_.advertised(), "broker.example:8081");
}

TEST_F(Config, OnAllAddressesTheAdvertisedOneIsStillConcrete) {
  ASSERT_TRUE(load({"--grpc.host=0.0.0.0"}).ok());
  EXPECT_THAT(config_.advertised(), testing::Not(HasSubstr("0.0.0.0")));
}

TEST_F(Config, APortThatNobodyIsToldIsRefused) {
  EXPECT_THAT(std::string(load({"--grpc.port=0"}).message()), HasSubstr("grpc.port"));
}

TEST_F(Config, SegmentsMustHoldTheLargestBody) {
  EXPECT_THAT(std::string(load({"--store.segment-size=4MiB"}).message()),
              HasSubstr("store.segment-size"));
}

TEST_F(Config, NamesAreCheckedBeforeNameserversSeeThem) {
  EXPECT_FALSE(load({"--broker.name=broker a"}).ok());
  EXPECT_FALSE(load({"--broker.nameservers=ns"}).ok());
}

}  // namespace
}  // namespace petrel::broker
