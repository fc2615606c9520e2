// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/config.h"

// Fills declared configuration from a file and flags, for the programs that run as servers. Their
// flags are
//
//   --config=FILE   --KEY=VALUE   --help   --version   --check-config   --print-config
//   --print-config-docs
//
// and nothing else: long options only, "--key=value" or "--key value", none of them twice. A flag
// overrides the file.

namespace petrel {

struct ProgramInfo {
  std::string name;
  std::string summary;  // one line
  std::string version;
  std::string commit;
};

enum class NextStep {
  kRun,
  kExit,  // a request such as --help has been answered on out
};

// arguments: without the program's name. InvalidArgument has one error a line.
absl::StatusOr<NextStep> load_config(const std::vector<std::string>& arguments,
                                     const ProgramInfo& program, ConfigSchema& schema,
                                     std::ostream& out);

// For main(): loads, prints errors to standard error, and returns the exit code when the program
// should end now.
//
//   if (const auto exit_code = configure(argc, argv, program, schema)) return *exit_code;
std::optional<int> configure(int argc, char** argv, const ProgramInfo& program,
                             ConfigSchema& schema);

}  // namespace petrel
