// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

// What an object of the API is and where it is found. Objects themselves stay JSON, so that fields
// which nobody here knows survive. Pure; any thread.

namespace petrel::k8s {

using Json = nlohmann::json;

// The name of one object. The namespace is empty for what is cluster-wide.
struct ObjectKey {
  std::string resource_namespace;
  std::string name;

  // "ns/name", or "name" without a namespace.
  std::string str() const;
  // The key that str() gave.
  static ObjectKey parse(std::string_view text);

  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const ObjectKey& key) {
    return H::combine(std::move(state), key.resource_namespace, key.name);
  }
};

// One kind of objects in one version of the API.
struct ResourceType {
  std::string group;  // empty for the core group
  std::string version;
  std::string plural;  // as in URLs
  std::string kind;
  bool namespaced = true;

  // "v1", "apps/v1": what objects have in apiVersion.
  std::string api_version() const;
  // "pods", "leases.coordination.k8s.io": for messages and labels of metrics.
  std::string str() const;
  // "/api/v1/namespaces/ns/pods"; without a namespace the objects of all of them. Percent-encoded.
  std::string collection_path(std::string_view resource_namespace) const;
  std::string object_path(const ObjectKey& key, std::string_view subresource = "") const;

  friend bool operator==(const ResourceType&, const ResourceType&) = default;
};

inline const ResourceType kPods{"", "v1", "pods", "Pod"};
inline const ResourceType kServices{"", "v1", "services", "Service"};
inline const ResourceType kConfigMaps{"", "v1", "configmaps", "ConfigMap"};
inline const ResourceType kSecrets{"", "v1", "secrets", "Secret"};
inline const ResourceType kPersistentVolumeClaims{"", "v1", "persistentvolumeclaims",
                                                  "PersistentVolumeClaim"};
inline const ResourceType kNamespaces{"", "v1", "namespaces", "Namespace", false};
inline const ResourceType kNodes{"", "v1", "nodes", "Node", false};
inline const ResourceType kPodDisruptionBudgets{"policy", "v1", "poddisruptionbudgets",
                                                "PodDisruptionBudget"};
inline const ResourceType kLeases{"coordination.k8s.io", "v1", "leases", "Lease"};
inline const ResourceType kEvents{"events.k8s.io", "v1", "events", "Event"};
inline const ResourceType kCustomResourceDefinitions{
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false};

// Fields of an object's metadata. Empty, 0 or false when the object does not have them, or has
// them with a type that they cannot have.
ObjectKey key_of(const Json& object);
std::string uid_of(const Json& object);
// Opaque: may be compared for equality only.
std::string resource_version_of(const Json& object);
int64_t generation_of(const Json& object);
// Whether it was deleted and waits for its finalizers or its grace period.
bool is_deleting(const Json& object);
std::string label_of(const Json& object, std::string_view name);
std::string annotation_of(const Json& object, std::string_view name);
bool has_finalizer(const Json& object, std::string_view name);

// Text as JSON, without exceptions: InvalidArgument for what is none. `what` names the text in the
// message.
absl::StatusOr<Json> parse_json(std::string_view text, std::string_view what);

// A segment of a path or a value of a query with everything but unreserved characters as %XX.
std::string percent_encode(std::string_view text);

}  // namespace petrel::k8s
