// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/control/operator_metrics.h"

#include <utility>

namespace petrel::ops {
namespace {

constexpr size_t kClustersMax = 500;
constexpr size_t kApiSeriesMax = 400;

// 100 us to 10 min: from a round with nothing to do to a cluster that pulls its images.
Buckets converge_buckets() {
  return {{10'000, 20'000, 50'000, 100'000, 200'000, 500'000, 1'000'000, 2'000'000, 5'000'000,
           10'000'000, 30'000'000, 60'000'000, 120'000'000, 300'000'000, 600'000'000},
          1e6};
}

const char* name_of(OperatorMetrics::Outcome outcome) {
  switch (outcome) {
    case OperatorMetrics::Outcome::kConverged:
      return "converged";
    case OperatorMetrics::Outcome::kProgressing:
      return "progressing";
    case OperatorMetrics::Outcome::kFailed:
      return "failed";
  }
  return "";
}

}  // namespace

OperatorMetrics::OperatorMetrics(MetricRegistry& registry)
    : reconciles_(registry.counters("petrel_operator_reconciles_total",
                                    "Rounds over one cluster, by how they ended", {"result"})),
      reconcile_us_(registry.histogram("petrel_operator_reconcile_seconds",
                                       "Time of one round over one cluster", latency_buckets())),
      converge_us_(registry.histogram("petrel_operator_converge_seconds",
                                      "Time from the first sight of a change until it is done",
                                      converge_buckets())),
      last_success_(registry.gauges("petrel_operator_last_success_timestamp_seconds",
                                    "When a round over the cluster last ended without an error",
                                    {"namespace", "cluster"}, kClustersMax)),
      data_in_doubt_(registry.gauges("petrel_operator_brokers_without_their_data",
                                     "Brokers whose volume is lost, is another one or is being "
                                     "deleted",
                                     {"namespace", "cluster"}, kClustersMax)),
      api_requests_(registry.counters("petrel_operator_api_requests_total",
                                      "Calls of the Kubernetes API; code 0: no answer",
                                      {"verb", "resource", "code"}, kApiSeriesMax)),
      api_request_us_(registry.histograms("petrel_operator_api_request_seconds",
                                          "Time of calls of the Kubernetes API, without watches",
                                          {"verb"}, latency_buckets())),
      broker_changes_(registry.counters("petrel_operator_broker_changes_total",
                                        "Calls that change topics or groups of a broker",
                                        {"call", "result"})),
      leader_(registry.gauge("petrel_operator_leader", "1 while this replica does the work")) {
  for (const Outcome outcome : {Outcome::kConverged, Outcome::kProgressing, Outcome::kFailed}) {
    reconciles_.with({name_of(outcome)});
  }
}

void OperatorMetrics::reconciled(const std::string& resource_namespace, const std::string& cluster,
                                 Outcome outcome, int64_t duration_us, int64_t wall_ms) {
  reconciles_.with({name_of(outcome)}).add();
  reconcile_us_.observe(duration_us);
  if (outcome != Outcome::kFailed) {
    last_success_.with({resource_namespace, cluster}).set(static_cast<double>(wall_ms) / 1000);
  }
}

void OperatorMetrics::data_in_doubt(const std::string& resource_namespace,
                                    const std::string& cluster, int64_t brokers) {
  data_in_doubt_.with({resource_namespace, cluster}).set(static_cast<double>(brokers));
}

void OperatorMetrics::cluster_gone(const std::string& resource_namespace,
                                   const std::string& cluster) {
  data_in_doubt_.remove({resource_namespace, cluster});
  last_success_.remove({resource_namespace, cluster});
}

void OperatorMetrics::api_called(std::string_view verb, std::string_view resource, int code,
                                 int64_t duration_us) {
  const std::string verb_text(verb);
  api_requests_.with({verb_text, std::string(resource), std::to_string(code)}).add();
  if (verb != "watch") {
    api_request_us_.with({verb_text}).observe(duration_us);
  }
}

void OperatorMetrics::broker_changed(const std::string& call, bool ok) {
  broker_changes_.with({call, ok ? "ok" : "error"}).add();
}

void add_queue_metrics(MetricRegistry& registry, std::function<QueueNumbers()> numbers) {
  using Kind = MetricRegistry::Kind;
  const auto add = [&](Kind kind, const std::string& name, const std::string& help, auto read) {
    registry.computed(kind, name, help, {}, [numbers, read] {
      return std::vector<Sample>{{{}, static_cast<double>(read(numbers()))}};
    });
  };
  add(Kind::kGauge, "petrel_operator_queue_depth", "Clusters that wait for a round",
      [](const QueueNumbers& n) { return n.depth; });
  add(Kind::kCounter, "petrel_operator_queue_adds_total", "Clusters put into the queue",
      [](const QueueNumbers& n) { return n.adds; });
  add(Kind::kCounter, "petrel_operator_queue_retries_total",
      "Clusters put into the queue again after an error",
      [](const QueueNumbers& n) { return n.retries; });
  add(Kind::kGauge, "petrel_operator_queue_oldest_seconds",
      "How long the oldest cluster has waited or been worked on",
      [](const QueueNumbers& n) { return n.oldest_seconds; });
}

void add_object_metrics(MetricRegistry& registry,
                        std::function<std::vector<ObjectCount>()> counts) {
  registry.computed(MetricRegistry::Kind::kGauge, "petrel_operator_objects",
                    "Documents of the operator's kinds", {"kind", "ready"},
                    [counts = std::move(counts)] {
                      std::vector<Sample> samples;
                      for (const ObjectCount& count : counts()) {
                        samples.push_back({{count.kind, count.ready ? "true" : "false"},
                                           static_cast<double>(count.count)});
                      }
                      return samples;
                    });
}

}  // namespace petrel::ops
