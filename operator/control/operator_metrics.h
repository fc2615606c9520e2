// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/metrics.h"

namespace petrel::ops {

// What the operator tells about its work, in its own words. Safe from any thread; the metrics live
// as long as the registry.
class OperatorMetrics {
 public:
  // How a round over one cluster ended: nothing more to do, more to do or to wait for, or an error.
  enum class Outcome { kConverged, kProgressing, kFailed };

  explicit OperatorMetrics(MetricRegistry& registry);

  void reconciled(const std::string& resource_namespace, const std::string& cluster,
                  Outcome outcome, int64_t duration_us, int64_t wall_ms);
  // From the first sight of a change to the round that found all of it done.
  void converged_after(int64_t duration_us) { converge_us_.observe(duration_us); }
  // How many brokers of the cluster are without the messages that they had, or about to lose them.
  void data_in_doubt(const std::string& resource_namespace, const std::string& cluster,
                     int64_t brokers);
  void cluster_gone(const std::string& resource_namespace, const std::string& cluster);

  // One call of the Kubernetes API; code 0 when there was no answer.
  void api_called(std::string_view verb, std::string_view resource, int code, int64_t duration_us);
  // One change on a broker: "apply_topics", "delete_groups".
  void broker_changed(const std::string& call, bool ok);
  void leading(bool yes) { leader_.set(yes ? 1 : 0); }

 private:
  Family<Counter>& reconciles_;
  Histogram& reconcile_us_;
  Histogram& converge_us_;
  Family<Gauge>& last_success_;
  Family<Gauge>& data_in_doubt_;
  Family<Counter>& api_requests_;
  Family<Histogram>& api_request_us_;
  Family<Counter>& broker_changes_;
  Gauge& leader_;
};

// What is read at each scrape.
struct QueueNumbers {
  int64_t depth = 0;
  int64_t adds = 0;
  int64_t retries = 0;
  // How long the key that waits or is worked on longest has been there.
  double oldest_seconds = 0;
};
struct ObjectCount {
  std::string kind;
  bool ready = false;
  int64_t count = 0;
};

// The functions are called on scraping threads and outlive the serving of the registry.
void add_queue_metrics(MetricRegistry& registry, std::function<QueueNumbers()> numbers);
void add_object_metrics(MetricRegistry& registry, std::function<std::vector<ObjectCount>()> counts);

}  // namespace petrel::ops
