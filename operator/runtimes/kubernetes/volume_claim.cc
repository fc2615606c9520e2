// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/resources/quantity.h"
#include "operator/runtimes/kubernetes/children.h"

namespace petrel::ops {

namespace {

const k8s::Json::json_pointer kSize("/spec/resources/requests/storage");
const k8s::Json::json_pointer kClass("/spec/storageClassName");

// Empty when the object does not have it.
std::string text_at(const k8s::Json& object, const k8s::Json::json_pointer& pointer) {
  if (!object.contains(pointer) || !object.at(pointer).is_string()) {
    return "";
  }
  return object.at(pointer).get<std::string>();
}

// A size that is larger, and the class.
void keep_what_stays(const k8s::Json& existing, k8s::Json& object) {
  const std::string size = text_at(existing, kSize);
  if (is_quantity(size) && compare_quantities(size, text_at(object, kSize)) > 0) {
    object[kSize] = size;
  }
  const std::string storage_class = text_at(existing, kClass);
  if (object.contains(kClass) && !storage_class.empty()) {
    object[kClass] = storage_class;
  }
}

}  // namespace

bool is_larger(const ClusterChildren& cluster, const k8s::Json& existing_claim) {
  const std::string size = text_at(existing_claim, kSize);
  return is_quantity(size) && compare_quantities(size, cluster.spec.storage.size) > 0;
}

k8s::Json volume_claim(const ClusterChildren& cluster, const MemberId& broker,
                       const k8s::Json* existing) {
  const StorageSettings& storage = cluster.spec.storage;
  k8s::Json object = child(cluster, k8s::kPersistentVolumeClaims, cluster.names.claim(broker),
                           cluster.names.labels(broker));
  if (storage.deletion_policy != DeletionPolicy::kDelete) {
    // Messages outlive the cluster's document.
    object["metadata"].erase("ownerReferences");
  }
  object["spec"] = {{"accessModes", {"ReadWriteOnce"}},
                    {"resources", {{"requests", {{"storage", storage.size}}}}}};
  if (!storage.storage_class.empty()) {
    object[kClass] = storage.storage_class;
  }
  object = with_digest(std::move(object));
  if (existing != nullptr) {
    keep_what_stays(*existing, object);
  }
  return object;
}

}  // namespace petrel::ops
