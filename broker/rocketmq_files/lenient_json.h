// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace petrel::rocketmq_files {

// Parses JSON as Java's fastjson writes it: keys that are numbers may lack their quotes. A
// discarded value if it is none. Included by .cc files only.
nlohmann::json parse_lenient_json(std::string_view text);

}  // namespace petrel::rocketmq_files
