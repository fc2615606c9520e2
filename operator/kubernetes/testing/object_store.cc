// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/testing/object_store.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/time/time.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "operator/kubernetes/errors.h"
#include "operator/kubernetes/testing/managed_fields.h"

namespace petrel::k8s::testing {
namespace {

absl::Status not_found(const ResourceType& type, const ObjectKey& key) {
  return api_error(404, "NotFound", concat(type.str(), " \"", key.name, "\" not found"));
}

absl::Status conflict(const ResourceType& type, const ObjectKey& key, std::string_view why) {
  return api_error(
      409, "Conflict",
      concat("Operation cannot be fulfilled on ", type.str(), " \"", key.name, "\": ", why));
}

Json list_of(const Json& metadata, const char* name) {
  const auto found = metadata.find(name);
  return found != metadata.end() && found->is_array() ? *found : Json::array();
}

// Everything that generation counts.
Json without_metadata_and_status(Json object) {
  object.erase("metadata");
  object.erase("status");
  return object;
}

void copy_or_erase(const Json& from, Json& to, const char* name) {
  if (from.contains(name)) {
    to[name] = from[name];
  } else {
    to.erase(name);
  }
}

constexpr const char* kServerFields[] = {"uid", "creationTimestamp", "generation",
                                         "deletionTimestamp", "deletionGracePeriodSeconds"};

}  // namespace

absl::Status api_error(int code, std::string_view reason, std::string_view message) {
  return error_of_object(
      Json{{"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", message}});
}

ObjectStore::ObjectStore(const Clock& clock, size_t events_max)
    : clock_(clock), events_max_(events_max) {
  for (const ResourceType& type :
       {kPods, kServices, kConfigMaps, kSecrets, kPersistentVolumeClaims, kNamespaces, kNodes,
        kPodDisruptionBudgets, kLeases, kEvents, kCustomResourceDefinitions}) {
    serve(type);
  }
}

void ObjectStore::serve(const ResourceType& type) { tables_[type.str()].type = type; }

const ResourceType* ObjectStore::find_type(std::string_view group, std::string_view version,
                                           std::string_view plural) const {
  for (const auto& [name, table] : tables_) {
    const ResourceType& type = table.type;
    if (type.group == group && type.version == version && type.plural == plural) {
      return &type;
    }
  }
  return nullptr;
}

std::vector<ResourceType> ObjectStore::types() const {
  std::vector<ResourceType> all;
  for (const auto& [name, table] : tables_) {
    all.push_back(table.type);
  }
  return all;
}

void ObjectStore::set_admission(const ResourceType& type, Admission admission) {
  table(type).admission = std::move(admission);
}

void ObjectStore::hold_deletions(const ResourceType& type, bool hold) {
  table(type).holds_deletions = hold;
}

ObjectStore::Table& ObjectStore::table(const ResourceType& type) {
  const auto found = tables_.find(type.str());
  PETREL_CHECK(found != tables_.end()) << type.str() << " is not served";
  return found->second;
}

const ObjectStore::Table& ObjectStore::table(const ResourceType& type) const {
  return const_cast<ObjectStore*>(this)->table(type);
}

ObjectPointer ObjectStore::find(const ResourceType& type, const ObjectKey& key) const {
  const auto& objects = table(type).objects;
  const auto found = objects.find(key);
  return found == objects.end() ? nullptr : found->second;
}

const std::map<ObjectKey, ObjectPointer>& ObjectStore::all(const ResourceType& type) const {
  return table(type).objects;
}

std::string ObjectStore::now() const {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(clock_.wall_ms()),
                          absl::UTCTimeZone());
}

// --- Events ---

absl::Status ObjectStore::check_version(int64_t version) const {
  if (version < expired_version_) {
    return api_error(410, "Expired",
                     concat("too old resource version: ", version, " (", expired_version_, ")"));
  }
  if (version > version_) {
    return api_error(504, "Timeout", concat("Too large resource version: ", version));
  }
  return absl::OkStatus();
}

const StoreEvent* ObjectStore::event(int64_t version) const {
  if (version <= forgotten_version_ || version > version_) {
    return nullptr;
  }
  return &events_[static_cast<size_t>(version - forgotten_version_ - 1)];
}

void ObjectStore::append(StoreEvent event) {
  PETREL_CHECK_EQ(event.version, version_);
  events_.push_back(std::move(event));
  while (events_.size() > events_max_) {
    events_.pop_front();
    ++forgotten_version_;
  }
  expired_version_ = std::max(expired_version_, forgotten_version_);
}

// --- Writes ---

absl::Status ObjectStore::check_namespace(const Table& table, const ObjectKey& key) const {
  if (!table.type.namespaced) {
    return absl::OkStatus();
  }
  const ObjectPointer found = find(kNamespaces, {"", key.resource_namespace});
  if (found != nullptr && is_deleting(*found)) {
    return api_error(403, "Forbidden",
                     concat("unable to create new content in namespace ", key.resource_namespace,
                            " because it is being terminated"));
  }
  return absl::OkStatus();
}

Json ObjectStore::commit(Table& table, const ObjectKey& key, ObjectPointer before, Json after) {
  ++version_;
  after["metadata"]["resourceVersion"] = concat(version_);
  auto stored = std::make_shared<const Json>(std::move(after));
  index_owners(table, key, before.get(), stored.get());
  table.objects[key] = stored;
  append({version_, table.type.str(), std::move(before), stored, nullptr});
  if (table.type == kCustomResourceDefinitions) {
    register_crd(*stored);
  }
  return *stored;
}

absl::StatusOr<Json> ObjectStore::store_new(Table& table, Json object,
                                            const WriteOptions& options) {
  Json& metadata = object["metadata"];
  if (!metadata.contains("name") && metadata.contains("generateName")) {
    metadata["name"] = concat(metadata["generateName"].get<std::string>(), "x", ++uids_);
  }
  const ObjectKey key = key_of(object);
  if (key.name.empty()) {
    return api_error(422, "Invalid", "metadata.name: Required value: name or generateName");
  }
  if (table.objects.contains(key)) {
    return api_error(409, "AlreadyExists",
                     concat(table.type.str(), " \"", key.name, "\" already exists"));
  }
  PETREL_RETURN_IF_ERROR(check_namespace(table, key));
  object["apiVersion"] = table.type.api_version();
  object["kind"] = table.type.kind;
  object.erase("status");
  for (const char* name : kServerFields) {
    metadata.erase(name);
  }
  metadata["uid"] = concat("uid-", ++uids_);
  metadata["creationTimestamp"] = now();
  metadata["generation"] = 1;
  if (table.type == kNamespaces) {
    object["status"]["phase"] = "Active";
  }
  if (table.admission) {
    PETREL_RETURN_IF_ERROR(table.admission(object, nullptr));
  }
  return options.dry_run ? object : commit(table, key, nullptr, std::move(object));
}

absl::StatusOr<Json> ObjectStore::create(const ResourceType& type, Json object,
                                         const WriteOptions& options) {
  if (!resource_version_of(object).empty()) {
    return api_error(400, "BadRequest",
                     "resourceVersion should not be set on objects to be created");
  }
  object["metadata"].erase("managedFields");
  Json without_status = object;
  without_status.erase("status");
  take_ownership(Json::object(), without_status, {options.manager, "", now()});
  return store_new(table(type), std::move(without_status), options);
}

absl::StatusOr<Json> ObjectStore::store_change(Table& table, const ObjectPointer& before,
                                               Json after, const WriteOptions& options) {
  const ObjectKey key = key_of(*before);
  const Json& old_metadata = (*before)["metadata"];
  Json& metadata = after["metadata"];
  for (const char* name : kServerFields) {
    copy_or_erase(old_metadata, metadata, name);
  }
  copy_or_erase(old_metadata, metadata, "resourceVersion");
  copy_or_erase(old_metadata, metadata, "name");
  copy_or_erase(old_metadata, metadata, "namespace");
  after["apiVersion"] = table.type.api_version();
  after["kind"] = table.type.kind;
  if (is_deleting(*before)) {
    for (const Json& finalizer : list_of(metadata, "finalizers")) {
      if (!has_finalizer(*before, finalizer.get<std::string>())) {
        return api_error(422, "Invalid",
                         "metadata.finalizers: Forbidden: no new finalizers can be added if the "
                         "object is being deleted");
      }
    }
  }
  if (table.admission) {
    PETREL_RETURN_IF_ERROR(table.admission(after, before.get()));
  }
  if (without_metadata_and_status(after) != without_metadata_and_status(*before)) {
    metadata["generation"] = generation_of(*before) + 1;
  }
  if (options.dry_run || after == *before) {
    return after;
  }
  const Json stored = commit(table, key, before, std::move(after));
  drop_if_finished(table, key);
  return stored;
}

absl::StatusOr<Json> ObjectStore::update(const ResourceType& type, const ObjectKey& key,
                                         Json proposed, const WriteOptions& options) {
  const ObjectPointer before = find(type, key);
  if (before == nullptr) {
    return not_found(type, key);
  }
  const std::string version = resource_version_of(proposed);
  if (!version.empty() && version != resource_version_of(*before)) {
    return conflict(type, key, "the object has been modified");
  }
  const std::string uid = uid_of(proposed);
  if (!uid.empty() && uid != uid_of(*before)) {
    return conflict(type, key, concat("Precondition failed: UID in precondition: ", uid));
  }
  const bool is_status = options.subresource == "status";
  Json after = is_status ? *before : proposed;
  copy_or_erase(is_status ? proposed : *before, after, "status");
  copy_or_erase((*before)["metadata"], after["metadata"], "managedFields");
  take_ownership(*before, after, {options.manager, options.subresource, now()});
  return store_change(table(type), before, std::move(after), options);
}

absl::StatusOr<Json> ObjectStore::apply(const ResourceType& type, const ObjectKey& key, Json intent,
                                        const WriteOptions& options, bool force) {
  if (options.manager.empty()) {
    return api_error(400, "BadRequest", "fieldManager is required for apply patch");
  }
  if (!list_of(intent["metadata"], "managedFields").empty()) {
    return api_error(400, "BadRequest", "metadata.managedFields must be nil");
  }
  const ObjectPointer before = find(type, key);
  if (before == nullptr && !options.subresource.empty()) {
    return not_found(type, key);
  }
  const std::string version = resource_version_of(intent);
  if (!version.empty() && (before == nullptr || version != resource_version_of(*before))) {
    return conflict(type, key, "the object has been modified");
  }
  intent["metadata"].erase("resourceVersion");
  if (options.subresource == "status") {
    intent = Json{{"status", intent.value("status", Json::object())}};
  } else {
    intent.erase("status");
  }
  const FieldWriter writer{options.manager, options.subresource, now()};
  if (before != nullptr) {
    PETREL_ASSIGN_OR_RETURN(Json after, apply_intent(*before, intent, writer, force));
    return store_change(table(type), before, std::move(after), options);
  }
  intent["metadata"]["name"] = key.name;
  if (type.namespaced) {
    intent["metadata"]["namespace"] = key.resource_namespace;
  }
  const Json nothing = {{"apiVersion", type.api_version()}, {"kind", type.kind}};
  PETREL_ASSIGN_OR_RETURN(Json created, apply_intent(nothing, intent, writer, force));
  return store_new(table(type), std::move(created), options);
}

Json ObjectStore::put(const ResourceType& type, Json object) {
  Table& into = table(type);
  const ObjectKey key = key_of(object);
  PETREL_CHECK(!key.name.empty()) << object.dump();
  PETREL_CHECK_EQ(type.namespaced, !key.resource_namespace.empty()) << object.dump();
  const ObjectPointer before = find(type, key);
  object["apiVersion"] = type.api_version();
  object["kind"] = type.kind;
  Json& metadata = object["metadata"];
  for (const char* name : {"uid", "creationTimestamp", "generation"}) {
    if (!metadata.contains(name) && before != nullptr) {
      copy_or_erase((*before)["metadata"], metadata, name);
    }
  }
  if (!metadata.contains("uid")) {
    metadata["uid"] = concat("uid-", ++uids_);
  }
  if (!metadata.contains("creationTimestamp")) {
    metadata["creationTimestamp"] = now();
  }
  if (!metadata.contains("generation")) {
    metadata["generation"] = 1;
  }
  return commit(into, key, before, std::move(object));
}

void ObjectStore::register_crd(const Json& definition) {
  const Json& spec = definition["spec"];
  for (const Json& version : spec["versions"]) {
    if (version.value("served", true)) {
      serve({spec["group"].get<std::string>(), version["name"].get<std::string>(),
             spec["names"]["plural"].get<std::string>(), spec["names"]["kind"].get<std::string>(),
             spec.value("scope", "Namespaced") == "Namespaced"});
    }
  }
  Json established = definition;
  const Json conditions = Json::array({{{"type", "NamesAccepted"}, {"status", "True"}},
                                       {{"type", "Established"}, {"status", "True"}}});
  const Json::json_pointer path("/status/conditions");
  if (definition.contains(path) && definition[path] == conditions) {
    return;
  }
  established[path] = conditions;
  put(kCustomResourceDefinitions, std::move(established));
}

}  // namespace petrel::k8s::testing
