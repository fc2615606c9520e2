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
  const MutexLock lock(mutex_);
  absl::erase_if(in_, [&](const auto& known) {
    const std::string& topic = known.first;
    if (registry.find_topic(topic) != nullptr) return false;
    messages_in_.remove(in_labels(topic));
    throughput_in_.remove(in_labels(topic));
    message_size_.remove(size_labels(topic));
    return true;
  });
  absl::erase_if(out_, [&](const auto& known) {
    const std::string_view key = known.first;
    const std::string_view topic = key.substr(0, key.find(' '));
    const std::string_view group = key.substr(topic.size() + 1);
    if (registry.find_topic(topic) != nullptr && registry.find_group(group) != nullptr) {
      return false;
    }
    messages_out_.remove(out_labels(topic, group));
    throughput_out_.remove(out_labels(topic, group));
    return true;
  });
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
