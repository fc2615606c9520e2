// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/nameserver_metrics.h"

#include <string>
#include <vector>

#include "nameserver/registry.h"

namespace petrel::nameserver {
namespace {

template <size_t kCount>
std::array<Counter*, kCount> counters(MetricRegistry& metrics, const std::string& name,
                                      const std::string& help, const std::string& label,
                                      const std::array<const char*, kCount>& values) {
  Family<Counter>& family = metrics.counters(name, help, {label});
  std::array<Counter*, kCount> result;
  for (size_t i = 0; i < kCount; ++i) {
    result[i] = &family.with({values[i]});
  }
  return result;
}

// 1 us to 100 ms: a look into a table, and the making of its answer.
Buckets route_query_buckets() {
  return {{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10'000, 100'000}, 1e6};
}

}  // namespace

NameserverMetrics::NameserverMetrics(MetricRegistry& metrics)
    : registrations_(counters<4>(metrics, "petrel_nameserver_registrations_total",
                                 "Requests of brokers on their registration streams", "kind",
                                 {"full", "change", "heartbeat", "refused"})),
      evictions_(counters<3>(metrics, "petrel_nameserver_evictions_total",
                             "Brokers that left the route tables", "reason",
                             {"disconnected", "replaced", "silent"})),
      route_queries_(counters<3>(metrics, "petrel_nameserver_route_queries_total",
                                 "Questions of clients and brokers for a topic's route or "
                                 "assignment",
                                 "result", {"found", "not_found", "refused"})),
      route_query_us_(metrics.histogram("petrel_nameserver_route_query_seconds",
                                        "Time to find a route and make the answer",
                                        route_query_buckets())) {}

void add_table_metrics(MetricRegistry& metrics, const Registry& registry) {
  const auto add = [&](const std::string& name, const std::string& help,
                       size_t Registry::Counts::*count) {
    metrics.computed(MetricRegistry::Kind::kGauge, name, help, {}, [&registry, count] {
      return std::vector<Sample>{{{}, static_cast<double>(registry.counts().*count)}};
    });
  };
  add("petrel_nameserver_brokers", "Live brokers", &Registry::Counts::brokers);
  add("petrel_nameserver_broker_groups", "Broker groups with a live broker",
      &Registry::Counts::groups);
  add("petrel_nameserver_topics", "Topics that a live broker has", &Registry::Counts::topics);
}

}  // namespace petrel::nameserver
