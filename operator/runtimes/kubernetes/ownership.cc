// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/ownership.h"

#include <nlohmann/json.hpp>

#include "common/concat.h"
#include "operator/resources/schema.h"

namespace petrel::ops {

namespace {

using k8s::Json;

// The reference of whoever manages the object; null when there is none.
const Json* controller_of(const Json& object) {
  static const Json::json_pointer kOwners("/metadata/ownerReferences");
  if (!object.contains(kOwners) || !object.at(kOwners).is_array()) {
    return nullptr;
  }
  for (const Json& owner : object.at(kOwners)) {
    if (owner.is_object() && owner.contains("controller") && owner.at("controller") == true) {
      return &owner;
    }
  }
  return nullptr;
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool is_cluster(const Json& owner) {
  return text_at(owner, "kind") == "PetrelCluster" && text_at(owner, "apiVersion") == kApiVersion;
}

}  // namespace

Owner owner_of(const Json& object, const ClusterChildren& cluster) {
  const std::string& name = cluster.names.cluster.name;
  if (const Json* owner = controller_of(object); owner != nullptr) {
    if (!is_cluster(*owner)) {
      return Owner::kForeign;
    }
    if (text_at(*owner, "uid") == cluster.uid) {
      return Owner::kThis;
    }
    return text_at(*owner, "name") == name ? Owner::kPredecessor : Owner::kForeign;
  }
  const bool is_ours = k8s::label_of(object, "app.kubernetes.io/managed-by") == kManagedBy &&
                       k8s::label_of(object, kClusterLabel) == name;
  return is_ours ? Owner::kThis : Owner::kForeign;
}

std::string why_foreign(const k8s::ResourceType& type, const Json& object) {
  const k8s::ObjectKey key = k8s::key_of(object);
  const Json* owner = controller_of(object);
  const std::string who = owner != nullptr ? concat("it belongs to ", text_at(*owner, "kind"), " ",
                                                    text_at(*owner, "name"))
                                           : "petrel-operator did not make it for this cluster";
  return concat(type.kind, " ", key.name, ": the cluster needs this name, but the ", type.kind,
                " that has it is not the cluster's: ", who,
                ". It is left alone; delete or rename it, or give the cluster another name");
}

}  // namespace petrel::ops
