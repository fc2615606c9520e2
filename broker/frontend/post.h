// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "broker/core/core_port.h"

namespace petrel::frontend {

// Hands a caller's request to the core. When the core has no room it is completed here, on this
// thread, with kOverloaded: whoever waits is answered in any case. Any thread.
void post(core::CorePort& core, std::unique_ptr<core::Request> request);

}  // namespace petrel::frontend
