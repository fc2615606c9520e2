// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/metrics/broker_metrics.h"

#include <utility>

#include "common/concat.h"
#include "proto/names.h"

namespace petrel::broker {
namespace {

using grpcfront::Rpc;

// Topics and groups beyond go into the families' series "other".
constexpr size_t kCachedMax = 20'000;

std::string yes_no(bool value) { return value ? "true" : "false"; }

const Buckets& message_size_buckets() {
  static const Buckets kBuckets{{1 << 10, 4 << 10, 512 << 10, 1 << 20, 2 << 20, 4 << 20}, 1};
  return kBuckets;
}

// Observed in microseconds, exported in milliseconds as RocketMQ does.
const Buckets& rpc_latency_buckets() {
  static const Buckets kBuckets{{250, 500, 1'000, 3'000, 5'000, 7'000, 10'000, 50'000, 100'000,
                                 500'000, 1'000'000, 3'000'000, 10'000'000},
                                1'000};
  return kBuckets;
}

std::string rpc_name(Rpc rpc) {
  switch (rpc) {
    case Rpc::kQueryRoute:
      return "query_route";
    case Rpc::kQueryAssignment:
      return "query_assignment";
    case Rpc::kHeartbeat:
      return "heartbeat";
    case Rpc::kSendMessage:
      return "send_message";
    case Rpc::kReceiveMessage:
      return "receive_message";
    case Rpc::kAckMessage:
      return "ack_message";
    case Rpc::kChangeInvisibleDuration:
      return "change_invisible_duration";
    case Rpc::kForwardToDeadLetters:
      return "forward_message_to_dead_letter_queue";
    case Rpc::kNotifyClientTermination:
      return "notify_client_termination";
    case Rpc::kOther:
      break;
  }
  return "other";
}

LabelValues in_labels(std::string_view topic) {
  return {std::string(topic), "NORMAL", yes_no(is_system_topic(topic))};
}
LabelValues size_labels(std::string_view topic) { return {std::string(topic), "NORMAL"}; }
LabelValues out_labels(std::string_view topic, std::string_view group) {
  return {std::string(topic), std::string(group), yes_no(is_retry_topic(topic)),
          yes_no(is_system_topic(topic) || is_system_group(group))};
}

// Of a key of out_.
std::pair<std::string_view, std::string_view> parts_of(std::string_view key) {
  const size_t space = key.find(' ');
  return {key.substr(0, space), key.substr(space + 1)};
}

}  // namespace

ConstantLabels node_labels(std::string cluster, std::string broker_name) {
  return {{"cluster", std::move(cluster)},
          {"node_type", "broker"},
          {"node_id", std::move(broker_name)}};
}

BrokerMetrics::BrokerMetrics(MetricRegistry& registry)
    : messages_in_(registry.counters("rocketmq_messages_in_total", "Messages stored",
                                     {"topic", "message_type", "is_system"})),
      messages_out_(registry.counters("rocketmq_messages_out_total", "Messages handed to consumers",
                                      {"topic", "consumer_group", "is_retry", "is_system"})),
      throughput_in_(registry.counters("rocketmq_throughput_in_total", "Bytes of bodies stored",
                                       {"topic", "message_type", "is_system"})),
      throughput_out_(registry.counters("rocketmq_throughput_out_total",
                                        "Bytes of bodies handed to consumers",
                                        {"topic", "consumer_group", "is_retry", "is_system"})),
      message_size_(registry.histograms("rocketmq_message_size", "Bytes of a stored body",
                                        {"topic", "message_type"}, message_size_buckets())),
      rpc_latency_(registry.histograms(
          "rocketmq_rpc_latency", "Milliseconds from a call's arrival to its answer",
          {"protocol_type", "request_code", "response_code", "is_long_polling", "result"},
          rpc_latency_buckets())),
      send_seconds_(registry.histogram("petrel_send_seconds",
                                       "Time from a send's arrival to its OK, as durable as the "
                                       "flush mode says",
                                       latency_buckets())) {}

BrokerMetrics::In BrokerMetrics::in(std::string_view topic) {
  if (const auto it = in_.find(topic); it != in_.end()) return it->second;
  const LabelValues values = in_labels(topic);
  const In series{&messages_in_.with(values), &throughput_in_.with(values),
                  &message_size_.with(size_labels(topic))};
  if (in_.size() < kCachedMax) in_.emplace(std::string(topic), series);
  return series;
}

BrokerMetrics::Out BrokerMetrics::out(std::string_view topic, std::string_view group) {
  std::string key = concat(topic, " ", group);
  if (const auto it = out_.find(key); it != out_.end()) return it->second;
  const LabelValues values = out_labels(topic, group);
  const Out series{&messages_out_.with(values), &throughput_out_.with(values)};
  if (out_.size() < kCachedMax) out_.emplace(std::move(key), series);
  return series;
}

void BrokerMetrics::sent(std::string_view topic, int64_t messages, int64_t body_bytes) {
  const MutexLock lock(mutex_);
  const In series = in(topic);
  series.messages->add(messages);
  series.bytes->add(body_bytes);
  // Messages of one request are counted with their mean size.
  series.size->observe(body_bytes / messages, messages);
}

void BrokerMetrics::delivered(std::string_view topic, std::string_view group, int64_t messages,
                              int64_t body_bytes) {
  const MutexLock lock(mutex_);
  const Out series = out(topic, group);
  series.messages->add(messages);
  series.bytes->add(body_bytes);
}

void BrokerMetrics::forget_gone(const core::Registry& registry) {
  const int64_t epoch = registry.epoch();
  const bool same_epoch = std::exchange(forgotten_epoch_, epoch) == epoch;
  const core::ConfigChanges changes = registry.changes_since(same_epoch ? forgotten_version_ : -1);
  forgotten_version_ = changes.version;
  Names topics;
  Names groups;
  const auto look_at_topic = [&](const std::string& name) {
    if (registry.find_topic(name) == nullptr) topics.insert(name);
  };
  const auto look_at_group = [&](const std::string& name) {
    if (registry.find_group(name) == nullptr) groups.insert(name);
  };
  if (changes.all) {
    const Counted counted = all_counted();
    for (const std::string& name : counted.topics) look_at_topic(name);
    for (const std::string& name : counted.groups) look_at_group(name);
  }
  for (const std::string& name : changes.topics) look_at_topic(name);
  for (const std::string& name : changes.groups) look_at_group(name);
  if (topics.empty() && groups.empty()) return;
  const MutexLock lock(mutex_);
  for (const std::string& topic : topics) {
    if (in_.erase(topic) == 0) continue;
    messages_in_.remove(in_labels(topic));
    throughput_in_.remove(in_labels(topic));
    message_size_.remove(size_labels(topic));
  }
  absl::erase_if(out_, [&](const auto& known) {
    const auto [topic, group] = parts_of(known.first);
    if (!topics.contains(topic) && !groups.contains(group)) return false;
    messages_out_.remove(out_labels(topic, group));
    throughput_out_.remove(out_labels(topic, group));
    return true;
  });
}

BrokerMetrics::Counted BrokerMetrics::all_counted() {
  Counted counted;
  const MutexLock lock(mutex_);
  for (const auto& [topic, series] : in_) counted.topics.insert(topic);
  for (const auto& [key, series] : out_) {
    const auto [topic, group] = parts_of(key);
    counted.topics.insert(std::string(topic));
    counted.groups.insert(std::string(group));
  }
  return counted;
}

void BrokerMetrics::finished(Rpc rpc, grpcfront::rmq::Code code, int64_t duration_us) {
  const bool ok = code == grpcfront::rmq::OK;
  if (ok && rpc == Rpc::kSendMessage) send_seconds_.observe(duration_us);
  std::atomic<Histogram*>& cached = ok_latency_[static_cast<size_t>(rpc)];
  Histogram* histogram = ok ? cached.load(std::memory_order_acquire) : nullptr;
  if (histogram == nullptr) {
    histogram =
        &rpc_latency_.with({"grpc", rpc_name(rpc), grpcfront::rmq::Code_Name(code),
                            yes_no(rpc == Rpc::kReceiveMessage), ok ? "success" : "failed"});
    if (ok) cached.store(histogram, std::memory_order_release);
  }
  histogram->observe(duration_us);
}

}  // namespace petrel::broker
