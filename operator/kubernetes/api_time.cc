// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/api_time.h"

#include "absl/time/time.h"

namespace petrel::k8s {

std::string micro_time(int64_t wall_ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromUnixMillis(wall_ms),
                          absl::UTCTimeZone());
}

}  // namespace petrel::k8s
