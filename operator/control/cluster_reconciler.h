// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/string_map.h"
#include "operator/control/caches.h"
#include "operator/control/cluster_runtime.h"
#include "operator/control/document_index.h"
#include "operator/control/document_writer.h"
#include "operator/control/status.h"
#include "operator/kubernetes/events.h"

namespace petrel::ops {

// What reconcilers of all clusters share.
struct ReconcilerParts {
  const Clock& clock;
  const DocumentIndex& index;
  const Caches& caches;
  DocumentWriter& writer;
  k8s::EventRecorder& events;
  OperatorMetrics& operator_metrics;
  ClusterRuntimeFactory make_runtime;
  // Asked before each action: false when the work ends or another replica leads.
  std::function<bool()> may_act;
};

// Brings one cluster, with its topics and groups, nearer to what is declared: observe, decide, act,
// until there is nothing to do now, and then tell it in status. All that must survive is in the
// Kubernetes API and on the brokers: it may be dropped between any two steps, and made again.
//
// Used by one thread at a time.
class ClusterReconciler {
 public:
  // Stats in status are at least as old as this before they are written again, and older when they
  // do not change, or when there are many: a cluster's statuses are written for their sake once in
  // kStatsWriteMs, those first that waited longest, and so many in a row after a quiet time.
  static constexpr int64_t kStatsPeriodMs = 60'000;
  static constexpr int64_t kStatsWriteMs = 1'000;
  static constexpr int64_t kStatsWritesMax = 60;
  // A broker that does not answer for so long makes the cluster not Ready. Brokers that start
  // again, and an operator that does, are faster. Topics and groups that were Ready stay as they
  // were told.
  static constexpr int64_t kSilenceMs = 20'000;

  ClusterReconciler(k8s::ObjectKey cluster, const ReconcilerParts& parts,
                    std::function<void()> on_change);

  struct Result {
    // Not OK: what failed last, to be tried again.
    absl::Status status;
    // Nothing to do and nothing to wait for.
    bool converged = false;
    // No document is left: drop this.
    bool gone = false;
    // There is more to do at once.
    bool more = false;
  };
  Result reconcile();

 private:
  // What the status of a document was made from when it was last found to be as wanted, or written.
  struct Told {
    size_t essence = 0;
    size_t stats = 0;
    // Of the object that was found to say so; empty after a write.
    std::string resource_version;
    // The generation that was told Ready, 0 if none was; the object may not have come back yet.
    int64_t ready_generation = 0;
    int64_t stats_at_us = 0;
    // When its document was last there.
    int64_t round = 0;
  };
  struct Round;
  // A status that only traffic has changed.
  struct StatsWrite {
    int64_t told_at_us = 0;
    std::string id;
    std::function<void()> write;
  };

  bool is_alive(const DocumentIndex::Documents& documents) const;
  void settle_finalizers(Round& round);
  void leave_behind(const IndexedDocument& document);
  void declare(Round& round);
  void run_passes(Round& round);
  void look_again(Round& round);
  bool act(Round& round, const Action& action);
  absl::Status perform(Round& round, const Action& action);
  void forget(Round& round, const std::vector<std::string>& ids);
  void tell_event(const Round& round, const Action& action, const absl::Status& status);
  void tell_failed_items(Round& round);
  void note_silence(const Round& round);
  bool is_in_doubt(const IndexedDocument& document, const std::vector<Condition>& conditions) const;
  void tell_statuses(Round& round);
  void tell_items(Round& round);
  void tell_stats();
  void tell_silence(std::vector<Condition>& conditions) const;
  static void tell_failures(const Round& round, std::vector<Condition>& conditions);
  void tell_cluster(const Round& round, std::vector<Condition> conditions);
  void tell(const std::shared_ptr<const IndexedDocument>& document,
            const std::vector<Condition>& conditions, const Fingerprints& fingerprints,
            const std::function<nlohmann::json()>& fields);

  const k8s::ObjectKey cluster_;
  const ReconcilerParts& parts_;
  const std::function<void()> on_change_;
  // Null while there is no cluster.
  std::unique_ptr<ClusterRuntime> runtime_;
  // Since when a broker has not answered; 0: all do.
  int64_t silent_since_us_ = 0;
  // By Declared::id.
  StringMap<Told> told_;
  // Of this round.
  std::vector<StatsWrite> stats_writes_;
  // When the next write for the sake of stats would be due, had all been written in time.
  int64_t stats_due_us_ = 0;
  int64_t rounds_ = 0;
};

}  // namespace petrel::ops
