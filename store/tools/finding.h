// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace petrel::store {

enum class Severity {
  kNote,    // as a crash may leave it; nothing is lost, nothing need be done
  kRepair,  // a view is wrong; a broker makes it again from the log
  kDamage,  // something that was promised is gone, or no broker starts here
};

// One thing that a look at a store has found.
struct Finding {
  Severity severity = Severity::kNote;
  std::string path;
  int64_t position = -1;  // byte in the file; -1: the file as a whole
  int64_t bytes = 0;      // how many it concerns, where that is known
  std::string what;
  std::string effect;  // what a broker does about it
};

constexpr std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kRepair:
      return "repair";
    case Severity::kDamage:
      return "damage";
  }
  return "";
}

}  // namespace petrel::store
