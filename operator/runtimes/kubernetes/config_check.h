// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "operator/plan/plan.h"
#include "operator/runtimes/kubernetes/children.h"

// A Pod that runs the image of a role's members for a moment, to have it look at what they should
// run: --check-config. It has the configuration of the role's first member, as members of a role
// differ in names and addresses only. Pure.

namespace petrel::ops {

k8s::Json check_pod(const ClusterChildren& cluster, Role role);
k8s::Json check_config_map(const ClusterChildren& cluster, Role role);

// What the Pod says, null: there is none. One that was made for something else, or ended without an
// answer of the program, says nothing.
ConfigurationCheck observe_check(const ClusterChildren& cluster, Role role, const k8s::Json* pod);

}  // namespace petrel::ops
