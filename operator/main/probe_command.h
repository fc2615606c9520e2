// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace petrel::ops {

// `petrel-operator probe URL`: asks an HTTP URL until it answers 200 or the time is over, and tells
// what it said. The image has no other program, so `helm test` uses this one. The exit code.
int probe_command(const std::string& url, int64_t timeout_ms, std::ostream& out);

}  // namespace petrel::ops
