// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/program.h"
#include "common/version.h"

int main(int argc, char** argv) {
  return petrel::broker::run_program(argc, argv,
                                     {.name = "petrel-broker",
                                      .summary = "Stores messages and delivers them to consumers.",
                                      .version = petrel::kVersion,
                                      .commit = petrel::kCommit});
}
