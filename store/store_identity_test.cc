// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/store_identity.h"

#include <array>
#include <cstdio>

#include "common/check.h"
#include "common/concat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/log/crc32.h"

namespace petrel::store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr char kFile[] = "store/identity";

class StoreIdentityTest : public ::testing::Test {
 protected:
  StoreIdentityTest() { PETREL_CHECK_OK(disk_.create_directories("store")); }
  absl::StatusOr<StoreIdentity> open(const std::string& handed_in) {
    return open_identity(disk_, "store", {.handed_in = handed_in}, random_);
  }

  SimDisk disk_{{}};
  SeededRandom random_{7};
};

TEST_F(StoreIdentityTest, WhatTheMakerHandsInIsKept) {
  EXPECT_EQ(open("broker-a.1")->id, "broker-a.1");
  disk_.crash();
  EXPECT_EQ(open("broker-a.1")->id, "broker-a.1");
  EXPECT_EQ(open("")->id, "broker-a.1");
}

TEST_F(StoreIdentityTest, OneIsMintedWhereNobodyHandsOneIn) {
  const std::string id = open("")->id;
  EXPECT_THAT(id, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(open("")->id, id);
  PETREL_CHECK_OK(disk_.remove(kFile));
  EXPECT_NE(open("")->id, id);
}

TEST_F(StoreIdentityTest, AnotherStoreIsRefusedNamingBoth) {
  ASSERT_TRUE(open("one").ok());
  const absl::Status status = open("two").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.message(), AllOf(HasSubstr("one"), HasSubstr("two"), HasSubstr("store")));
}

TEST_F(StoreIdentityTest, WhatIsNoIdIsRefusedBeforeAnythingIsMade) {
  for (const std::string& id :
       {std::string("a b"), std::string("a/b"), std::string("a\n"), std::string(41, 'a')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(open(id).status())) << id;
  }
  EXPECT_FALSE(disk_.has_file(kFile));
  EXPECT_TRUE(open(std::string(40, 'a')).ok());
}

TEST_F(StoreIdentityTest, TheFileHasThisText) {
  ASSERT_TRUE(open("one").ok());
  EXPECT_EQ(disk_.bytes_of(kFile), "petrel-identity 1\nid one\ncrc32 13ea870a\n");
}

TEST_F(StoreIdentityTest, AFileWithAnyBitFlippedOrCutAnywhereIsDamaged) {
  ASSERT_TRUE(open("one").ok());
  const std::string bytes = disk_.bytes_of(kFile);
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    for (const std::string& text : {changed, bytes.substr(0, at)}) {
      disk_.put_file(kFile, text);
      const absl::Status status = open("one").status();
      EXPECT_TRUE(absl::IsDataLoss(status)) << text;
      EXPECT_THAT(status.message(), AllOf(HasSubstr(kFile), HasSubstr("restore")));
    }
  }
}

TEST_F(StoreIdentityTest, AFileOfALaterFormatIsNamedAndNotTakenForDamage) {
  disk_.put_file(kFile, "petrel-identity 2\nid one\ncrc32 00000000\n");
  EXPECT_TRUE(absl::IsDataLoss(open("").status()));
  const std::string text = "petrel-identity 2\nid one\n";
  std::array<char, 9> crc{};
  std::snprintf(crc.data(), crc.size(), "%08x", crc32_ieee(text));
  disk_.put_file(kFile, concat(text, "crc32 ", crc.data(), "\n"));
  const absl::Status later = open("").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(later)) << later;
  EXPECT_THAT(later.message(),
              AllOf(HasSubstr(kFile), HasSubstr("format 2"), HasSubstr("format 1")));
}

TEST_F(StoreIdentityTest, PowerLossOrAKillAtAnyOperationLeavesNoIdOrTheWholeOne) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    for (int64_t cut = 0; cut < 6; ++cut) {
      for (const bool power : {false, true}) {
        SimDisk disk({.seed = seed});
        PETREL_CHECK_OK(disk.create_directories("store"));
        SeededRandom random(seed);
        disk.cut_power_at(disk.operations() + cut);
        const auto made = open_identity(disk, "store", {}, random);
        power ? disk.crash() : disk.restart();
        const auto found = open_identity(disk, "store", {}, random);
        ASSERT_TRUE(found.ok()) << found.status();
        if (made.ok()) {
          EXPECT_EQ(found->id, made->id);
        }
        disk.crash();
        EXPECT_EQ(open_identity(disk, "store", {}, random)->id, found->id)
            << "what was told once is for good";
      }
    }
  }
}

TEST_F(StoreIdentityTest, AFullDiskIsNoReasonNotToOpenADirectoryWithoutOne) {
  disk_.limit_space(disk_.used_bytes());
  const auto made = open("");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE(made->kept);
  disk_.limit_space(1 << 20);
  ASSERT_TRUE(keep_identity(disk_, "store", made->id).ok());
  disk_.crash();
  const auto found = open("");
  EXPECT_EQ(found->id, made->id);
  EXPECT_TRUE(found->kept);
}

TEST_F(StoreIdentityTest, WhereTheFileWasLostSnapshotsTell) {
  const IdentityClaims both{.handed_in = "two", .in_snapshots = "one"};
  const absl::Status refused = open_identity(disk_, "store", both, random_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(refused.message(), AllOf(HasSubstr("one"), HasSubstr("two")));
  EXPECT_FALSE(disk_.has_file(kFile));
  EXPECT_EQ(open_identity(disk_, "store", {.in_snapshots = "one"}, random_)->id, "one");
  EXPECT_EQ(open("")->id, "one");
}

TEST_F(StoreIdentityTest, ADiskThatFailsIsOne) {
  disk_.inject({.operation = SimDisk::Operation::kWrite,
                .path_part = "identity",
                .status = absl::InternalError("EIO")});
  EXPECT_FALSE(open("").ok());
}

}  // namespace
}  // namespace petrel::store
