// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

// Exit codes of our programs that others act on.

namespace petrel {

// The directory does not hold the store that was expected there; nothing was made in it.
inline constexpr int kExitWrongStore = 4;

}  // namespace petrel
