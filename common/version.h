// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace petrel {

// "0.1.0"
extern const char* const kVersion;
// The abbreviated commit at the time CMake was run, "unknown" outside a git checkout.
extern const char* const kCommit;

}  // namespace petrel
