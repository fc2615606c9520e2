// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/expected_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/disk/sim_disk.h"
#include "store/store_identity.h"

namespace petrel::broker {
namespace {

using testing::HasSubstr;

class ExpectedStore : public testing::Test {
 protected:
  ExpectedStore() { EXPECT_TRUE(disk_.create_directories("data").ok()); }
  absl::Status check(const std::string& expected) {
    return check_expected_store(disk_, "data", expected, random_);
  }

  SeededRandom random_{1};
  store::SimDisk disk_{store::SimDisk::Options()};
};

TEST_F(ExpectedStore, IsTakenWhenItIsThereAndNothingIsExpectedOfABrokerThatIsNotToldSo) {
  EXPECT_TRUE(check("").ok());
  ASSERT_TRUE(
      store::open_identity(disk_, "data", {.handed_in = "one", .in_snapshots = ""}, random_).ok());
  EXPECT_TRUE(check("one").ok());
  EXPECT_TRUE(check("").ok());
}

TEST_F(ExpectedStore, AnEmptyDirectoryIsRefusedAndStaysEmpty) {
  const absl::Status refused = check("one");
  EXPECT_TRUE(is_wrong_store(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("data holds no store"));
  EXPECT_TRUE(disk_.list("data")->empty());
}

// A first start on a full disk had no room for it.
TEST_F(ExpectedStore, ALogWithoutAnIdIsNoEmptyDirectory) {
  ASSERT_TRUE(disk_.create_directories("data/commitlog").ok());
  ASSERT_TRUE(
      disk_.open("data/commitlog/00000000000000000000", store::Disk::OpenMode::kCreate).ok());
  EXPECT_TRUE(check("one").ok());
}

TEST_F(ExpectedStore, AnotherStoreIsRefusedWithBothNames) {
  ASSERT_TRUE(
      store::open_identity(disk_, "data", {.handed_in = "two", .in_snapshots = ""}, random_).ok());
  const absl::Status refused = check("one");
  EXPECT_TRUE(is_wrong_store(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("is the store two, not one"));
}

TEST_F(ExpectedStore, AFileThatCannotBeReadIsNoOtherStore) {
  auto file = disk_.open("data/identity", store::Disk::OpenMode::kCreate);
  ASSERT_TRUE(file.ok());
  const absl::Status damaged = check("one");
  EXPECT_TRUE(absl::IsDataLoss(damaged)) << damaged;
  EXPECT_FALSE(is_wrong_store(damaged));
}

}  // namespace
}  // namespace petrel::broker
