// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/run.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "bench/empty_server.h"

namespace petrel::bench {
namespace {

class RunLoad : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = EmptyServer::start("127.0.0.1", 0);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    options_.endpoint = "127.0.0.1:" + std::to_string(server_->port());
    options_.topic = "orders";
    options_.duration_s = 60;
  }

  std::unique_ptr<EmptyServer> server_;
  RunOptions options_;
};

TEST_F(RunLoad, AWindowRunSendsItsCountAndEnds) {
  options_.count = 1000;
  options_.messages_per_request = 4;
  options_.inflight = 16;
  options_.connections = 2;
  options_.threads = 2;
  options_.server_pids = {getpid()};
  const auto report = run_load(options_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->is_clean());
  EXPECT_EQ(report->send.messages, 1000U);
  EXPECT_EQ(report->send.latency_ns.count(), 250U);
  ASSERT_EQ(report->servers.size(), 1U);
  EXPECT_GT(report->servers[0].rss_bytes, 0U);
}

TEST_F(RunLoad, AnOpenLoopSendsItsCountAndEnds) {
  options_.count = 100;
  options_.rate_per_s = 10'000;
  const auto report = run_load(options_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->send.messages, 100U);
  EXPECT_EQ(report->given_up, 0U);
}

TEST_F(RunLoad, MessagesThatNeverArriveAreMissing) {
  options_.mode = Mode::kBoth;
  options_.group = "billing";
  options_.count = 10;
  options_.drain_s = 0;
  const auto report = run_load(options_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->missing, 10U);
  EXPECT_FALSE(report->is_clean());
}

TEST_F(RunLoad, AProcessThatDoesNotExistCannotBeMeasured) {
  options_.server_pids = {-1};
  EXPECT_EQ(run_load(options_).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RunLoad, AnEndpointThatIsNoAddressIsRefused) {
  options_.endpoint = "nowhere";
  EXPECT_EQ(run_load(options_).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace petrel::bench
