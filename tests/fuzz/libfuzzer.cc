// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// One target under libFuzzer: the one that PETREL_FUZZ_TARGET names. With PETREL_FUZZ_EXAMPLES=DIR
// its examples are written there first, to start from.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "common/log.h"
#include "tests/fuzz/target.h"

namespace {

const petrel::fuzz::Target& target() {
  static const petrel::fuzz::Target* const kTarget = [] {
    (void)petrel::log::init({.level = petrel::log::Level::kError, .file = "/dev/null"});
    const char* const name = std::getenv("PETREL_FUZZ_TARGET");
    for (const petrel::fuzz::Target& each : petrel::fuzz::all_targets()) {
      if (name != nullptr && each.name == name) return new petrel::fuzz::Target(each);
      std::fprintf(stderr, "PETREL_FUZZ_TARGET may be %s\n", each.name.c_str());
    }
    std::exit(EXIT_FAILURE);
  }();
  return *kTarget;
}

void write_examples(const std::string& directory) {
  int number = 0;
  for (const std::string& example : target().examples) {
    std::ofstream file(directory + "/example-" + std::to_string(number++), std::ios::binary);
    file << example;
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  if (const char* const directory = std::getenv("PETREL_FUZZ_EXAMPLES")) write_examples(directory);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string input(reinterpret_cast<const char*>(data), size);
  target().run(input);
  if (target().mend) {
    target().mend(input);
    target().run(input);
  }
  return 0;
}
