// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/command.h"
#include "operator/resources/resource.h"

// petrelctl group create, alter and delete: on all brokers, each told by itself.

namespace petrel::cli {

// What the command line names; the rest stays, or takes defaults.
struct GroupChange {
  std::optional<bool> consume_enabled;
  std::optional<int32_t> attempts_max;
  // Durations with commas between them, "default" for RocketMQ's ladder; empty when not named.
  std::string backoff;
  // As a PetrelConsumerGroup says it; none when not named.
  std::optional<ops::ConsumeFrom> consume_from;

  bool names_nothing() const {
    return !consume_enabled && !attempts_max && backoff.empty() && !consume_from;
  }
  void apply_to(ops::GroupSettings& settings) const;
};

// Return exit codes, or AlreadyExists, NotFound.
absl::StatusOr<int> create_groups(const Globals& globals, const std::vector<std::string>& names,
                                  const GroupChange& change);
absl::StatusOr<int> alter_groups(const Globals& globals, const std::vector<std::string>& names,
                                 const GroupChange& change);
// Asks when messages are before a group that it has not acknowledged, unless `yes`.
absl::StatusOr<int> delete_groups(const Globals& globals, const std::vector<std::string>& names,
                                  bool yes);

}  // namespace petrel::cli
