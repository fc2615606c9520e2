// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/target.h"
#include "operator/plan/member.h"

namespace petrel::cli {

// The member of a local cluster with that name: "broker-0". NotFound tells which there are.
absl::StatusOr<ops::MemberId> find_member(const LocalCluster& cluster, const std::string& name);

}  // namespace petrel::cli
