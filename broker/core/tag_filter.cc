// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/tag_filter.h"

#include <algorithm>

#include "absl/status/status.h"
#include "common/concat.h"
#include "store/log/record.h"

namespace petrel::core {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view strip(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

absl::StatusOr<TagFilter> TagFilter::parse(std::string_view expression) {
  TagFilter filter;
  std::string_view rest = strip(expression);
  if (rest.empty() || rest == "*") return filter;
  for (bool more = true; more;) {
    const size_t end = rest.find("||");
    const std::string_view tag = strip(rest.substr(0, end));
    more = end != std::string_view::npos;
    if (more) rest.remove_prefix(end + 2);
    if (tag.empty()) {
      return absl::InvalidArgumentError(
          concat("tag expression '", expression, "' has an empty alternative"));
    }
    filter.tags_.emplace_back(tag);
    filter.codes_.push_back(store::tags_code(tag));
  }
  std::sort(filter.codes_.begin(), filter.codes_.end());
  return filter;
}

bool TagFilter::may_match(int64_t tags_code) const {
  return codes_.empty() || std::binary_search(codes_.begin(), codes_.end(), tags_code);
}

bool TagFilter::matches(std::string_view tag) const {
  return tags_.empty() || std::find(tags_.begin(), tags_.end(), tag) != tags_.end();
}

}  // namespace petrel::core
