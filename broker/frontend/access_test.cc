// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/access.h"

#include "broker/frontend/testing/deny.h"
#include "gtest/gtest.h"

namespace petrel::frontend {
namespace {

const std::vector<Need> kNeeds = {{Action::kSubscribe, ResourceKind::kTopic, "orders"},
                                  {Action::kSubscribe, ResourceKind::kGroup, "g"}};

TEST(Access, AllowAllAllowsAll) { EXPECT_TRUE(authorize_all(AllowAll(), {}, kNeeds).ok()); }

TEST(Access, OneRefusalRefusesTheCall) {
  EXPECT_TRUE(authorize_all(Deny(ResourceKind::kTopic, "other"), {}, kNeeds).ok());
  EXPECT_TRUE(authorize_all(Deny(ResourceKind::kTopic, "g"), {}, kNeeds).ok());
  const core::Outcome refused = authorize_all(Deny(ResourceKind::kGroup, "g"), {}, kNeeds);
  EXPECT_EQ(refused.code, core::OutcomeCode::kForbidden);
  EXPECT_EQ(refused.text, "not for you");
}

TEST(AccessDeathTest, ACallThatNeedsLeaveForNothingIsAMistake) {
  EXPECT_DEATH((void)authorize_all(AllowAll(), {}, {}), "needs");
}

}  // namespace
}  // namespace petrel::frontend
