// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk.h"
#include "store/tools/store_verify.h"

namespace petrel::store {

// One thing that a repair does. Nothing is ever destroyed: files move, and bytes that a start is
// going to cut off are copied before.
struct RepairStep {
  enum class Kind { kMove, kCopy };
  Kind kind = Kind::kMove;
  std::string from;
  std::string to;
  uint64_t copy_begin = 0;  // of kCopy: bytes of the file
  uint64_t copy_end = 0;
  std::string why;
};

// What makes a broker start on this store, and serve everything that is sound. Empty when there is
// nothing to do: also for damage that a broker steps over by itself, for no repair brings back what
// is gone. What is moved goes below <directory>/damaged/<name>.
absl::StatusOr<std::vector<RepairStep>> plan_repair(Disk& disk, const std::string& directory,
                                                    const StoreReport& report,
                                                    const std::string& name);

// Does it, durably, in this order. After an error some steps are done; a new plan has the rest.
absl::Status repair(Disk& disk, const std::vector<RepairStep>& steps);

}  // namespace petrel::store
