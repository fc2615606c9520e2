// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"

namespace petrel::cli {

// petrelctl message browse and tail: what is stored, and what comes, whoever receives it.
void add_message_browse(CLI::App& message, Invocation& invocation);

}  // namespace petrel::cli
