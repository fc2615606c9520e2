// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/point_in_time.h"

#include <absl/time/time.h>

#include <charconv>

#include "common/concat.h"
#include "common/status.h"
#include "common/units.h"

namespace petrel::cli {

namespace {

// What is smaller has hardly been meant: it would be a time of before March 1973, and 2026 or
// 20261130 are years and days to whoever types them.
constexpr int64_t kBareMsMin = 100'000'000'000;

}  // namespace

absl::StatusOr<int64_t> parse_time_ms(const std::string& text, int64_t now_ms) {
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && number >= 0) {
    if (number < kBareMsMin) {
      return absl::InvalidArgumentError(concat(
          "'", text, "' is no time: milliseconds since 1970 have 12 digits or more; take one of: ",
          kTimeForms));
    }
    return number;
  }
  if (text == "now") {
    return now_ms;
  }
  if (const auto age_ms = parse_duration_ms(text); age_ms.ok()) {
    return now_ms - *age_ms;
  }
  for (const char* format : {absl::RFC3339_full, "%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d"}) {
    absl::Time time;
    if (absl::ParseTime(format, text, absl::LocalTimeZone(), &time, nullptr)) {
      return absl::ToUnixMillis(time);
    }
  }
  return absl::InvalidArgumentError(concat("'", text, "' is no time: ", kTimeForms));
}

absl::StatusOr<ops::ConsumeFrom> parse_group_begin(const std::string& text, int64_t now_ms) {
  if (text == "First" || text == "Last") {
    return ops::parse_consume_from(text);
  }
  const absl::StatusOr<int64_t> time_ms = parse_time_ms(text, now_ms);
  if (!time_ms.ok()) {
    return absl::InvalidArgumentError(
        concat("neither First nor Last, and ", time_ms.status().message()));
  }
  if (*time_ms > now_ms) {
    return absl::InvalidArgumentError(concat(
        "'", text, "' is a time to come: say Last, which begins with what is sent from now on"));
  }
  return ops::ConsumeFrom{.kind = ops::ConsumeFrom::Kind::kTime, .time_ms = *time_ms};
}

}  // namespace petrel::cli
