// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace petrel::ops {

// A value as YAML in block style, keys in their order, ending with a line feed. yaml_to_json reads
// the same value from it.
std::string yaml_text(const nlohmann::ordered_json& value);

}  // namespace petrel::ops
