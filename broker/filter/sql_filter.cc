// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/sql_filter.h"

#include <utility>

#include "broker/filter/parser.h"
#include "common/status.h"

namespace petrel::filter {

SqlFilter::SqlFilter(Program program) : program_(std::move(program)) {}

core::MessageFilter::Verdict SqlFilter::by_tags_code(int64_t /*tags_code*/) const {
  return Verdict::kNeedsRecord;
}

bool SqlFilter::takes(const store::RecordView& record) const {
  return program_.evaluate(record.properties) == Truth::kTrue;
}

absl::StatusOr<std::shared_ptr<const core::MessageFilter>> parse_sql_filter(
    std::string_view expression) {
  PETREL_ASSIGN_OR_RETURN(Program program, parse(expression));
  return std::make_shared<const SqlFilter>(std::move(program));
}

}  // namespace petrel::filter
