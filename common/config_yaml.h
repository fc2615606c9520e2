// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/config.h"

namespace petrel {

// Sets the properties that a YAML text names. Keys nest ("store: {flush-mode: X}") or have dots
// ("store.flush-mode: X"). InvalidArgument lists every error, each on a line "NAME:LINE:COLUMN:
// ...": unknown and repeated keys, values that the declaration does not allow, bad YAML. The
// targets are then undefined.
absl::Status apply_yaml(const std::string& text, const std::string& name, ConfigSchema& schema);

}  // namespace petrel
