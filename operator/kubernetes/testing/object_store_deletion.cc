// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "common/concat.h"
#include "common/status.h"
#include "operator/kubernetes/testing/object_store.h"

// Deletion: finalizers, held deletions, garbage collection by owner references, namespaces that
// terminate.

namespace petrel::k8s::testing {
namespace {

constexpr char kForegroundFinalizer[] = "foregroundDeletion";

Json finalizers_of(const Json& object) {
  return object.value(Json::json_pointer("/metadata/finalizers"), Json::array());
}

Json owners_of(const Json& object) {
  return object.value(Json::json_pointer("/metadata/ownerReferences"), Json::array());
}

}  // namespace

absl::StatusOr<Json> ObjectStore::remove(const ResourceType& type, const ObjectKey& key,
                                         const RemoveOptions& options) {
  Table& from = table(type);
  const ObjectPointer object = find(type, key);
  if (object == nullptr) {
    return api_error(404, "NotFound", concat(type.str(), " \"", key.name, "\" not found"));
  }
  if ((!options.uid.empty() && options.uid != uid_of(*object)) ||
      (!options.resource_version.empty() &&
       options.resource_version != resource_version_of(*object))) {
    return api_error(409, "Conflict",
                     concat("Precondition failed on ", type.str(), " \"", key.name, "\""));
  }
  const std::string uid = uid_of(*object);
  if (options.propagation == "Orphan") {
    collect_dependents(uid, /*orphan=*/true);
  }
  mark_deleted(from, key, options.propagation == "Foreground" ? kForegroundFinalizer : "");
  if (options.propagation == "Foreground") {
    collect_dependents(uid, /*orphan=*/false);
  }
  if (type == kNamespaces) {
    for (auto& [name, inner] : tables_) {
      const auto objects = inner.objects;
      for (const auto& [inner_key, ignored] : objects) {
        if (inner.type.namespaced && inner_key.resource_namespace == key.name) {
          mark_deleted(inner, inner_key, "");
          drop_if_finished(inner, inner_key);
        }
      }
    }
  }
  const ObjectPointer marked = find(type, key);
  drop_if_finished(from, key);
  return marked == nullptr ? *object : *marked;
}

// Sets the deletion time, once.
void ObjectStore::mark_deleted(Table& from, const ObjectKey& key, const std::string& finalizer) {
  const auto found = from.objects.find(key);
  if (found == from.objects.end() || is_deleting(*found->second)) {
    return;
  }
  const ObjectPointer before = found->second;
  Json after = *before;
  Json& metadata = after["metadata"];
  if (!finalizer.empty()) {
    metadata["finalizers"].push_back(finalizer);
  }
  if (from.type == kNamespaces) {
    after["status"]["phase"] = "Terminating";
  }
  const bool stays =
      from.holds_deletions || !finalizers_of(after).empty() || from.type == kNamespaces;
  if (!stays) {
    drop(from, key);
    return;
  }
  metadata["deletionTimestamp"] = now();
  metadata["deletionGracePeriodSeconds"] = from.holds_deletions ? 30 : 0;
  metadata["generation"] = generation_of(*before) + 1;
  commit(from, key, before, std::move(after));
}

void ObjectStore::drop_if_finished(Table& from, const ObjectKey& key) {
  const auto found = from.objects.find(key);
  if (found == from.objects.end() || !is_deleting(*found->second)) {
    return;
  }
  const Json& object = *found->second;
  if (from.type == kNamespaces) {
    finish_namespace(key.name);
    return;
  }
  if (finalizers_of(object) == Json::array({kForegroundFinalizer})) {
    if (dependents_.contains(uid_of(object))) {
      return;
    }
  } else if (!finalizers_of(object).empty()) {
    return;
  }
  if (!from.holds_deletions) {
    drop(from, key);
  }
}

void ObjectStore::drop(Table& from, const ObjectKey& key) {
  const auto found = from.objects.find(key);
  const ObjectPointer before = found->second;
  from.objects.erase(found);
  index_owners(from, key, before.get(), nullptr);
  ++version_;
  Json last = *before;
  last["metadata"]["resourceVersion"] = concat(version_);
  append(
      {version_, from.type.str(), before, nullptr, std::make_shared<const Json>(std::move(last))});
  collect_dependents(uid_of(*before), /*orphan=*/false);
  for (const Json& owner : owners_of(*before)) {
    for (auto& [name, outer] : tables_) {
      const ObjectKey owner_key{outer.type.namespaced ? key.resource_namespace : "",
                                owner.value("name", "")};
      if (outer.type.kind == owner.value("kind", "")) {
        drop_if_finished(outer, owner_key);
      }
    }
  }
  if (from.type.namespaced) {
    finish_namespace(key.resource_namespace);
  }
}

// Deletes what only the object with this uid owns; with "orphan" the references alone.
void ObjectStore::collect_dependents(const std::string& uid, bool orphan) {
  const auto found = dependents_.find(uid);
  if (found == dependents_.end()) {
    return;
  }
  const std::set<std::pair<std::string, ObjectKey>> dependents = found->second;
  for (const auto& [type_name, key] : dependents) {
    Table& inner = tables_[type_name];
    const auto object = inner.objects.find(key);
    if (object == inner.objects.end()) {
      continue;
    }
    Json owners = owners_of(*object->second);
    if (!orphan && owners.size() == 1) {
      mark_deleted(inner, key, "");
      drop_if_finished(inner, key);
      continue;
    }
    Json remaining = Json::array();
    for (Json& owner : owners) {
      if (owner.value("uid", "") != uid) {
        remaining.push_back(std::move(owner));
      }
    }
    Json after = *object->second;
    after["metadata"]["ownerReferences"] = std::move(remaining);
    commit(inner, key, object->second, std::move(after));
  }
}

// Keeps dependents_ in step with a change of one object.
void ObjectStore::index_owners(const Table& of, const ObjectKey& key, const Json* before,
                               const Json* after) {
  const std::pair<std::string, ObjectKey> dependent(of.type.str(), key);
  if (before != nullptr) {
    for (const Json& owner : owners_of(*before)) {
      const auto found = dependents_.find(owner.value("uid", ""));
      if (found != dependents_.end() && found->second.erase(dependent) > 0 &&
          found->second.empty()) {
        dependents_.erase(found);
      }
    }
  }
  if (after != nullptr) {
    for (const Json& owner : owners_of(*after)) {
      dependents_[owner.value("uid", "")].insert(dependent);
    }
  }
}

void ObjectStore::finish_deletion(const ResourceType& type, const ObjectKey& key) {
  Table& from = table(type);
  const ObjectPointer object = find(type, key);
  if (object != nullptr && is_deleting(*object) && finalizers_of(*object).empty()) {
    drop(from, key);
  }
}

// A namespace that terminates goes with the last object in it.
void ObjectStore::finish_namespace(const std::string& name) {
  Table& namespaces = table(kNamespaces);
  const auto found = namespaces.objects.find({"", name});
  if (found == namespaces.objects.end() || !is_deleting(*found->second)) {
    return;
  }
  for (const auto& [type_name, inner] : tables_) {
    const auto first = inner.objects.lower_bound({name, ""});
    if (inner.type.namespaced && first != inner.objects.end() &&
        first->first.resource_namespace == name) {
      return;
    }
  }
  drop(namespaces, {"", name});
}

}  // namespace petrel::k8s::testing
