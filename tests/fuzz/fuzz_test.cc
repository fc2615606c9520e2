// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// Runs every fuzz target on changed examples, from seeds, with any compiler.
//   PETREL_FUZZ_INPUTS  how many inputs for each target
//   PETREL_FUZZ_SEED    the first seed: with PETREL_FUZZ_INPUTS=1 it replays a failure
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/concat.h"
#include "common/log.h"
#include "common/random.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "tests/environment.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/target.h"

namespace petrel::fuzz {
namespace {

// What runs now, for the end of the process: a target that aborts cannot say it.
std::array<char, 128> running;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void tell_what_ran(int signal) {
  (void)!::write(STDERR_FILENO, running.data(), running.size());
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

class FuzzTest : public ::testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() {  // Every refusal would be told.
    ASSERT_TRUE(log::init({.level = log::Level::kError,
                           .file = concat(::testing::TempDir(), "petrel-fuzz-test.log")})
                    .ok());
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) std::signal(signal, tell_what_ran);
  }
  static void TearDownTestSuite() { ASSERT_TRUE(log::init({}).ok()); }

  const google::protobuf::LogSilencer silencer_;

  static Target target() {
    for (Target& each : all_targets()) {
      if (each.name == GetParam()) return std::move(each);
    }
    return {};
  }
};

TEST_P(FuzzTest, StandsWhateverItReads) {
  const Target target = FuzzTest::target();
  ASSERT_FALSE(target.examples.empty());
  for (const std::string& example : target.examples) target.run(example);
  const uint64_t first = number_from("PETREL_FUZZ_SEED", 1);
  const uint64_t count = number_from("PETREL_FUZZ_INPUTS", 5000);
  for (uint64_t seed = first; seed < first + count; ++seed) {
    std::snprintf(running.data(), running.size(),
                  "\nreplay %s with PETREL_FUZZ_INPUTS=1 PETREL_FUZZ_SEED=%llu\n",
                  target.name.c_str(), static_cast<unsigned long long>(seed));
    SeededRandom random(seed);
    std::string input = mutated(target.examples, random);
    if (target.mend && random.below(2) == 0) target.mend(input);
    target.run(input);
  }
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const Target& target : all_targets()) names.push_back(target.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(, FuzzTest, ::testing::ValuesIn(names()),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace petrel::fuzz
