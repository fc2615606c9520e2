// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/random.h"
#include "store/disk/disk.h"

namespace petrel::broker {

// Whether `directory` holds the store `expected_id`, before anything is made there: a volume that
// is new, was wiped or is another one would otherwise become an empty store that looks like the old
// one. OK when it does, or expected_id is empty. is_wrong_store() of the error when it does not;
// all else are errors of reading. Blocking; the starting thread.
absl::Status check_expected_store(store::Disk& disk, const std::string& directory,
                                  const std::string& expected_id, Random& random);

bool is_wrong_store(const absl::Status& status);

}  // namespace petrel::broker
