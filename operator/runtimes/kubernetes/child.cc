// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/resources/schema.h"
#include "operator/runtimes/kubernetes/children.h"
#include "operator/runtimes/members/digest.h"

namespace petrel::ops {

k8s::Json owned_by(const ClusterChildren& cluster) {
  return {{"metadata",
           {{"ownerReferences", k8s::Json::array({{{"apiVersion", kApiVersion},
                                                   {"kind", "PetrelCluster"},
                                                   {"name", cluster.names.cluster.name},
                                                   {"uid", cluster.uid},
                                                   {"controller", true},
                                                   {"blockOwnerDeletion", true}}})}}}};
}

k8s::Json child(const ClusterChildren& cluster, const k8s::ResourceType& type,
                const std::string& name, const std::map<std::string, std::string>& labels) {
  k8s::Json object = owned_by(cluster);
  object["apiVersion"] = type.api_version();
  object["kind"] = type.kind;
  object["metadata"]["name"] = name;
  object["metadata"]["namespace"] = cluster.names.cluster.resource_namespace;
  object["metadata"]["labels"] = labels;
  return object;
}

k8s::Json with_digest(k8s::Json intent) {
  const std::string digest = digest_of(intent.dump());
  intent["metadata"]["annotations"][kDigestAnnotation] = digest;
  return intent;
}

}  // namespace petrel::ops
