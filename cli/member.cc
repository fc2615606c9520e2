// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/member.h"

#include "common/concat.h"
#include "operator/runtimes/local/local_runtime.h"

namespace petrel::cli {

absl::StatusOr<ops::MemberId> find_member(const LocalCluster& cluster, const std::string& name) {
  std::string known;
  for (const ops::MemberId& member : ops::existing_members(cluster.layout.data_dir)) {
    if (member.name() == name) {
      return member;
    }
    known += concat(known.empty() ? "" : ", ", member.name());
  }
  return absl::NotFoundError(concat("there is no member ", name, "; there are ", known));
}

}  // namespace petrel::cli
