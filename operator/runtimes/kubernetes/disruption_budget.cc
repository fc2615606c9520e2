// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/runtimes/kubernetes/children.h"

namespace petrel::ops {

k8s::Json disruption_budget(const ClusterChildren& cluster, Role role) {
  k8s::Json object = child(cluster, k8s::kPodDisruptionBudgets, cluster.names.members(role),
                           cluster.names.labels(role));
  object["spec"] = {{"maxUnavailable", 1},
                    {"selector", {{"matchLabels", cluster.names.selector(role)}}},
                    // A Pod that does not serve anyway may go.
                    {"unhealthyPodEvictionPolicy", "AlwaysAllow"}};
  return with_digest(std::move(object));
}

}  // namespace petrel::ops
