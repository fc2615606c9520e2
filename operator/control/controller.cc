// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/control/controller.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/concat.h"
#include "common/log.h"

namespace petrel::ops {
namespace {

using k8s::Json;
using k8s::ObjectKey;

constexpr log::Logger kLog("controller");
constexpr const char* kClusterLabel = "petrel.io/cluster";
constexpr int64_t kRetryMs = 1'000;
constexpr int64_t kAskAgainUs = 20'000;

std::string_view text_of(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

k8s::WorkQueue::Options queue_options() {
  k8s::WorkQueue::Options options;
  options.backoff_first_ms = 50;
  options.backoff_max_ms = 30'000;
  return options;
}

OperatorMetrics::Outcome outcome_of(const ClusterReconciler::Result& result) {
  if (!result.status.ok()) {
    return OperatorMetrics::Outcome::kFailed;
  }
  return result.converged || result.gone ? OperatorMetrics::Outcome::kConverged
                                         : OperatorMetrics::Outcome::kProgressing;
}

}  // namespace

Controller::Controller(k8s::ApiClient& api, const k8s::WaitableClock& clock, Caches& caches,
                       k8s::EventRecorder& events, OperatorMetrics& operator_metrics,
                       ClusterRuntimeFactory make_runtime, Options options)
    : clock_(clock),
      caches_(caches),
      events_(events),
      operator_metrics_(operator_metrics),
      options_(options),
      queue_(clock, queue_options()),
      writer_(
          api, clock, caches,
          {.on_transition = [this](
                                const Json& object,
                                const Condition& condition) { on_transition(object, condition); },
           .on_failure = [this](const IndexedDocument& document,
                                const absl::Status& status) { on_write_failure(document, status); },
           .may_write = [this] { return !stopping_ && may_act_(); }}),
      parts_{.clock = clock,
             .index = index_,
             .caches = caches,
             .writer = writer_,
             .events = events,
             .operator_metrics = operator_metrics,
             .make_runtime = std::move(make_runtime),
             .may_act = [this] { return !stopping_ && may_act_(); }} {
  caches.on_document([this](DocumentKind kind, const ObjectKey& key, const Json* before,
                            const Json* after) { on_document(kind, key, before, after); });
  caches.on_child([this](const ObjectKey& key, const Json* before, const Json* after) {
    on_child(key, after != nullptr ? *after : *before);
  });
}

Controller::~Controller() { stop(); }

void Controller::start(std::function<bool()> may_act) {
  may_act_ = std::move(may_act);
  started_ = true;
  for (int i = 0; i < options_.workers; ++i) {
    workers_.emplace_back([this] { work(); });
  }
}

void Controller::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  queue_.stop();
  for (std::thread& worker : workers_) {
    worker.join();
  }
  workers_.clear();
  // Outside of the lock: feeds that end may be telling a change just now.
  std::map<ObjectKey, Cluster> clusters;
  {
    const MutexLock lock(mutex_);
    clusters.swap(clusters_);
  }
}

// What is seen ----------------------------------------------------------------------------------

void Controller::touch(const ObjectKey& cluster) {
  const int64_t now_us = clock_.mono_us();
  int64_t wait_us = 0;
  {
    const MutexLock lock(mutex_);
    Cluster& state = clusters_[cluster];
    if (state.changed_us == 0) {
      state.changed_us = now_us;
    }
    wait_us = state.not_before_us - now_us;
  }
  if (wait_us > 0) {
    queue_.add_after(cluster, wait_us / 1000 + 1, k8s::Priority::kUser);
  } else {
    queue_.add(cluster, k8s::Priority::kUser);
  }
}

void Controller::on_document(DocumentKind kind, const ObjectKey& key, const Json* before,
                             const Json* after) {
  const std::vector<ObjectKey> clusters = index_.update(kind, key, after);
  if (k8s::is_edited(before, after)) {
    for (const ObjectKey& cluster : clusters) {
      touch(cluster);
    }
  }
}

void Controller::on_child(const ObjectKey& key, const Json& object) {
  if (const std::string cluster = k8s::label_of(object, kClusterLabel); !cluster.empty()) {
    touch({key.resource_namespace, cluster});
  }
}

void Controller::on_transition(const Json& object, const Condition& condition) {
  const bool is_refused = condition.type == "Accepted" && !condition.status;
  const bool is_news = condition.type == "Ready" && !condition.status &&
                       (condition.reason == "Conflict" || condition.reason == "Invalid" ||
                        condition.reason == "Refused" || condition.reason == "MemberFailed");
  const bool is_loss = condition.type == "DataIntact" && !condition.status;
  if (is_refused || is_news || is_loss) {
    events_.warning(object, condition.reason, "Reconcile", condition.message);
  }
}

void Controller::on_write_failure(const IndexedDocument& document, const absl::Status& status) {
  kLog.warn("a status was not written",
            {{"document", document.id}, {"key", document.key.str()}, {"reason", text_of(status)}});
  const auto& cluster = document.topic != nullptr   ? document.topic->spec.cluster
                        : document.group != nullptr ? document.group->spec.cluster
                                                    : document.key.name;
  queue_.add_after({document.key.resource_namespace, cluster}, kRetryMs);
}

// Workers ---------------------------------------------------------------------------------------

void Controller::work() {
  if (!wait_synced()) {
    return;
  }
  while (const std::optional<ObjectKey> key = queue_.take()) {
    work_on(*key);
  }
}

// Without all documents a cluster that is not known yet would look like one that is gone.
bool Controller::wait_synced() {
  while (!caches_.synced()) {
    const MutexLock lock(mutex_);
    if (stopping_) {
      return false;
    }
    clock_.wait_until(mutex_, stopped_, clock_.mono_us() + kAskAgainUs);
  }
  return !stopping_;
}

void Controller::work_on(const ObjectKey& key) {
  ClusterReconciler* reconciler = nullptr;
  int64_t changed_us = 0;
  {
    const MutexLock lock(mutex_);
    Cluster& cluster = clusters_[key];
    if (cluster.reconciler == nullptr) {
      cluster.reconciler =
          std::make_unique<ClusterReconciler>(key, parts_, [this, key] { touch(key); });
    }
    reconciler = cluster.reconciler.get();
    changed_us = std::exchange(cluster.changed_us, 0);
  }
  const int64_t began_us = clock_.mono_us();
  const ClusterReconciler::Result result = reconciler->reconcile();
  if (!result.status.ok()) {
    kLog.warn("a round failed", {{"cluster", key.str()}, {"reason", text_of(result.status)}});
  }
  finish(key, result, changed_us, began_us);
}

void Controller::finish(const ObjectKey& key, const ClusterReconciler::Result& result,
                        int64_t changed_us, int64_t began_us) {
  const int64_t now_us = clock_.mono_us();
  const int64_t took_us = now_us - began_us;
  operator_metrics_.reconciled(key.resource_namespace, key.name, outcome_of(result), took_us,
                               clock_.wall_ms());
  std::unique_ptr<ClusterReconciler> dropped;
  {
    const MutexLock lock(mutex_);
    const auto found = clusters_.find(key);
    Cluster& cluster = found->second;
    if (result.gone) {
      dropped = std::move(cluster.reconciler);
      if (cluster.changed_us == 0) {
        clusters_.erase(found);
      }
    } else {
      cluster.not_before_us = now_us + std::min(took_us / 2, options_.pause_ms_max * 1000);
      if (changed_us != 0 && !(result.converged && result.status.ok())) {
        cluster.changed_us = changed_us;
      }
    }
  }
  if (result.gone) {
    operator_metrics_.cluster_gone(key.resource_namespace, key.name);
  } else {
    if (changed_us != 0 && result.converged) {
      operator_metrics_.converged_after(now_us - changed_us);
    }
    queue_.add_after(key, result.converged ? options_.look_again_ms : options_.look_soon_ms);
  }
  if (result.more) {
    queue_.add(key);
  }
  queue_.done(key, result.status.ok());
}

// What others see -------------------------------------------------------------------------------

// A replica that does not lead lets its queue wait.
k8s::WorkQueue::Stats Controller::queue_stats() const {
  k8s::WorkQueue::Stats stats = queue_.stats();
  if (!started_) {
    stats.waiting = 0;
    stats.oldest_waiting_ms = 0;
  }
  return stats;
}

absl::Status Controller::progressing(int64_t stuck_ms_max) const {
  const k8s::WorkQueue::Stats stats = queue_stats();
  const int64_t longest_ms = std::max(stats.longest_held_ms, stats.oldest_waiting_ms);
  if (longest_ms > stuck_ms_max) {
    return absl::UnavailableError(
        concat("a cluster has waited or been worked on for ", longest_ms / 1000, " s"));
  }
  return absl::OkStatus();
}

void Controller::add_metrics(MetricRegistry& registry) const {
  add_queue_metrics(registry, [this] {
    const k8s::WorkQueue::Stats stats = queue_stats();
    return QueueNumbers{
        .depth = static_cast<int64_t>(stats.waiting),
        .adds = stats.adds,
        .retries = stats.retries,
        .oldest_seconds =
            static_cast<double>(std::max(stats.longest_held_ms, stats.oldest_waiting_ms)) / 1000};
  });
  add_object_metrics(registry, [this] { return index_.counts(); });
  registry.computed(MetricRegistry::Kind::kGauge, "petrel_operator_status_writes_waiting",
                    "Statuses that are to be written", {}, [this] {
                      return std::vector<Sample>{{{}, static_cast<double>(writer_.waiting())}};
                    });
}

}  // namespace petrel::ops
