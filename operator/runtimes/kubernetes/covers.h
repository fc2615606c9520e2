// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace petrel::ops {

// Whether `actual` has everything that `intent` has, with the same values: then applying the intent
// would change nothing. What the intent does not name may be anything, and lists of objects (ports,
// owners) may hold more, as others may add to them; other lists are compared as a whole. Sizes of
// storage are equal when they mean the same. Pure.
bool covers(const nlohmann::json& actual, const nlohmann::json& intent);

}  // namespace petrel::ops
