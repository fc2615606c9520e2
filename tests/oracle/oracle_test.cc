// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// Random histories of a broker, beside which its shadow and a model run.
//   PETREL_ORACLE_SEEDS  how many seeds
//   PETREL_ORACLE_SEED   the first one: with PETREL_ORACLE_SEEDS=1 it replays a failure
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>

#include "common/concat.h"
#include "common/log.h"
#include "gtest/gtest.h"
#include "tests/oracle/history.h"
#include "tests/oracle/seeds.h"

namespace petrel::oracle {
namespace {

std::string seed_line;  // of the history that runs

// A check of the core or the store that fails ends the process: the seed is told before.
extern "C" void tell_seed(int /*signal*/) {
  const ssize_t ignored = ::write(STDERR_FILENO, seed_line.data(), seed_line.size());
  (void)ignored;
}

class OracleTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  static constexpr uint64_t kShards = 4;

  static void SetUpTestSuite() {  // Thousands of expected warnings.
    ASSERT_TRUE(log::init({.level = log::Level::kError,
                           .file = concat(::testing::TempDir(), "petrel-oracle-test.log")})
                    .ok());
    std::signal(SIGABRT, tell_seed);
  }
  static void TearDownTestSuite() { ASSERT_TRUE(log::init({}).ok()); }

  static void run(uint64_t seed, Totals& totals) {
    seed_line = concat("replay with PETREL_ORACLE_SEEDS=1 PETREL_ORACLE_SEED=", seed, "\n");
    const absl::Status status = History({.seed = seed}, totals).run();
    ASSERT_TRUE(status.ok()) << status.message() << "\n" << seed_line;
  }
};

// Each shard has its part of the seeds, so that they run beside each other.
TEST_P(OracleTest, HistoriesGoAsShadowAndModelSay) {
  const Seeds seeds;
  Totals totals;
  for (uint64_t i = GetParam(); i < seeds.count && !HasFatalFailure(); i += kShards) {
    run(seeds.first + i, totals);
  }
  std::cout << totals.text();
}

INSTANTIATE_TEST_SUITE_P(Shard, OracleTest, ::testing::Values(0, 1, 2, 3));

}  // namespace
}  // namespace petrel::oracle
