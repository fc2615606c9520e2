// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/control/caches.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/random.h"

namespace petrel::ops {
namespace {

constexpr log::Logger kLog("caches");
constexpr int64_t kAskAgainMs = 1'000;

const std::array<const k8s::ResourceType*, 5>& child_types() {
  static const std::array<const k8s::ResourceType*, 5> kTypes = {
      &k8s::kPods, &k8s::kPersistentVolumeClaims, &k8s::kServices, &k8s::kConfigMaps,
      &k8s::kPodDisruptionBudgets};
  return kTypes;
}

bool serves(const k8s::Json& resources, const k8s::ResourceType& type) {
  if (!resources.is_object() || !resources.contains("resources")) {
    return false;
  }
  for (const k8s::Json& resource : resources.at("resources")) {
    if (resource.is_object() && resource.value("name", "") == type.plural) {
      return true;
    }
  }
  return false;
}

}  // namespace

struct Caches::Cache {
  Cache(k8s::ApiClient& api, const k8s::WaitableClock& clock, uint64_t seed,
        k8s::Informer::Options options)
      : type(options.type),
        resource_namespace(options.resource_namespace),
        random(seed),
        informer(api, clock, random, std::move(options)) {}

  const k8s::ResourceType type;
  const std::string resource_namespace;
  SeededRandom random;
  k8s::Informer informer;
};

Caches::Caches(k8s::ApiClient& api, const k8s::WaitableClock& clock,
               const std::vector<std::string>& namespaces)
    : clock_(clock) {
  SystemRandom seeds;
  const auto add = [&](const k8s::ResourceType& type, const std::string& in, bool managed_only) {
    k8s::Informer::Options options;
    options.type = type;
    options.resource_namespace = in;
    options.label_selector = managed_only ? kManagedSelector : "";
    caches_.push_back(std::make_unique<Cache>(api, clock, seeds.next(), std::move(options)));
  };
  for (const std::string& in : namespaces.empty() ? std::vector<std::string>{""} : namespaces) {
    for (const DocumentKind kind : kDocumentKinds) {
      add(type_of(kind), in, false);
    }
    for (const k8s::ResourceType* type : child_types()) {
      add(*type, in, true);
    }
  }
}

Caches::~Caches() { stop(); }

void Caches::on_document(const DocumentHandler& handler) {
  for (const DocumentKind kind : kDocumentKinds) {
    for (const auto& cache : caches_) {
      if (cache->type == type_of(kind)) {
        cache->informer.on_change(
            [handler, kind](const k8s::ObjectKey& key, const k8s::Json* before,
                            const k8s::Json* after) { handler(kind, key, before, after); });
      }
    }
  }
}

void Caches::on_child(const ChildHandler& handler) {
  for (const k8s::ResourceType* type : child_types()) {
    for (const auto& cache : caches_) {
      if (cache->type == *type) {
        cache->informer.on_change(handler);
      }
    }
  }
}

void Caches::start() {
  for (const auto& cache : caches_) {
    cache->informer.start();
  }
}

void Caches::stop() {
  for (const auto& cache : caches_) {
    cache->informer.stop();
  }
}

bool Caches::synced() const {
  for (const auto& cache : caches_) {
    if (!cache->informer.synced()) {
      return false;
    }
  }
  return true;
}

absl::Status Caches::alive(int64_t failing_ms_max) {
  const MutexLock lock(mutex_);
  for (const auto& cache : caches_) {
    const k8s::Informer::Stats stats = cache->informer.stats();
    if (stats.last_failure.empty()) {
      failing_since_us_.erase(cache.get());
      continue;
    }
    const int64_t since_us =
        failing_since_us_.try_emplace(cache.get(), clock_.mono_us()).first->second;
    if (clock_.mono_us() - since_us > failing_ms_max * 1000) {
      return absl::UnavailableError(concat(cache->type.str(), ": ", stats.last_failure));
    }
  }
  return absl::OkStatus();
}

const Caches::Cache& Caches::find(const k8s::ResourceType& type,
                                  const std::string& resource_namespace) const {
  for (const auto& cache : caches_) {
    if (cache->type == type &&
        (cache->resource_namespace.empty() || cache->resource_namespace == resource_namespace)) {
      return *cache;
    }
  }
  PETREL_CHECK(false) << "no cache of " << type.str() << " in " << resource_namespace;
  return *caches_.front();
}

k8s::Informer& Caches::documents(DocumentKind kind, const std::string& resource_namespace) const {
  return const_cast<Cache&>(find(type_of(kind), resource_namespace)).informer;
}

k8s::Informer& Caches::children(const k8s::ResourceType& type,
                                const std::string& resource_namespace) const {
  return const_cast<Cache&>(find(type, resource_namespace)).informer;
}

void Caches::add_metrics(MetricRegistry& registry) {
  using Kind = MetricRegistry::Kind;
  const auto add = [&](Kind kind, const std::string& name, const std::string& help, auto read) {
    registry.computed(kind, name, help, {"resource"}, [this, read] {
      std::map<std::string, double> sums;
      for (const auto& cache : caches_) {
        sums[cache->type.plural] += static_cast<double>(read(cache->informer.stats()));
      }
      std::vector<Sample> samples;
      for (const auto& [resource, value] : sums) {
        samples.push_back({{resource}, value});
      }
      return samples;
    });
  };
  add(Kind::kGauge, "petrel_operator_cached_objects", "Objects of the Kubernetes API in memory",
      [](const k8s::Informer::Stats& stats) { return stats.objects; });
  add(Kind::kCounter, "petrel_operator_watch_restarts_total",
      "Lists and watches of the Kubernetes API that failed and were begun again",
      [](const k8s::Informer::Stats& stats) { return stats.failures; });
  add(Kind::kCounter, "petrel_operator_watch_events_total", "Changes that watches told",
      [](const k8s::Informer::Stats& stats) { return stats.events; });
}

bool wait_for_kinds(k8s::ApiClient& api, const k8s::WaitableClock& clock,
                    const std::function<bool()>& stopping) {
  Mutex mutex;
  CondVar never;
  for (bool told = false; !stopping(); told = true) {
    const absl::StatusOr<k8s::Json> resources = api.get_path("/apis/petrel.io/v1alpha1");
    if (resources.ok() && serves(*resources, type_of(DocumentKind::kCluster)) &&
        serves(*resources, type_of(DocumentKind::kTopic)) &&
        serves(*resources, type_of(DocumentKind::kGroup))) {
      return true;
    }
    if (!told) {
      kLog.warn("waiting until the API server serves petrel.io/v1alpha1",
                {{"answer", resources.ok() ? "not all kinds are there"
                                           : std::string(resources.status().message())}});
    }
    const int64_t until_us = clock.mono_us() + kAskAgainMs * 1000;
    const MutexLock lock(mutex);
    while (clock.mono_us() < until_us && !stopping()) {
      clock.wait_until(mutex, never, until_us);
    }
  }
  return false;
}

}  // namespace petrel::ops
