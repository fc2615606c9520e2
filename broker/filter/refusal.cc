// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/refusal.h"

#include "broker/filter/utf8.h"
#include "common/concat.h"

namespace petrel::filter {

absl::Status refusal(std::string_view expression, size_t at, std::string_view what) {
  return absl::InvalidArgumentError(concat(
      "filter expression, column ", count_characters(expression.substr(0, at)) + 1, ": ", what));
}

}  // namespace petrel::filter
