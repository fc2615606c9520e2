// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/status_map.h"

#include "gtest/gtest.h"

namespace petrel::grpcfront {
namespace {

TEST(StatusMap, EveryOutcomeHasACode) {
  for (int i = 0; i <= static_cast<int>(core::OutcomeCode::kForbidden); ++i) {
    const rmq::Code code = to_code(static_cast<core::OutcomeCode>(i));
    EXPECT_TRUE(rmq::Code_IsValid(code)) << i;
    EXPECT_EQ(code == rmq::OK, i == 0) << i;
  }
}

TEST(StatusMap, AnOutcomeWithoutTextIsToldByTheNameOfItsCode) {
  rmq::Status status;
  set_status(core::Outcome{core::OutcomeCode::kOverloaded, ""}, &status);
  EXPECT_EQ(status.code(), rmq::TOO_MANY_REQUESTS);
  EXPECT_EQ(status.message(), "TOO_MANY_REQUESTS");
  set_status(core::Outcome{core::OutcomeCode::kOverloaded, "the mailbox is full"}, &status);
  EXPECT_EQ(status.message(), "the mailbox is full");
}

}  // namespace
}  // namespace petrel::grpcfront
