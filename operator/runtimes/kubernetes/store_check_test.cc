// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/store_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petrel::ops {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const json kClaim = {{"metadata", {{"name", "c-broker-0-0-data"}, {"uid", "u1"}}}};
const json kOtherClaim = {{"metadata", {{"name", "c-broker-0-0-data"}, {"uid", "u2"}}}};
const json kDyingClaim = {{"metadata",
                           {{"name", "c-broker-0-0-data"},
                            {"uid", "u1"},
                            {"deletionTimestamp", "2026-11-21T15:00:00Z"}}}};
const StoreRecord kRecord{"u1", "s1"};

StoreFacts facts(const json* claim, const std::string& told = "") {
  return {.claim_name = "c-broker-0-0-data",
          .claim = claim,
          .told_id = told,
          .refused_by_broker = "",
          .broker_verifies = true};
}

std::string problem(const std::optional<StoreRecord>& record, const StoreFacts& facts) {
  return check_store(record, facts, {}).problem.reason;
}

TEST(StoreCheck, WhatIsThereIsNotedAndCompletedAsItBecomesKnown) {
  EXPECT_EQ(check_store(std::nullopt, facts(nullptr), {}).record, std::nullopt);
  EXPECT_EQ(check_store(std::nullopt, facts(&kClaim), {}).record, (StoreRecord{"u1", ""}));
  EXPECT_EQ(check_store(StoreRecord{"u1", ""}, facts(&kClaim, "s1"), {}).record, kRecord);
  EXPECT_EQ(check_store(kRecord, facts(&kClaim), {}).record, kRecord);
  EXPECT_EQ(problem(kRecord, facts(&kClaim, "s1")), "");
}

TEST(StoreCheck, AClaimThatIsGoneIsLostAndStaysNoted) {
  const StoreVerdict verdict = check_store(kRecord, facts(nullptr), {});
  EXPECT_EQ(verdict.problem.reason, "VolumeLost");
  EXPECT_THAT(verdict.problem.message, HasSubstr("petrel.io/accept-data-loss=s1"));
  EXPECT_EQ(verdict.record, kRecord);
  EXPECT_THAT(check_store(StoreRecord{"u1", ""}, facts(nullptr), {}).problem.message,
              HasSubstr("petrel.io/accept-data-loss=u1"));
}

TEST(StoreCheck, AnotherClaimIsTriedIfTheBrokerCanTellAndTakenWhenItHasTheStore) {
  EXPECT_EQ(problem(kRecord, facts(&kOtherClaim)), "");
  StoreFacts blind = facts(&kOtherClaim);
  blind.broker_verifies = false;
  EXPECT_EQ(problem(kRecord, blind), "VolumeUnknown");
  EXPECT_EQ(problem(StoreRecord{"u1", ""}, facts(&kOtherClaim)), "VolumeUnknown");
  EXPECT_EQ(check_store(kRecord, facts(&kOtherClaim, "s1"), {}).record, (StoreRecord{"u2", "s1"}));
}

TEST(StoreCheck, AStoreThatIsAnotherOneIsToldAndNotNoted) {
  StoreFacts refused = facts(&kClaim);
  refused.refused_by_broker = "holds no store";
  EXPECT_EQ(problem(kRecord, refused), "VolumeUnknown");
  EXPECT_THAT(check_store(kRecord, refused, {}).problem.message, HasSubstr("holds no store"));
  const StoreVerdict other = check_store(kRecord, facts(&kClaim, "s2"), {});
  EXPECT_EQ(other.problem.reason, "VolumeUnknown");
  EXPECT_EQ(other.record, kRecord);
}

TEST(StoreCheck, AClaimThatIsBeingDeletedIsToldWhileItsPodKeepsIt) {
  EXPECT_EQ(problem(kRecord, facts(&kDyingClaim, "s1")), "VolumeDying");
  EXPECT_EQ(problem(std::nullopt, facts(&kDyingClaim)), "VolumeDying");
}

TEST(StoreCheck, AStoreThatIsGivenUpIsForgottenAndNoOther) {
  EXPECT_EQ(check_store(kRecord, facts(nullptr), {"s1"}).record, std::nullopt);
  EXPECT_EQ(check_store(kRecord, facts(nullptr), {"s1"}).problem.reason, "");
  EXPECT_EQ(check_store(kRecord, facts(nullptr), {"s2"}).problem.reason, "VolumeLost");
  EXPECT_EQ(check_store(kRecord, facts(&kOtherClaim, "s2"), {"s1"}).record,
            (StoreRecord{"u2", "s2"}));
}

}  // namespace
}  // namespace petrel::ops
