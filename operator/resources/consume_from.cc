// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/consume_from.h"

#include <absl/time/time.h>

#include <regex>

#include "common/concat.h"

namespace petrel::ops {

absl::StatusOr<ConsumeFrom> parse_consume_from(const std::string& text) {
  using Kind = ConsumeFrom::Kind;
  static const std::regex pattern(kConsumeFromPattern.begin(), kConsumeFromPattern.end());
  absl::Time time;
  if (!std::regex_match(text, pattern)) {
    return absl::InvalidArgumentError(concat("'", text, "' is not ", kConsumeFromWords));
  }
  if (text == "First" || text == "Last") {
    return ConsumeFrom{.kind = text == "First" ? Kind::kFirst : Kind::kLast};
  }
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) {
    return absl::InvalidArgumentError(concat("'", text, "' is no time of the calendar"));
  }
  return ConsumeFrom{.kind = Kind::kTime, .time_ms = absl::ToUnixMillis(time)};
}

std::string consume_from_text(const ConsumeFrom& from) {
  switch (from.kind) {
    case ConsumeFrom::Kind::kUndeclared:
      return "";
    case ConsumeFrom::Kind::kFirst:
      return "First";
    case ConsumeFrom::Kind::kLast:
      return "Last";
    case ConsumeFrom::Kind::kTime:
      break;
  }
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixMillis(from.time_ms),
                          absl::UTCTimeZone());
}

}  // namespace petrel::ops
