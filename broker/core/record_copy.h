// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "store/log/record.h"

namespace petrel::core {

// How a copy of a record differs from it.
struct RecordChanges {
  std::string_view topic;           // empty: the same
  std::optional<int32_t> sys_flag;  // none: the same
  std::optional<int32_t> reconsume_times;
  // Set, or with an empty value removed. The order of those that stay is kept; new ones follow.
  std::vector<std::pair<std::string, std::string>> properties;
};

// The record of a message that moves: a dead letter, a timer that fires, a message that is retried.
// Its properties tell where it came from, so that whoever applies it can end its origin. Body, keys
// and times of its birth stay. InvalidArgument when it gets too long for the layout.
absl::StatusOr<std::string> copy_record(const store::RecordView& record,
                                        const RecordChanges& changes);

}  // namespace petrel::core
