// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// A petrel-broker that kills itself in the midst of a disk operation: of the one whose number, from
// 0, is in PETREL_CRASH_AT.
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>

#include "broker/program.h"
#include "common/version.h"
#include "tests/e2e/crash_disk.h"

namespace {

int64_t crash_point() {
  const char* const text = std::getenv("PETREL_CRASH_AT");
  return text == nullptr ? std::numeric_limits<int64_t>::max() : std::stoll(text);
}

}  // namespace

int main(int argc, char** argv) {
  return petrel::broker::run_program(
      argc, argv,
      {.name = "petrel-crash-broker",
       .summary = "A broker that crashes, for tests.",
       .version = petrel::kVersion,
       .commit = petrel::kCommit},
      std::make_unique<petrel::e2e::CrashDisk>(petrel::store::make_posix_disk(), crash_point()));
}
