// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/metrics/broker_gauges.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "broker/frontend/post.h"
#include "proto/names.h"

namespace petrel::broker {
namespace {

using Kind = MetricRegistry::Kind;
std::string consume_mode(frontend::ClientKind kind) {
  return kind == frontend::ClientKind::kPushConsumer ? "PUSH" : "POP";
}

std::vector<Sample> to_samples(const std::map<LabelValues, double>& counts) {
  std::vector<Sample> samples;
  for (const auto& [labels, count] : counts) samples.push_back({labels, count});
  return samples;
}

std::vector<Sample> producers(const GaugeSources& sources) {
  std::map<LabelValues, double> counts;
  for (const auto& client : sources.clients.clients()) {
    if (!client->is_producer()) continue;
    ++counts[{client->language, client->version, client->protocol}];
  }
  return to_samples(counts);
}

std::vector<Sample> consumers(const GaugeSources& sources) {
  std::map<LabelValues, double> counts;
  for (const auto& client : sources.clients.clients()) {
    if (client->is_producer()) continue;
    ++counts[{client->group, client->language, client->version, consume_mode(client->kind),
              client->protocol, is_system_group(client->group) ? "true" : "false"}];
  }
  return to_samples(counts);
}

std::vector<Sample> by_subscription(
    const GaugeSources& sources,
    int64_t (*value)(const core::ListGroupsRequest::Subscription& subscription)) {
  std::vector<Sample> samples;
  const auto groups = sources.lags->groups();
  for (const auto& group : *groups) {
    for (const auto& subscription : group.subscriptions) {
      samples.push_back({{subscription.topic, group.config.name,
                          is_retry_topic(subscription.topic) ? "true" : "false",
                          is_system_group(group.config.name) ? "true" : "false"},
                         static_cast<double>(value(subscription))});
    }
  }
  return samples;
}

void add_subscription_gauges(MetricRegistry& metrics, const GaugeSources& sources) {
  const std::vector<std::string> names = {"topic", "consumer_group", "is_retry", "is_system"};
  metrics.computed(Kind::kGauge, "rocketmq_consumer_lag_messages", "Messages not yet acknowledged",
                   names, [sources] {
                     return by_subscription(sources, [](const auto& subscription) {
                       return subscription.lag + subscription.in_flight;
                     });
                   });
  metrics.computed(Kind::kGauge, "rocketmq_consumer_inflight_messages",
                   "Messages delivered and not yet acknowledged", names, [sources] {
                     return by_subscription(
                         sources, [](const auto& subscription) { return subscription.in_flight; });
                   });
  metrics.computed(Kind::kGauge, "rocketmq_consumer_ready_messages", "Messages not yet delivered",
                   names, [sources] {
                     return by_subscription(
                         sources, [](const auto& subscription) { return subscription.lag; });
                   });
}

// One number that is read at each scrape.
void add_number(MetricRegistry& metrics, Kind kind, const std::string& name,
                const std::string& help, std::function<int64_t()> read) {
  metrics.computed(kind, name, help, {}, [read = std::move(read)] {
    return std::vector<Sample>{{{}, static_cast<double>(read())}};
  });
}

// One number of the engine, with its labels; nothing while no engine serves.
using EngineNumber = int64_t (*)(engine::Engine& engine);

void add_engine_number(MetricRegistry& metrics, Kind kind, const std::string& name,
                       const std::string& help, const GaugeSources& s, EngineNumber read) {
  metrics.computed(kind, name, help, {}, [&slot = s.engine, read] {
    std::vector<Sample> samples;
    if (const auto engine = slot.lease())
      samples.push_back({{}, static_cast<double>(read(*engine))});
    return samples;
  });
}

void add_storage_gauge(MetricRegistry& metrics, const std::string& name, const std::string& help,
                       const GaugeSources& s, std::function<int64_t(engine::Engine&)> read) {
  metrics.computed(Kind::kGauge, name, help, {"storage_type", "storage_medium"},
                   [&slot = s.engine, read = std::move(read)] {
                     std::vector<Sample> samples;
                     if (const auto engine = slot.lease()) {
                       samples.push_back({{"local", "disk"}, static_cast<double>(read(*engine))});
                     }
                     return samples;
                   });
}

void add_rocketmq_gauges(MetricRegistry& metrics, const GaugeSources& s) {
  add_number(metrics, Kind::kGauge, "rocketmq_topic_number", "Topics on this broker",
             [s] { return static_cast<int64_t>(s.registry.topic_count()); });
  add_number(metrics, Kind::kGauge, "rocketmq_consumer_group_number",
             "Consumer groups on this broker",
             [s] { return static_cast<int64_t>(s.registry.group_count()); });
  metrics.computed(Kind::kGauge, "rocketmq_producer_connections", "Connected producers",
                   {"language", "version", "protocol_type"}, [s] { return producers(s); });
  metrics.computed(
      Kind::kGauge, "rocketmq_consumer_connections", "Connected consumers",
      {"consumer_group", "language", "version", "consume_mode", "protocol_type", "is_system"},
      [s] { return consumers(s); });
  add_subscription_gauges(metrics, s);
}

void add_storage_gauges(MetricRegistry& metrics, const GaugeSources& s) {
  using engine::Engine;
  add_storage_gauge(metrics, "rocketmq_storage_size", "Bytes of the log", s, [](Engine& engine) {
    const store::CommitLog& log = engine.store().log();
    return log.end() - log.begin();
  });
  add_storage_gauge(metrics, "rocketmq_storage_message_reserve_time",
                    "Milliseconds since the oldest message that is kept was stored", s,
                    [&clock = s.clock, &log_time = s.log_time](Engine& engine) {
                      const std::vector<store::LogSegment> segments =
                          engine.store().log().segments();
                      if (segments.empty() || segments.front().first_ms == 0) return int64_t{0};
                      const int64_t now_ms = clock.wall_ms() - log_time.wall_ahead_ms();
                      return std::max<int64_t>(now_ms - segments.front().first_ms, 0);
                    });
  add_number(metrics, Kind::kGauge, "petrel_wall_clock_ahead_ms",
             "Milliseconds by which the wall clock is ahead of the log's time; negative: behind",
             [s] { return s.log_time.wall_ahead_ms(); });
  add_storage_gauge(metrics, "rocketmq_storage_flush_behind_bytes",
                    "Bytes of the log that are not yet synced", s, [](Engine& engine) {
                      const store::CommitLog& log = engine.store().log();
                      return log.end().value() - log.progress().synced.value();
                    });
  add_storage_gauge(metrics, "rocketmq_storage_dispatch_behind_bytes",
                    "Committed bytes of the log that the index by key does not have yet", s,
                    [](Engine& engine) { return engine.store().indexer().behind_bytes(); });
}

void add_disk_gauges(MetricRegistry& metrics, const GaugeSources& s) {
  const auto add = [&](const std::string& name, const std::string& help, auto read) {
    metrics.computed(Kind::kGauge, name, help, {}, [&slot = s.engine, read] {
      std::vector<Sample> samples;
      const auto engine = slot.lease();
      if (!engine) return samples;
      if (const auto space = engine->store().disk_space(); space.ok()) {
        samples.push_back({{}, static_cast<double>(read(*engine, *space))});
      }
      return samples;
    });
  };
  using engine::Engine;
  add_engine_number(metrics, Kind::kGauge, "petrel_disk_refuses_sends",
                    "1 while sends are refused because the disk is full", s, [](Engine& e) {
                      return int64_t{e.log_thread().stats().sends_refused_since_ms != 0};
                    });
  add("petrel_disk_free_bytes", "Free bytes of the disk that the store is on",
      [](Engine&, const store::DiskSpace& space) { return space.available_bytes; });
  add("petrel_disk_size_bytes", "Bytes of the disk that the store is on",
      [](Engine&, const store::DiskSpace& space) { return space.total_bytes; });
  add("petrel_disk_reserve_bytes", "Free bytes below which sends are refused",
      [](Engine& engine, const store::DiskSpace& space) {
        return engine.log_thread().disk_reserve_bytes(space);
      });
}

void add_damage_numbers(MetricRegistry& metrics, const GaugeSources& s) {
  using engine::Engine;
  add_engine_number(metrics, Kind::kGauge, "petrel_store_damaged_ranges",
                    "Places where the log is damaged", s,
                    [](Engine& e) { return int64_t{e.store().log().damage().count()}; });
  add_engine_number(metrics, Kind::kGauge, "petrel_store_damaged_bytes", "Bytes of the log there",
                    s, [](Engine& e) { return e.store().log().damage().bytes(); });
  add_engine_number(metrics, Kind::kCounter, "petrel_store_refused_reads_total",
                    "Messages that were not delivered because they are damaged", s,
                    [](Engine& e) { return e.store().log().damage().refused_reads(); });
  add_engine_number(metrics, Kind::kCounter, "petrel_store_repaired_queue_entries_total",
                    "Entries of damaged queue files that were made again from the log", s,
                    [](Engine& e) { return e.store().repaired_entries(); });
}

void add_registration_gauges(MetricRegistry& metrics, const GaugeSources& s) {
  add_number(metrics, Kind::kGauge, "petrel_registration_nameservers",
             "Nameservers that the broker is to be registered with",
             [s] { return static_cast<int64_t>(s.registrar.nameservers()); });
  add_number(metrics, Kind::kGauge, "petrel_registration_nameservers_registered",
             "Nameservers that have the broker's topics",
             [s] { return static_cast<int64_t>(s.registrar.registered()); });
  add_number(
      metrics, Kind::kCounter, "petrel_routes_unanswered_total",
      "Routes of which clients were told this broker's part alone, as no nameserver answered",
      [s] { return s.routes.unanswered(); });
}

void add_core_numbers(MetricRegistry& metrics, const GaugeSources& s) {
  using engine::Engine;
  add_engine_number(metrics, Kind::kGauge, "petrel_core_mailbox_requests",
                    "Requests that wait for the core thread", s,
                    [](Engine& e) { return static_cast<int64_t>(e.port().mailbox_size()); });
  add_engine_number(metrics, Kind::kGauge, "petrel_core_mailbox_bytes", "Messages in them", s,
                    [](Engine& e) { return static_cast<int64_t>(e.port().mailbox_bytes()); });
  add_engine_number(metrics, Kind::kCounter, "petrel_core_turns_total", "Turns of the core thread",
                    s, [](Engine& e) { return e.core_stats().turns.load(); });
  add_engine_number(metrics, Kind::kCounter, "petrel_core_requests_total",
                    "Requests that the core thread ran", s,
                    [](Engine& e) { return e.core_stats().requests.load(); });
  add_engine_number(metrics, Kind::kGauge, "petrel_core_waiting_replies",
                    "Requests whose answer waits for the log", s,
                    [](Engine& e) { return e.core_stats().waiting_replies.load(); });
  add_engine_number(metrics, Kind::kGauge, "petrel_core_waiting_receives",
                    "Receives that wait for messages", s,
                    [](Engine& e) { return e.core_stats().waiting_receives.load(); });
  add_engine_number(
      metrics, Kind::kGauge, "petrel_core_leases_in_grace",
      "Clients that keep what they work on as the broker has just started, or stood still", s,
      [](Engine& e) { return e.core_stats().leases_in_grace.load(); });
  add_engine_number(metrics, Kind::kCounter, "petrel_snapshots_total", "Snapshots of the state", s,
                    [](Engine& e) { return e.core_stats().snapshots.load(); });
  add_engine_number(metrics, Kind::kCounter, "petrel_snapshot_failures_total",
                    "Snapshots that could not be written", s,
                    [](Engine& e) { return e.core_stats().snapshot_failures.load(); });
}

void add_log_numbers(MetricRegistry& metrics, const GaugeSources& s) {
  using engine::Engine;
  add_engine_number(metrics, Kind::kCounter, "petrel_index_failures_total",
                    "Times that the index by key could not be read or written", s,
                    [](Engine& e) { return e.store().indexer().stats().failures.load(); });
  add_engine_number(metrics, Kind::kCounter, "petrel_log_groups_total",
                    "Groups of records that were written with one call", s,
                    [](Engine& e) { return e.log_thread().stats().groups.load(); });
  add_engine_number(metrics, Kind::kCounter, "petrel_log_group_bytes_total",
                    "Bytes that were written to the log", s,
                    [](Engine& e) { return e.log_thread().stats().group_bytes.load(); });
  add_engine_number(metrics, Kind::kCounter, "petrel_log_syncs_total", "Syncs of the log", s,
                    [](Engine& e) { return e.log_thread().stats().syncs.load(); });
}

void add_memory_numbers(MetricRegistry& metrics, const GaugeSources& s) {
  using engine::Engine;
  add_number(metrics, Kind::kGauge, "petrel_answer_memory_bytes",
             "Memory that answers with messages take",
             [&memory = s.answer_memory] { return memory.held_bytes(); });
  add_number(metrics, Kind::kGauge, "petrel_answers_waiting",
             "Receives whose answer waits for memory",
             [&memory = s.answer_memory] { return static_cast<int64_t>(memory.waiting()); });
  add_engine_number(metrics, Kind::kGauge, "petrel_log_lent_bytes",
                    "Memory beside the newest part of the log that consumers keep", s,
                    [](Engine& e) { return e.store().log().pinned_bytes(); });
}

void add_life_numbers(MetricRegistry& metrics, const GaugeSources& s) {
  add_number(metrics, Kind::kCounter, "petrel_engine_starts_total",
             "Times that the store was opened and served",
             [&slot = s.engine] { return slot.starts(); });
  add_number(metrics, Kind::kGauge, "petrel_engine_serving",
             "1 while an engine serves; 0 while the store is being opened",
             [&slot = s.engine] { return int64_t{slot.serving() ? 1 : 0}; });
}

}  // namespace

class GroupLags::Question final : public core::ListGroupsRequest {
 public:
  explicit Question(std::shared_ptr<GroupLags> lags) : lags_(std::move(lags)) {}
  void complete() override {
    if (!outcome.ok()) return;
    auto answer = std::make_shared<const Groups>(std::move(groups));
    const MutexLock lock(lags_->mutex_);
    lags_->groups_ = std::move(answer);
  }

 private:
  const std::shared_ptr<GroupLags> lags_;
};

void GroupLags::refresh(const std::shared_ptr<GroupLags>& lags, core::CorePort& core) {
  frontend::post(core, std::make_unique<Question>(lags));
}

std::shared_ptr<const GroupLags::Groups> GroupLags::groups() const {
  const MutexLock lock(mutex_);
  return groups_;
}

void add_gauges(MetricRegistry& metrics, const GaugeSources& sources) {
  add_rocketmq_gauges(metrics, sources);
  add_storage_gauges(metrics, sources);
  add_core_numbers(metrics, sources);
  add_log_numbers(metrics, sources);
  add_life_numbers(metrics, sources);
  add_memory_numbers(metrics, sources);
  add_disk_gauges(metrics, sources);
  add_damage_numbers(metrics, sources);
  add_registration_gauges(metrics, sources);
}

}  // namespace petrel::broker
