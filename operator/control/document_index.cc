// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/control/document_index.h"

#include <nlohmann/json.hpp>

#include "operator/resources/objects.h"
#include "operator/resources/schema.h"
#include "operator/runtimes/kubernetes/cluster_names.h"

namespace petrel::ops {
namespace {

using k8s::Json;
using k8s::ObjectKey;

// Text at a path of members; empty when there is none.
std::string text_at(const Json& object, const std::vector<const char*>& path) {
  const Json* at = &object;
  for (const char* member : path) {
    if (!at->is_object()) {
      return "";
    }
    const auto found = at->find(member);
    if (found == at->end()) {
      return "";
    }
    at = &*found;
  }
  return at->is_string() ? at->get<std::string>() : "";
}

// Null when there is none.
const Json* ready_condition(const Json& object) {
  const auto status = object.find("status");
  if (status == object.end() || !status->is_object()) {
    return nullptr;
  }
  const auto conditions = status->find("conditions");
  if (conditions == status->end() || !conditions->is_array()) {
    return nullptr;
  }
  for (const Json& condition : *conditions) {
    if (text_at(condition, {"type"}) == "Ready") {
      return &condition;
    }
  }
  return nullptr;
}

void read_status(const Json& object, IndexedDocument& document) {
  const Json* ready = ready_condition(object);
  document.ready = ready != nullptr && text_at(*ready, {"status"}) == "True";
  if (!document.ready) {
    return;
  }
  if (const auto generation = ready->find("observedGeneration");
      generation != ready->end() && generation->is_number_integer()) {
    document.ready_generation = generation->get<int64_t>();
  }
}

void parse(const Json& object, IndexedDocument& document) {
  const absl::StatusOr<Resource> resource = read_object(object);
  if (!resource.ok()) {
    document.problem = std::string(resource.status().message());
    return;
  }
  switch (document.kind) {
    case DocumentKind::kCluster:
      document.cluster = declared_cluster(*resource);
      return;
    case DocumentKind::kTopic:
      document.topic = declared_topic(*resource);
      document.needs_finalizer = document.topic->spec.deletion_policy != DeletionPolicy::kRetain;
      return;
    case DocumentKind::kGroup:
      document.group = declared_group(*resource);
      document.needs_finalizer = document.group->spec.deletion_policy != DeletionPolicy::kRetain;
      return;
  }
}

const char* name_of(DocumentKind kind) { return type_of(kind).kind.c_str(); }

// Takes what was parsed before over when the object is still the same.
std::shared_ptr<const IndexedDocument> index(DocumentKind kind, const ObjectKey& key,
                                             const Json& object, const IndexedDocument* before) {
  auto document = std::make_shared<IndexedDocument>();
  document->kind = kind;
  document->key = key;
  document->id = std::string(name_of(kind)) + "/" + key.name;
  document->uid = k8s::uid_of(object);
  document->resource_version = k8s::resource_version_of(object);
  document->generation = k8s::generation_of(object);
  document->deleting = k8s::is_deleting(object);
  document->has_finalizer = k8s::has_finalizer(object, kFinalizer);
  read_status(object, *document);
  if (before != nullptr && before->uid == document->uid &&
      before->generation == document->generation && before->deleting == document->deleting) {
    document->needs_finalizer = before->needs_finalizer;
    document->problem = before->problem;
    document->cluster = before->cluster;
    document->topic = before->topic;
    document->group = before->group;
  } else {
    parse(object, *document);
  }
  return document;
}

ObjectKey cluster_key(DocumentKind kind, const ObjectKey& key, const Json& object) {
  if (kind == DocumentKind::kCluster) {
    return key;
  }
  return {key.resource_namespace, text_at(object, {"spec", "clusterRef", "name"})};
}

}  // namespace

const k8s::ResourceType& type_of(DocumentKind kind) {
  static const k8s::ResourceType kTopic{"petrel.io", "v1alpha1", "petreltopics", "PetrelTopic"};
  static const k8s::ResourceType kGroup{"petrel.io", "v1alpha1", "petrelconsumergroups",
                                        "PetrelConsumerGroup"};
  switch (kind) {
    case DocumentKind::kTopic:
      return kTopic;
    case DocumentKind::kGroup:
      return kGroup;
    case DocumentKind::kCluster:
      break;
  }
  return kPetrelClusters;
}

std::vector<ObjectKey> DocumentIndex::update(DocumentKind kind, const ObjectKey& key,
                                             const Json* object) {
  const MutexLock lock(mutex_);
  std::vector<ObjectKey> affected;
  DocumentPointer before;
  std::optional<ObjectKey> old_cluster;
  if (const auto found = cluster_of_.find({kind, key}); found != cluster_of_.end()) {
    old_cluster = found->second;
    before = clusters_[*old_cluster][{kind, key.name}];
    affected.push_back(*old_cluster);
    forget(kind, key, *old_cluster);
  }
  if (object == nullptr) {
    return affected;
  }
  const ObjectKey cluster = cluster_key(kind, key, *object);
  DocumentPointer document = index(kind, key, *object, before.get());
  count(*document, 1);
  cluster_of_[{kind, key}] = cluster;
  clusters_[cluster][{kind, key.name}] = std::move(document);
  if (old_cluster != cluster) {
    affected.push_back(cluster);
  }
  return affected;
}

void DocumentIndex::forget(DocumentKind kind, const ObjectKey& key, const ObjectKey& cluster) {
  cluster_of_.erase({kind, key});
  const auto found = clusters_.find(cluster);
  const auto document = found->second.find({kind, key.name});
  count(*document->second, -1);
  found->second.erase(document);
  if (found->second.empty()) {
    clusters_.erase(found);
  }
}

void DocumentIndex::count(const IndexedDocument& document, int64_t change) {
  counts_[static_cast<size_t>(document.kind)][document.ready ? 1 : 0] += change;
}

DocumentIndex::Documents DocumentIndex::documents(const ObjectKey& cluster) const {
  Documents result;
  const MutexLock lock(mutex_);
  const auto found = clusters_.find(cluster);
  if (found == clusters_.end()) {
    return result;
  }
  result.topics.reserve(found->second.size());
  for (const auto& [key, document] : found->second) {
    switch (document->kind) {
      case DocumentKind::kCluster:
        result.cluster = document;
        break;
      case DocumentKind::kTopic:
        result.topics.push_back(document);
        break;
      case DocumentKind::kGroup:
        result.groups.push_back(document);
        break;
    }
  }
  return result;
}

std::vector<ObjectCount> DocumentIndex::counts() const {
  const MutexLock lock(mutex_);
  std::vector<ObjectCount> result;
  for (const DocumentKind kind : kDocumentKinds) {
    for (const bool ready : {false, true}) {
      result.push_back({name_of(kind), ready, counts_[static_cast<size_t>(kind)][ready ? 1 : 0]});
    }
  }
  return result;
}

}  // namespace petrel::ops
