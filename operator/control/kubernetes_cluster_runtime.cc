// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/control/kubernetes_cluster_runtime.h"

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "common/mutex.h"
#include "operator/runtimes/kubernetes/feed_brokers.h"
#include "operator/runtimes/kubernetes/kubernetes_runtime.h"

namespace petrel::ops {
namespace {

// Who wants to hear of changes on a cluster's brokers. Safe from any thread.
class Listeners {
 public:
  void set(const std::string& cluster, std::function<void()> listener) {
    const MutexLock lock(mutex_);
    listeners_[cluster] = std::move(listener);
  }
  void remove(const std::string& cluster) {
    const MutexLock lock(mutex_);
    listeners_.erase(cluster);
  }
  void tell(const std::string& cluster) {
    std::function<void()> listener;
    {
      const MutexLock lock(mutex_);
      if (const auto found = listeners_.find(cluster); found != listeners_.end()) {
        listener = found->second;
      }
    }
    if (listener) {
      listener();
    }
  }

 private:
  Mutex mutex_;
  std::map<std::string, std::function<void()>> listeners_ ABSL_GUARDED_BY(mutex_);
};

// One cluster: the runtime with its own view of caches and brokers.
class KubernetesClusterRuntime final : public ClusterRuntime {
 public:
  KubernetesClusterRuntime(k8s::ApiClient& api, const k8s::WaitableClock& clock,
                           const Caches& caches, const KubernetesDefaults& defaults,
                           ContentFeeds& feeds, Listeners& listeners, const k8s::ObjectKey& cluster,
                           std::function<void()> on_change)
      : listeners_(listeners),
        name_(cluster.str()),
        cache_([&caches,
                in = cluster.resource_namespace](const k8s::ResourceType& type) -> k8s::Informer& {
          return caches.children(type, in);
        }),
        brokers_(feeds, name_),
        runtime_(cluster, {.api = api,
                           .cache = cache_,
                           .brokers = brokers_,
                           .clock = clock,
                           .defaults = defaults}) {
    listeners_.set(name_, std::move(on_change));
  }
  ~KubernetesClusterRuntime() override { listeners_.remove(name_); }

  std::map<MemberId, std::string> declare(const DeclaredCluster& cluster,
                                          const nlohmann::json& object) override {
    return runtime_.declare(cluster, object);
  }
  absl::StatusOr<Snapshot> observe() override { return runtime_.observe(); }
  absl::Status act(const Action& action) override { return runtime_.act(action); }
  nlohmann::json status_fields(const Snapshot& snapshot) const override {
    return runtime_.status_fields(snapshot);
  }

 private:
  Listeners& listeners_;
  const std::string name_;
  InformerCache cache_;
  FeedBrokers brokers_;
  KubernetesRuntime runtime_;
};

}  // namespace

struct KubernetesClusterRuntimes::State {
  State(k8s::ApiClient& api_client, const k8s::WaitableClock& the_clock, const Caches& the_caches,
        KubernetesDefaults the_defaults)
      : api(api_client),
        clock(the_clock),
        caches(the_caches),
        defaults(std::move(the_defaults)),
        feeds({}, [this](const std::string& cluster, const MemberId&, ContentChange change) {
          // Stats are told in time by the controller's own looks at the cluster.
          if (change != ContentChange::kStats) {
            listeners.tell(cluster);
          }
        }) {}

  k8s::ApiClient& api;
  const k8s::WaitableClock& clock;
  const Caches& caches;
  const KubernetesDefaults defaults;
  Listeners listeners;
  ContentFeeds feeds;  // last: its threads use the listeners
};

KubernetesClusterRuntimes::KubernetesClusterRuntimes(k8s::ApiClient& api,
                                                     const k8s::WaitableClock& clock,
                                                     const Caches& caches,
                                                     KubernetesDefaults defaults)
    : state_(std::make_unique<State>(api, clock, caches, std::move(defaults))) {}

KubernetesClusterRuntimes::~KubernetesClusterRuntimes() = default;

ClusterRuntimeFactory KubernetesClusterRuntimes::factory() {
  return [state = state_.get()](const k8s::ObjectKey& cluster, std::function<void()> on_change) {
    return std::make_unique<KubernetesClusterRuntime>(
        state->api, state->clock, state->caches, state->defaults, state->feeds, state->listeners,
        cluster, std::move(on_change));
  };
}

}  // namespace petrel::ops
