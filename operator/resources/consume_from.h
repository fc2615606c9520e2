// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace petrel::ops {

// Where a consumer group begins in what it has not begun.
struct ConsumeFrom {
  enum class Kind {
    // Nobody has said: brokers leave it as it is, and take kLast for a group that they make.
    kUndeclared,
    kFirst,  // the first message that there is
    kLast,   // what is sent from the group's declaration on
    kTime,   // the first message stored then or later
  };
  Kind kind = Kind::kUndeclared;
  int64_t time_ms = 0;  // with kTime: Unix time
  friend bool operator==(const ConsumeFrom&, const ConsumeFrom&) = default;
};

// ECMAScript regular expression of what parse_consume_from takes, and what it means in words.
inline constexpr std::string_view kConsumeFromPattern =
    "(First|Last|(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T"
    "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?Z)";
inline constexpr std::string_view kConsumeFromWords =
    "the word First or Last, or a time such as 2026-11-30T15:00:00Z";

// InvalidArgument for another text, also for a day that its month does not have.
absl::StatusOr<ConsumeFrom> parse_consume_from(const std::string& text);
// The same in a text, with as many digits of a second as there are, up to three; empty: undeclared.
std::string consume_from_text(const ConsumeFrom& from);

}  // namespace petrel::ops
