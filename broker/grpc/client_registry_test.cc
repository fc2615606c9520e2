// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/client_registry.h"

#include "broker/grpc/test_front.h"
#include "gtest/gtest.h"

namespace petrel::grpcfront {
namespace {

class Registry : public testing::Test {
 protected:
  ManualClock clock_;
  ClientRegistry registry_{clock_};
  std::shared_ptr<FakeWriter> writer_ = std::make_shared<FakeWriter>();
};

TEST_F(Registry, AClientIsConnectedUntilItIsSilentTooLong) {
  EXPECT_FALSE(registry_.connected("c"));
  registry_.put("c", {}, writer_);
  clock_.advance_ms(ClientRegistry::kSilenceMs - 1);
  EXPECT_TRUE(registry_.connected("c"));
  EXPECT_NE(registry_.heard("c"), nullptr);
  clock_.advance_ms(ClientRegistry::kSilenceMs);
  EXPECT_FALSE(registry_.connected("c"));
  registry_.expire();
  EXPECT_EQ(registry_.size(), 0U);
}

TEST_F(Registry, TheStreamOfASilentClientIsEnded) {
  registry_.put("c", {}, writer_);
  clock_.advance_ms(ClientRegistry::kSilenceMs - 1);
  registry_.expire();
  EXPECT_TRUE(writer_->ended.empty());
  clock_.advance_ms(1);
  registry_.expire();
  registry_.expire();
  EXPECT_EQ(writer_->ended, std::vector{TelemetryWriter::End::kOk});
}

TEST_F(Registry, ALostStreamShortensTheTimeUnlessTheClientIsHeard) {
  registry_.put("c", {}, writer_);
  registry_.stream_closed("c", writer_.get());
  clock_.advance_ms(ClientRegistry::kStreamLossMs - 1);
  EXPECT_TRUE(registry_.connected("c"));
  registry_.heard("c");
  clock_.advance_ms(ClientRegistry::kStreamLossMs);
  EXPECT_TRUE(registry_.connected("c"));
}

TEST_F(Registry, TheEndOfAReplacedStreamChangesNothing) {
  registry_.put("c", {}, writer_);
  const auto second = std::make_shared<FakeWriter>();
  registry_.put("c", {}, second);
  registry_.stream_closed("c", writer_.get());
  registry_.broadcast({});
  EXPECT_EQ(second->written.size(), 1U);
  EXPECT_TRUE(writer_->written.empty());
}

TEST_F(Registry, CountsTheClientsOfAGroup) {
  registry_.put("a", {.group = "g"}, writer_);
  registry_.put("b", {.group = "g"}, writer_);
  registry_.put("c", {.group = "h"}, writer_);
  EXPECT_EQ(registry_.clients_of_group("g"), 2);
  EXPECT_TRUE(registry_.remove("a"));
  EXPECT_FALSE(registry_.remove("a"));
  EXPECT_EQ(registry_.clients_of_group("g"), 1);
}

}  // namespace
}  // namespace petrel::grpcfront
