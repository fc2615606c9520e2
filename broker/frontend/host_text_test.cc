// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/host_text.h"

#include "gtest/gtest.h"

namespace petrel::frontend {
namespace {

TEST(HostText, HostsAreWrittenAsClientsReadThem) {
  EXPECT_EQ(format_host(parse_host("10.1.2.3", 80)), "10.1.2.3:80");
  EXPECT_EQ(format_host(parse_host("fe80::1", 80)), "[fe80::1]:80");
  EXPECT_EQ(format_host(parse_host("example.org", 80)), "0.0.0.0:80");
}

}  // namespace
}  // namespace petrel::frontend
