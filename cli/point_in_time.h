// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "operator/resources/consume_from.h"

// Times on a command line, the same for all commands.

namespace petrel::cli {

// What parse_time_ms takes, for the help of an option.
inline constexpr char kTimeForms[] =
    "2026-11-30T15:00:00Z; '2026-11-30 15:00:00' or 2026-11-30 in local time; now; how long ago, "
    "2h; milliseconds since 1970";

// Unix time. InvalidArgument for another text, and for what the calendar does not have.
absl::StatusOr<int64_t> parse_time_ms(const std::string& text, int64_t now_ms);

// First, Last, or a time. InvalidArgument for another text, and for a time to come, which would
// count as Last.
absl::StatusOr<ops::ConsumeFrom> parse_group_begin(const std::string& text, int64_t now_ms);

}  // namespace petrel::cli
