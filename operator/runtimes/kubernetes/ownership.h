// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "operator/runtimes/kubernetes/children.h"

// Whose an object is that has a name which a cluster needs. What is not the cluster's own is never
// written. Pure.

namespace petrel::ops {

enum class Owner {
  kThis,         // the cluster's: made by it, or left by one of its name and given to nobody since
  kPredecessor,  // of a cluster of the same name that was deleted: it is about to go
  kForeign,      // another cluster's, or something that the operator has not made
};

Owner owner_of(const k8s::Json& object, const ClusterChildren& cluster);

// "Service ns/demo is not the cluster's own: ...; what to do". Of a foreign one.
std::string why_foreign(const k8s::ResourceType& type, const k8s::Json& object);

}  // namespace petrel::ops
