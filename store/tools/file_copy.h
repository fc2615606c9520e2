// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"

namespace petrel::store {

// Copies these bytes of the file `from` to the begin of the file `to`, which is made. What was
// never written stays a hole; nothing is synced. `copied` is told bytes, often; it may be empty.
// OutOfRange when `from` ends before `range` does. Blocking.
absl::Status copy_file_range(Disk& disk, const std::string& from, const std::string& to,
                             FileRange range, const std::function<void(uint64_t)>& copied = {});

// Whether the first `bytes` of both files are the same. NotFound when there is no such file,
// OutOfRange when one is shorter. Blocking.
absl::StatusOr<bool> begin_alike(Disk& disk, const std::string& one, const std::string& other,
                                 uint64_t bytes);

}  // namespace petrel::store
