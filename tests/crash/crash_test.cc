// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// A store meets power cuts, kills, failing operations and full disks, and what comes back is
// compared with what was done to it.
//   PETREL_CRASH_SEEDS  how many seeds; 10,000 and more for a night
//   PETREL_CRASH_SEED   the first one: with PETREL_CRASH_SEEDS=1 it replays a failure
#include <string>

#include "common/concat.h"
#include "common/log.h"
#include "gtest/gtest.h"
#include "tests/crash/lives.h"
#include "tests/crash/seeds.h"

namespace petrel::store {
namespace {

class CrashTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {  // Thousands of expected failures.
    ASSERT_TRUE(log::init({.level = log::Level::kError,
                           .file = concat(::testing::TempDir(), "petrel-crash-test.log")})
                    .ok());
  }
  static void TearDownTestSuite() { ASSERT_TRUE(log::init({}).ok()); }

  static void try_every_operation(Mishap mishap) {
    const Seeds seeds;
    for (uint64_t seed = seeds.first; seed < seeds.first + seeds.thorough_count; ++seed) {
      const int64_t operations = count_operations(seed, mishap);
      ASSERT_GT(operations, 40);
      for (int64_t at = 0; at < operations; ++at) {
        const absl::Status status = run_mishap(seed, mishap, at);
        ASSERT_TRUE(status.ok()) << "operation " << at << ": " << status.message()
                                 << "\nreplay with PETREL_CRASH_SEED=" << seed;
      }
    }
  }
};

TEST_F(CrashTest, PowerCutAtEveryOperation) { try_every_operation(Mishap::kPowerCut); }

TEST_F(CrashTest, PowerCutAtEveryOperationOfADiskThatWritesInOrder) {
  try_every_operation(Mishap::kPowerCutInOrder);
}

TEST_F(CrashTest, KillAtEveryOperation) { try_every_operation(Mishap::kKill); }

TEST_F(CrashTest, InputOutputErrorAtEveryOperation) { try_every_operation(Mishap::kFailure); }

TEST_F(CrashTest, NoSpaceAtEveryOperation) { try_every_operation(Mishap::kFullDisk); }

// Each seed is another store with other lives.
TEST_F(CrashTest, ManyLivesEndInEveryWay) {
  const Seeds seeds;
  for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    const absl::Status status = run_lives(seed);
    ASSERT_TRUE(status.ok()) << status.message() << "\nreplay with PETREL_CRASH_SEEDS=1 "
                             << "PETREL_CRASH_SEED=" << seed;
  }
}

}  // namespace
}  // namespace petrel::store
