// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/config.h"

// The three readable forms of a schema.

namespace petrel {

// All properties as flags, by section: the second part of --help.
std::string config_help(const ConfigSchema& schema);

// The present values as YAML that apply_yaml reads back; a comment before each key has its help,
// what is allowed, and the default.
std::string config_yaml(const ConfigSchema& schema);

// A Markdown table for each section.
std::string config_markdown(const ConfigSchema& schema);

}  // namespace petrel
