// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_repair.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/tools/written_store.h"

namespace petrel::store {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreRepairTest : public ::testing::Test {
 protected:
  void fill() {
    for (int i = 0; i < 40; ++i) written_.send("orders", i % 2, concat("body ", i));
  }
  std::vector<RepairStep> plan() {
    const StoreReport report =
        verify_store(written_.disk(), WrittenStore::kDirectory, nullptr).value();
    return plan_repair(written_.disk(), WrittenStore::kDirectory, report, "now").value();
  }
  void apply(const std::vector<RepairStep>& steps) {
    ASSERT_TRUE(repair(written_.disk(), steps).ok());
    EXPECT_THAT(plan(), IsEmpty());
  }

  WrittenStore written_;
};

TEST_F(StoreRepairTest, ASoundStoreNeedsNothing) {
  fill();
  written_.close();
  EXPECT_THAT(plan(), IsEmpty());
}

TEST_F(StoreRepairTest, ADamagedQueueMovesAsideAndIsRebuilt) {
  fill();
  written_.close();
  written_.disk().flip_bit("store/consumequeue/orders/1/00000000000000000000", 5 * 20 + 7, 0);
  const std::vector<RepairStep> steps = plan();
  ASSERT_THAT(steps, SizeIs(1));
  EXPECT_EQ(steps[0].to, "store/damaged/now/consumequeue/orders/1/00000000000000000000");
  apply(steps);
  EXPECT_THAT(written_.disk().files(), Contains(steps[0].to));
  ASSERT_TRUE(written_.open_again().ok());
  EXPECT_EQ(written_.store().find_queue("orders", 1)->max(), QueueOffset(20));
  written_.close();
  EXPECT_TRUE(verify_store(written_.disk(), WrittenStore::kDirectory, nullptr)->sound());
}

TEST_F(StoreRepairTest, ALogThatLostItsEndOpensWithWhatIsThere) {
  fill();
  written_.snapshot();
  written_.send("orders", 0, "promised");
  written_.kill();
  const WrittenStore::Record last = written_.records().back();
  written_.flip_log_bit(last.offset + 95);
  ASSERT_TRUE(absl::IsDataLoss(written_.open_again()));

  const std::vector<RepairStep> steps = plan();
  apply(steps);
  // What was damaged is kept for whoever can read it.
  EXPECT_THAT(written_.disk().files(), Contains(HasSubstr(concat("store/damaged/now/commitlog/"))));
  ASSERT_TRUE(written_.open_again().ok());
  EXPECT_EQ(written_.store().log().end().value(), last.offset);
  EXPECT_EQ(written_.store().find_queue("orders", 0)->max(), QueueOffset(20));
  written_.close();
  EXPECT_TRUE(verify_store(written_.disk(), WrittenStore::kDirectory, nullptr)->sound());
}

TEST_F(StoreRepairTest, ADamagedSnapshotMovesAside) {
  fill();
  written_.close();
  for (const std::string& path : written_.disk().files()) {
    if (path.starts_with("store/snapshots/")) written_.disk().flip_bit(path, 70, 2);
  }
  apply(plan());
  ASSERT_TRUE(written_.open_again().ok());
  EXPECT_EQ(written_.store().find_queue("orders", 1)->max(), QueueOffset(20));
}

}  // namespace
}  // namespace petrel::store
