// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace petrel::core {

// A subscription's tag expression: `*`, or `a || b || c`. Immutable once parsed.
class TagFilter {
 public:
  // Everything.
  TagFilter() = default;
  // InvalidArgument for an empty alternative.
  static absl::StatusOr<TagFilter> parse(std::string_view expression);

  bool matches_all() const { return tags_.empty(); }
  // What a ConsumeQueue entry can tell: false for certain, or probably true (hashes may collide).
  bool may_match(int64_t tags_code) const;
  // What the message's tag tells.
  bool matches(std::string_view tag) const;
  const std::vector<std::string>& tags() const { return tags_; }

 private:
  std::vector<std::string> tags_;
  std::vector<int64_t> codes_;  // sorted, of tags_
};

}  // namespace petrel::core
