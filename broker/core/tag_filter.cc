// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/tag_filter.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "common/check.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kTagProperty = "TAGS";

std::string_view strip(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

TagFilter::TagFilter(std::vector<std::string> tags) : tags_(std::move(tags)) {
  PETREL_CHECK(!tags_.empty());
  codes_.reserve(tags_.size());
  for (const std::string& tag : tags_) {
    codes_.push_back(store::tags_code(tag));
  }
  std::sort(codes_.begin(), codes_.end());
}

MessageFilter::Verdict TagFilter::by_tags_code(int64_t tags_code) const {
  return std::binary_search(codes_.begin(), codes_.end(), tags_code) ? Verdict::kNeedsRecord
                                                                     : Verdict::kRefused;
}

bool TagFilter::takes(const store::RecordView& record) const {
  const std::string_view tag = store::find_property(record.properties, kTagProperty);
  return std::find(tags_.begin(), tags_.end(), tag) != tags_.end();
}

absl::StatusOr<std::shared_ptr<const MessageFilter>> parse_tag_filter(std::string_view expression) {
  std::string_view rest = strip(expression);
  if (rest.empty() || rest == "*") {
    return nullptr;
  }
  std::vector<std::string> tags;
  for (bool more = true; more;) {
    const size_t end = rest.find("||");
    const std::string_view tag = strip(rest.substr(0, end));
    more = end != std::string_view::npos;
    if (more) {
      rest.remove_prefix(end + 2);
    }
    if (tag.empty()) {
      return absl::InvalidArgumentError(
          concat("tag expression '", expression, "' has an empty alternative"));
    }
    tags.emplace_back(tag);
  }
  return std::make_shared<const TagFilter>(std::move(tags));
}

}  // namespace petrel::core
