// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// The test of the test: each way to be wrong is noticed, and without it the same histories are
// right.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/concat.h"
#include "common/log.h"
#include "gtest/gtest.h"
#include "tests/oracle/broken_owner.h"
#include "tests/oracle/history.h"

namespace petrel::oracle {
namespace {

constexpr uint64_t kSeeds = 40;
constexpr std::string_view kShadow = "the shadow's state";

class BrokenTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(log::init({.level = log::Level::kError,
                           .file = concat(::testing::TempDir(), "petrel-oracle-broken.log")})
                    .ok());
  }
  static void TearDownTestSuite() { ASSERT_TRUE(log::init({}).ok()); }

  static Shadow::Between with(Defect defect) {
    return [defect](store::MessageStore::Owner& core, const Clock& clock) {
      return make_broken_owner(core, clock, defect);
    };
  }
  // What the first history that is wrong tells.
  static std::optional<std::string> noticed(Defect defect, Tampering tampering) {
    Totals totals;
    for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const History::Options options{.seed = seed, .between = with(defect), .tampering = tampering};
      if (const absl::Status status = History(options, totals).run(); !status.ok()) {
        return std::string(status.message());
      }
    }
    return std::nullopt;
  }
  static void expect_by_shadow(Defect defect) {
    const auto what = noticed(defect, Tampering::kNothing);
    ASSERT_TRUE(what.has_value());
    EXPECT_NE(what->find(kShadow), std::string::npos) << *what;
  }
  // One of these it says; which one comes first follows from the seed.
  static void expect_by_model(Tampering tampering, std::vector<std::string_view> sayings) {
    const auto what = noticed(Defect::kNothing, tampering);
    ASSERT_TRUE(what.has_value());
    EXPECT_NE(what->find("the model says"), std::string::npos) << *what;
    const bool said = std::any_of(sayings.begin(), sayings.end(), [&](std::string_view saying) {
      return what->find(saying) != std::string::npos;
    });
    EXPECT_TRUE(said) << *what;
  }
};

TEST_F(BrokenTest, WithoutADefectTheSameHistoriesAreRight) {
  EXPECT_EQ(noticed(Defect::kNothing, Tampering::kNothing), std::nullopt);
}

TEST_F(BrokenTest, TheShadowNoticesAForgottenEvent) { expect_by_shadow(Defect::kEventForgotten); }

TEST_F(BrokenTest, TheShadowNoticesAHandlerThatReadsTheClock) {
  expect_by_shadow(Defect::kReadsClock);
}

TEST_F(BrokenTest, TheShadowNoticesAHandlerThatAsksWhoIsConnected) {
  expect_by_shadow(Defect::kReadsClients);
}

TEST_F(BrokenTest, TheShadowNoticesAHandlerThatFollowsAHashMap) {
  expect_by_shadow(Defect::kOrderOfHashMap);
}

TEST_F(BrokenTest, TheShadowNoticesADeadLetterWhoseOriginGoesOn) {
  expect_by_shadow(Defect::kMoveForgotten);
}

TEST_F(BrokenTest, TheShadowNoticesAResetPastAnOpenDelivery) {
  expect_by_shadow(Defect::kResetKeepsOpen);
}

TEST_F(BrokenTest, TheModelNoticesMessagesThatTheFilterRefuses) {
  expect_by_model(Tampering::kFilter, {"has the tag"});
}

TEST_F(BrokenTest, TheModelNoticesAnAcknowledgementThatIsForgotten) {
  expect_by_model(Tampering::kAcknowledgement,
                  {"is done, and is delivered again", "open instead of",
                   "a change of the invisible time is answered 0"});
}

TEST_F(BrokenTest, TheModelNoticesAMessageThatIsGivenUpTooEarly) {
  expect_by_model(Tampering::kGivenUp,
                  {"is given up in its attempt", "is told that its message was moved"});
}

TEST_F(BrokenTest, TheModelNoticesAnAnswerThatLeavesTooEarly) {
  expect_by_model(Tampering::kPromise, {"an answer leaves"});
}

}  // namespace
}  // namespace petrel::oracle
