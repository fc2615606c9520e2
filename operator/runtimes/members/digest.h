// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace petrel::ops {

// 32 hexadecimal digits that change with the text (half a SHA-256).
std::string digest_of(std::string_view text);

}  // namespace petrel::ops
