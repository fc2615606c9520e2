// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/metrics.h"

namespace petrel::nameserver {

class Registry;

// What a nameserver tells about its work, in its own words. Safe from any thread; cheap.
class NameserverMetrics {
 public:
  enum class Registration { kFull, kChange, kHeartbeat, kRefused };
  enum class Eviction { kDisconnected, kReplaced, kSilent };
  enum class RouteQuery { kFound, kNotFound, kRefused };

  // The metrics live as long as `metrics`.
  explicit NameserverMetrics(MetricRegistry& metrics);

  void registered(Registration kind) { registrations_[static_cast<size_t>(kind)]->add(); }
  void evicted(Eviction reason) { evictions_[static_cast<size_t>(reason)]->add(); }
  void route_queried(RouteQuery result, int64_t duration_us) {
    route_queries_[static_cast<size_t>(result)]->add();
    route_query_us_.observe(duration_us);
  }

 private:
  std::array<Counter*, 4> registrations_;
  std::array<Counter*, 3> evictions_;
  std::array<Counter*, 3> route_queries_;
  Histogram& route_query_us_;
};

// The sizes of the tables, read at each scrape. `registry` outlives the serving of `metrics`.
void add_table_metrics(MetricRegistry& metrics, const Registry& registry);

}  // namespace petrel::nameserver
