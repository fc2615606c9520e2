// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

// YAML documents as JSON values that remember where each value was written.

namespace petrel::ops {

// Counted from 1.
struct Mark {
  int line = 1;
  int column = 1;
};

struct YamlDocument {
  nlohmann::json value;
  // By JSON pointer.
  std::map<std::string, Mark> values;
  std::map<std::string, Mark> keys;
};

struct YamlProblem {
  Mark mark;
  std::string text;
};

struct YamlText {
  // Those with a value, in order.
  std::vector<YamlDocument> documents;
  // Bad syntax, repeated keys, keys that are no strings, nesting or size past all reason.
  std::vector<YamlProblem> problems;
};

YamlText yaml_to_json(std::string_view text);

}  // namespace petrel::ops
