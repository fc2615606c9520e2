// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "operator/brokers/content_feeds.h"
#include "operator/control/caches.h"
#include "operator/control/cluster_runtime.h"
#include "operator/kubernetes/api_client.h"
#include "operator/kubernetes/waitable_clock.h"
#include "operator/runtimes/kubernetes/children.h"

namespace petrel::ops {

// All clusters as Pods. Owns what their runtimes share: the feeds of brokers. Made before the
// controller and dropped after it; what is passed outlives it.
class KubernetesClusterRuntimes {
 public:
  KubernetesClusterRuntimes(k8s::ApiClient& api, const k8s::WaitableClock& clock,
                            const Caches& caches, KubernetesDefaults defaults);
  ~KubernetesClusterRuntimes();
  KubernetesClusterRuntimes(const KubernetesClusterRuntimes&) = delete;
  KubernetesClusterRuntimes& operator=(const KubernetesClusterRuntimes&) = delete;

  // For the controller.
  ClusterRuntimeFactory factory();

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace petrel::ops
