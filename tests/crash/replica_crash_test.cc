// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// A log that follows another one meets power cuts, kills, failing operations and full disks while
// it takes bytes and is truncated. Seeds are those of crash_test.cc.
#include "common/concat.h"
#include "common/log.h"
#include "gtest/gtest.h"
#include "tests/crash/replica_run.h"
#include "tests/crash/seeds.h"

namespace petrel::store {
namespace {

class ReplicaCrashTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {  // Thousands of expected failures.
    ASSERT_TRUE(log::init({.level = log::Level::kError,
                           .file = concat(::testing::TempDir(), "petrel-replica-crash-test.log")})
                    .ok());
  }
  static void TearDownTestSuite() { ASSERT_TRUE(log::init({}).ok()); }

  static void try_every_operation(Mishap mishap) {
    const Seeds seeds;
    // A life is shorter here than that of a store.
    for (uint64_t seed = seeds.first; seed < seeds.first + 4 * seeds.thorough_count; ++seed) {
      const int64_t operations = count_replica_operations(seed, mishap);
      ASSERT_GT(operations, 20);
      for (int64_t at = 0; at < operations; ++at) {
        const absl::Status status = run_replica_mishap(seed, mishap, at, Break::kNothing);
        ASSERT_TRUE(status.ok()) << "operation " << at << ": " << status.message()
                                 << "\nreplay with PETREL_CRASH_SEED=" << seed;
      }
    }
  }

  // How many of these seeds show that something is wrong.
  static int caught(Break broken) {
    int caught = 0;
    for (uint64_t seed = 1; seed <= 100; ++seed) {
      if (!run_replica_lives(seed, broken).ok()) ++caught;
    }
    return caught;
  }
};

TEST_F(ReplicaCrashTest, PowerCutAtEveryOperation) { try_every_operation(Mishap::kPowerCut); }

TEST_F(ReplicaCrashTest, PowerCutAtEveryOperationOfADiskThatWritesInOrder) {
  try_every_operation(Mishap::kPowerCutInOrder);
}

TEST_F(ReplicaCrashTest, KillAtEveryOperation) { try_every_operation(Mishap::kKill); }

TEST_F(ReplicaCrashTest, InputOutputErrorAtEveryOperation) {
  try_every_operation(Mishap::kFailure);
}

TEST_F(ReplicaCrashTest, NoSpaceAtEveryOperation) { try_every_operation(Mishap::kFullDisk); }

TEST_F(ReplicaCrashTest, ManyLivesEndInEveryWay) {
  const Seeds seeds;
  for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    const absl::Status status = run_replica_lives(seed, Break::kNothing);
    ASSERT_TRUE(status.ok()) << status.message() << "\nreplay with PETREL_CRASH_SEEDS=1 "
                             << "PETREL_CRASH_SEED=" << seed;
  }
}

// The test of the test.
TEST_F(ReplicaCrashTest, ATruncationThatLeavesAStepOutIsCaught) {
  EXPECT_EQ(caught(Break::kNothing), 0);
  EXPECT_GT(caught(Break::kMarkNotSynced), 0);
  EXPECT_GT(caught(Break::kTailKept), 0);
  EXPECT_GT(caught(Break::kCutNotSynced), 0);
}

}  // namespace
}  // namespace petrel::store
