// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "operator/kubernetes/resource_type.h"
#include "operator/plan/reconcile.h"

namespace petrel::ops {

// Where one declared cluster runs, as the controller sees it. Used by one thread at a time, not
// always the same.
class ClusterRuntime : public Runtime {
 public:
  // Before observe(): the cluster as it is declared now, and its object. Gives what each member
  // should run, as Desired::members says.
  virtual std::map<MemberId, std::string> declare(const DeclaredCluster& cluster,
                                                  const nlohmann::json& object) = 0;

  // What the cluster's status tells besides conditions and counts of documents; after observe().
  virtual nlohmann::json status_fields(const Snapshot& snapshot) const = 0;

  // The controller is told of changes and never waits.
  void wait() final {}
};

// Makes the runtime of a cluster. It calls on_change, on any thread, when observe() may tell
// something new that no object of the Kubernetes API shows: a broker's content.
using ClusterRuntimeFactory = std::function<std::unique_ptr<ClusterRuntime>(
    const k8s::ObjectKey& cluster, std::function<void()> on_change)>;

}  // namespace petrel::ops
