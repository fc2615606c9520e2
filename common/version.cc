// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/version.h"

namespace petrel {

const char* const kVersion = PETREL_VERSION;
const char* const kCommit = PETREL_COMMIT;

}  // namespace petrel
