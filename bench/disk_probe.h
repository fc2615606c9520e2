// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "bench/histogram.h"

namespace petrel::bench {

// How long the disk below directory takes to make 4 KiB durable: times of a write and fdatasync, in
// nanoseconds, into a file that is fully written beforehand and removed afterwards. What no broker
// that answers after a sync can beat.
absl::StatusOr<Histogram> probe_fdatasync(const std::string& directory, int times);

}  // namespace petrel::bench
