// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/command.h"
#include "operator/resources/resource.h"

// petrelctl topic create, alter, apply and delete: on all brokers, each told by itself. What would
// lose messages needs leave (confirm.h).

namespace petrel::cli {

// What the command line names; the rest stays, or takes defaults.
struct TopicChange {
  std::optional<int32_t> queues;  // read and write
  std::optional<int32_t> read_queues;
  std::optional<int32_t> write_queues;
  std::optional<int32_t> permission;
  std::string retention;  // a duration; empty when not named

  bool names_queues() const;
  bool names_nothing() const;
  void apply_to(ops::TopicSettings& settings) const;
};

// Return exit codes, or AlreadyExists, NotFound, FailedPrecondition without leave.
absl::StatusOr<int> create_topics(const Globals& globals, const std::vector<std::string>& names,
                                  const TopicChange& change);
absl::StatusOr<int> alter_topics(const Globals& globals, const std::vector<std::string>& names,
                                 const TopicChange& change, bool yes);
absl::StatusOr<int> apply_topics(const Globals& globals, const std::vector<std::string>& files,
                                 bool yes);
absl::StatusOr<int> delete_topics(const Globals& globals, const std::vector<std::string>& names,
                                  bool yes);

}  // namespace petrel::cli
