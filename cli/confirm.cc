// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/confirm.h"

#include <unistd.h>

#include <iostream>

namespace petrel::cli {

absl::Status confirm(const std::vector<std::string>& costs, bool yes) {
  for (const std::string& cost : costs) {
    std::cerr << "petrelctl: " << cost << '\n';
  }
  if (yes) {
    return absl::OkStatus();
  }
  if (isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0) {
    return absl::FailedPreconditionError("nothing was changed; say --yes to do it all the same");
  }
  std::cerr << "Go on? [y/N] " << std::flush;
  std::string answer;
  if (std::getline(std::cin, answer) && (answer == "y" || answer == "yes")) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError("nothing was changed");
}

}  // namespace petrel::cli
