// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

// Small looks at ports and logs of this machine. Any thread.

namespace petrel::ops {

// Whether GET /readyz on the port of 127.0.0.1 answers 200 soon.
bool http_says_ready(uint16_t port);

// FailedPrecondition, saying what to do, when the port is taken.
absl::Status check_port_is_free(uint16_t port);

// The file's last line that is not empty, cut to what fits a message; "no output" when it has none.
std::string last_line(const std::string& file);

}  // namespace petrel::ops
