// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "common/strong_type.h"

namespace petrel::core {

// Names a waiting receive to who wants to end it. Given by CorePort::new_cancel_id(), once each; 0
// is nobody's.
using CancelId = StrongInt<struct CancelIdTag, uint64_t>;

}  // namespace petrel::core
