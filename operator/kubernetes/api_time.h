// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace petrel::k8s {

// "2026-11-21T15:04:05.000123Z": the API's MicroTime.
std::string micro_time(int64_t wall_ms);

}  // namespace petrel::k8s
