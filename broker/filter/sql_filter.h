// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "broker/core/message_filter.h"
#include "broker/filter/program.h"

namespace petrel::filter {

// A subscription's SQL92 expression over the properties of a message.
class SqlFilter final : public core::MessageFilter {
 public:
  explicit SqlFilter(Program program);

  // A queue entry tells nothing of properties.
  Verdict by_tags_code(int64_t tags_code) const override;
  // What is unknown, and what RocketMQ ends with an exception, is not taken.
  bool takes(const store::RecordView& record) const override;

 private:
  const Program program_;
};

// Never null: an expression that is always true is a filter, too. InvalidArgument for what RocketMQ
// refuses, and beyond the bounds of parser.h and kNamesMax.
absl::StatusOr<std::shared_ptr<const core::MessageFilter>> parse_sql_filter(
    std::string_view expression);

}  // namespace petrel::filter
