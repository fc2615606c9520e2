// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "operator/plan/member.h"
#include "operator/resources/resource.h"

namespace petrel::ops {

// How long a member may take to end after SIGTERM, before it is killed: a broker leads its clients
// away for process.leave-time; calls get process.shutdown-grace to end, and a broker then writes a
// snapshot of its state. Milliseconds; pure.
int64_t stop_time_ms(const ClusterSpec& spec, Role role);

}  // namespace petrel::ops
