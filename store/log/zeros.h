// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace petrel::store {

// Some thousands of zero bytes, to write or send from.
std::string_view zeros();

}  // namespace petrel::store
