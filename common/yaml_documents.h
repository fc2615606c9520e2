// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

namespace petrel {

// All documents of a text, as YAML::LoadAll gives them, for texts of people: yaml-cpp 0.7 makes
// empty documents without end where it does not get on, such as at a comma that stands alone.
// Throws YAML::Exception when the text is no YAML. Include from .cc files only.
std::vector<YAML::Node> load_yaml_documents(const std::string& text);

}  // namespace petrel
