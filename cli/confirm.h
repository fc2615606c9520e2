// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace petrel::cli {

// Leave for what cannot be undone. OK with --yes (`yes`), or when a person at a terminal says so;
// else FailedPrecondition, which tells that nothing was changed and names --yes. `costs` are
// printed on standard error in either case, a line each.
absl::Status confirm(const std::vector<std::string>& costs, bool yes);

}  // namespace petrel::cli
