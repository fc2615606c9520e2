// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/config.h"
#include "common/log.h"

namespace petrel {

// Declares log.level, log.format, log.file, log.file-size-max and log.files-max, the same in every
// server.
void declare_log(ConfigSchema& schema, log::Options* options);

}  // namespace petrel
