// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/mutex.h"
#include "operator/control/document_index.h"
#include "operator/control/operator_metrics.h"
#include "operator/kubernetes/api_client.h"
#include "operator/kubernetes/informer.h"
#include "operator/kubernetes/waitable_clock.h"

namespace petrel::ops {

// Everything of the Kubernetes API that the operator keeps in memory: the documents of our kinds,
// and the objects that it manages (app.kubernetes.io/managed-by=petrel-operator), in all namespaces
// or in some. One thread for each type and namespace.
//
// on_document(), on_child() -> start() -> stop(); the destructor stops. Safe from any thread.
class Caches {
 public:
  // No namespaces: all. What is passed outlives this.
  Caches(k8s::ApiClient& api, const k8s::WaitableClock& clock,
         const std::vector<std::string>& namespaces);
  ~Caches();
  Caches(const Caches&) = delete;
  Caches& operator=(const Caches&) = delete;

  // Called on informers' threads for each change, as k8s::Informer does.
  using DocumentHandler = std::function<void(DocumentKind kind, const k8s::ObjectKey& key,
                                             const k8s::Json* before, const k8s::Json* after)>;
  using ChildHandler = k8s::Informer::ChangeHandler;
  void on_document(const DocumentHandler& handler);
  void on_child(const ChildHandler& handler);

  void start();
  void stop();

  bool synced() const;
  // Unavailable when a cache has not been able to follow the API server for so long.
  absl::Status alive(int64_t failing_ms_max);

  // The namespace is one of those that are watched.
  k8s::Informer& documents(DocumentKind kind, const std::string& resource_namespace) const;
  k8s::Informer& children(const k8s::ResourceType& type,
                          const std::string& resource_namespace) const;

  void add_metrics(MetricRegistry& registry);

 private:
  struct Cache;
  const Cache& find(const k8s::ResourceType& type, const std::string& resource_namespace) const;

  const k8s::WaitableClock& clock_;
  std::vector<std::unique_ptr<Cache>> caches_;
  Mutex mutex_;
  // Since when an informer fails.
  std::map<const Cache*, int64_t> failing_since_us_ ABSL_GUARDED_BY(mutex_);
};

inline constexpr const char* kManagedSelector = "app.kubernetes.io/managed-by=petrel-operator";

// Returns once the API server serves our kinds, asking every second, or false when `stopping` says
// so. Whoever installs the operator installs its CustomResourceDefinitions too, in any order.
bool wait_for_kinds(k8s::ApiClient& api, const k8s::WaitableClock& clock,
                    const std::function<bool()>& stopping);

}  // namespace petrel::ops
