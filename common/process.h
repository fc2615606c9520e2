// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace petrel {

// Raises the soft limit of open descriptors to the hard one, as servers do at their start, and
// gives the limit that holds then. The usual soft limit of 1024 exists for programs that still use
// select().
int64_t raise_open_files_limit();

}  // namespace petrel
