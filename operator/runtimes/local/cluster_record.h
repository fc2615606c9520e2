// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "operator/plan/plan.h"
#include "operator/resources/resource.h"

namespace petrel::ops {

// A document that was applied. Its generation grows with each change of its spec. It is kept, and
// `deleting`, from when it was taken away until all that follows from that is done.
struct Document {
  Resource resource;
  int64_t generation = 1;
  bool deleting = false;
};

// What was applied to a cluster on this machine: the part that the Kubernetes API keeps elsewhere.
// A value, kept in DATA/cluster.json; written before anything that follows from it is done.
struct ClusterRecord {
  int port_base = 0;
  Document cluster;
  // Sorted by name.
  std::vector<Document> topics;
  std::vector<Document> groups;
};

// The record as the planner takes it, but for Desired::members.
Desired desired_of(const ClusterRecord& record);

// What is applied after `before`: changed specs get the next generation, documents that are not
// declared any more are marked as being deleted. InvalidArgument when the declaration is of another
// cluster or changes what may not change. port_base: nullopt keeps the one before.
absl::StatusOr<ClusterRecord> next_record(const std::optional<ClusterRecord>& before,
                                          const Declaration& declaration,
                                          std::optional<int> port_base);

// None when there is no file. DataLoss when it is damaged or of a later version.
absl::StatusOr<std::optional<ClusterRecord>> load_record(const std::string& file);
absl::Status save_record(const std::string& file, const ClusterRecord& record);

}  // namespace petrel::ops
