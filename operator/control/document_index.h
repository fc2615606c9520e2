// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/mutex.h"
#include "operator/control/operator_metrics.h"
#include "operator/kubernetes/resource_type.h"
#include "operator/plan/plan.h"

namespace petrel::ops {

enum class DocumentKind { kCluster, kTopic, kGroup };

inline constexpr std::array kDocumentKinds = {DocumentKind::kCluster, DocumentKind::kTopic,
                                              DocumentKind::kGroup};

const k8s::ResourceType& type_of(DocumentKind kind);

// Keeps a topic or group that is being deleted until the brokers are done with it.
inline constexpr const char* kFinalizer = "petrel.io/finalizer";

// What the controller knows of one object of our kinds. Immutable and shared.
struct IndexedDocument {
  DocumentKind kind = DocumentKind::kCluster;
  k8s::ObjectKey key;
  // Declared::id.
  std::string id;
  std::string uid;
  std::string resource_version;
  int64_t generation = 0;
  bool deleting = false;
  bool has_finalizer = false;
  // Something is to be done on brokers once it is deleted.
  bool needs_finalizer = false;
  // Its status says that it is Ready, and as of which generation; 0 when it is not.
  bool ready = false;
  int64_t ready_generation = 0;
  // Why it cannot be read, and then it is none of the three below.
  std::string problem;
  std::shared_ptr<const DeclaredCluster> cluster;
  std::shared_ptr<const DeclaredTopic> topic;
  std::shared_ptr<const DeclaredGroup> group;
};

// All objects of our kinds, by the cluster that they belong to. An object is parsed once for each
// generation, so that one that changes among thousands costs one. Safe from any thread.
class DocumentIndex {
 public:
  // Takes over what an informer says; no object: it is gone. Gives the cluster that it belongs to,
  // and the one that it belonged to before when that is another one.
  std::vector<k8s::ObjectKey> update(DocumentKind kind, const k8s::ObjectKey& key,
                                     const nlohmann::json* object);

  struct Documents {
    // Null: there is no such cluster.
    std::shared_ptr<const IndexedDocument> cluster;
    // In the order of their names.
    std::vector<std::shared_ptr<const IndexedDocument>> topics;
    std::vector<std::shared_ptr<const IndexedDocument>> groups;
    bool empty() const { return cluster == nullptr && topics.empty() && groups.empty(); }
  };
  Documents documents(const k8s::ObjectKey& cluster) const;

  std::vector<ObjectCount> counts() const;

 private:
  using DocumentPointer = std::shared_ptr<const IndexedDocument>;
  using DocumentKey = std::pair<DocumentKind, std::string>;
  using Cluster = std::map<DocumentKey, DocumentPointer>;

  void forget(DocumentKind kind, const k8s::ObjectKey& key, const k8s::ObjectKey& cluster)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void count(const IndexedDocument& document, int64_t change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<k8s::ObjectKey, Cluster> clusters_ ABSL_GUARDED_BY(mutex_);
  // The cluster of each topic and group.
  std::map<std::pair<DocumentKind, k8s::ObjectKey>, k8s::ObjectKey> cluster_of_
      ABSL_GUARDED_BY(mutex_);
  // By kind and readiness.
  std::array<std::array<int64_t, 2>, 3> counts_ ABSL_GUARDED_BY(mutex_) = {};
};

}  // namespace petrel::ops
