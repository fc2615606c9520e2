// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace petrel::core {

// On whose behalf a request is made.
struct Principal {
  std::string name;  // empty: nobody has logged in
};

}  // namespace petrel::core
