// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "broker/core/message_filter.h"

namespace petrel::core {

// A subscription's tag expression with alternatives: `a || b || c`.
class TagFilter final : public MessageFilter {
 public:
  // At least one.
  explicit TagFilter(std::vector<std::string> tags);

  // Refused, or to be looked at closely: the hashes of two tags may be the same.
  Verdict by_tags_code(int64_t tags_code) const override;
  bool takes(const store::RecordView& record) const override;

 private:
  const std::vector<std::string> tags_;
  std::vector<int64_t> codes_;  // sorted, of tags_
};

// Null for everything: `*` or nothing. InvalidArgument for an empty alternative.
absl::StatusOr<std::shared_ptr<const MessageFilter>> parse_tag_filter(std::string_view expression);

}  // namespace petrel::core
