// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/status.h"

namespace petrel::store {

// Several lives of one store, each ended by a power cut, a kill, an error of the disk, a full disk
// or a clean stop, also during recovery; checked after each. All of it follows from the seed. The
// error says what is wrong.
absl::Status run_lives(uint64_t seed);

// How one life meets one operation of the disk.
enum class Mishap { kPowerCut, kPowerCutInOrder, kKill, kFailure, kFullDisk };
// One life with the mishap at operation number `at`, a second one, and all checks.
absl::Status run_mishap(uint64_t seed, Mishap mishap, int64_t at);
// How many operations that life has.
int64_t count_operations(uint64_t seed, Mishap mishap);

}  // namespace petrel::store
