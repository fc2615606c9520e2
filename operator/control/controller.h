// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/mutex.h"
#include "operator/control/caches.h"
#include "operator/control/cluster_reconciler.h"
#include "operator/control/cluster_runtime.h"
#include "operator/control/document_index.h"
#include "operator/control/document_writer.h"
#include "operator/control/operator_metrics.h"
#include "operator/kubernetes/api_client.h"
#include "operator/kubernetes/events.h"
#include "operator/kubernetes/waitable_clock.h"
#include "operator/kubernetes/work_queue.h"

namespace petrel::ops {

// The operator's work: every change of a document, of an object that belongs to a cluster, or of a
// broker's content puts that cluster into a queue, and workers reconcile one cluster each. Changes
// that come while a cluster waits, or shortly after a round over it, share one round.
//
// Made before caches.start(), so that it sees all that they see; start() -> stop(), once each. The
// destructor stops.
class Controller {
 public:
  struct Options {
    int workers = 4;
    // Each cluster is looked at this often although nothing changed: stats, and to be sure.
    int64_t look_again_ms = 30'000;
    // And this often while it is not as it should be: some of what is waited for is time.
    int64_t look_soon_ms = 5'000;
    // Between two rounds over the same cluster: half of what the first one took, and at most this.
    int64_t pause_ms_max = 100;
  };

  // What is passed outlives this; the caches are stopped first.
  Controller(k8s::ApiClient& api, const k8s::WaitableClock& clock, Caches& caches,
             k8s::EventRecorder& events, OperatorMetrics& operator_metrics,
             ClusterRuntimeFactory make_runtime, Options options);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // Workers begin once the caches are complete. `may_act` is asked before each action.
  void start(std::function<bool()> may_act);
  // Returns when no worker runs any more: each ends after the action that it is in.
  void stop();

  // Unavailable when one cluster has been worked on for so long.
  absl::Status progressing(int64_t stuck_ms_max) const;

  // Every scrape reads this controller: it outlives the serving of the registry.
  void add_metrics(MetricRegistry& registry) const;

 private:
  struct Cluster {
    std::unique_ptr<ClusterReconciler> reconciler;
    // No earlier than this, to do the work of many changes in one round.
    int64_t not_before_us = 0;
    // The first change that no round has found to be done; 0: all done.
    int64_t changed_us = 0;
  };

  void touch(const k8s::ObjectKey& cluster);
  void on_document(DocumentKind kind, const k8s::ObjectKey& key, const k8s::Json* before,
                   const k8s::Json* after);
  void on_child(const k8s::ObjectKey& key, const k8s::Json& object);
  void on_transition(const k8s::Json& object, const Condition& condition);
  void on_write_failure(const IndexedDocument& document, const absl::Status& status);
  void work();
  bool wait_synced();
  void work_on(const k8s::ObjectKey& key);
  k8s::WorkQueue::Stats queue_stats() const;
  void finish(const k8s::ObjectKey& key, const ClusterReconciler::Result& result,
              int64_t changed_us, int64_t began_us);

  const k8s::WaitableClock& clock_;
  Caches& caches_;
  k8s::EventRecorder& events_;
  OperatorMetrics& operator_metrics_;
  const Options options_;
  std::atomic<bool> started_{false};
  std::atomic<bool> stopping_{false};
  std::function<bool()> may_act_;
  DocumentIndex index_;
  k8s::WorkQueue queue_;
  DocumentWriter writer_;
  ReconcilerParts parts_;
  mutable Mutex mutex_;
  CondVar stopped_;
  std::map<k8s::ObjectKey, Cluster> clusters_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> workers_;
};

}  // namespace petrel::ops
