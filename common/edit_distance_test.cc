// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/edit_distance.h"

#include <gtest/gtest.h>

#include <string>

namespace petrel {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsAndReplacements) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("same", "same"), 0U);
}

TEST(Nearest, FindsWhatWasMeantAndNothingWhenNothingIsNear) {
  const std::vector<std::string_view> keys = {"store.flush-mode", "store.flush-interval",
                                              "grpc.port"};
  EXPECT_EQ(nearest("store.flush_mode", keys), "store.flush-mode");
  EXPECT_EQ(nearest("store.flushmode", keys), "store.flush-mode");
  EXPECT_EQ(nearest("rpc.port", keys), "grpc.port");
  EXPECT_EQ(nearest("zookeeper", keys), "");
  EXPECT_EQ(nearest(std::string(1 << 20, 'x'), keys), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace petrel
