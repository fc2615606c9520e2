// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "operator/resources/schema.h"

namespace petrel::ops {

// Every field of a kind for people, as Markdown: what docs/resources/ holds.
std::string reference(const Kind& kind);

}  // namespace petrel::ops
