// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/process.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace petrel {
namespace {

TEST(Process, RaisesTheSoftLimitToTheHardOne) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit lowered{limit.rlim_max / 2, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  EXPECT_EQ(raise_open_files_limit(), static_cast<int64_t>(limit.rlim_max));
}

}  // namespace
}  // namespace petrel
