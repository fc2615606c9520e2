// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/main/probe_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace petrel::ops {
namespace {

using testing::HasSubstr;

TEST(ProbeCommand, FailsWhenNobodyListens) {
  std::ostringstream out;
  EXPECT_EQ(probe_command("http://127.0.0.1:1/readyz", 0, out), 1);
  EXPECT_THAT(out.str(), HasSubstr("http://127.0.0.1:1/readyz: "));
}

TEST(ProbeCommand, RefusesWhatIsNoUrl) {
  for (const char* url : {"", "127.0.0.1:1", "https://a/", "http://", "http:///readyz"}) {
    std::ostringstream out;
    EXPECT_EQ(probe_command(url, 0, out), 2) << url;
  }
}

}  // namespace
}  // namespace petrel::ops
