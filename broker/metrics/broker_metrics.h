// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "broker/core/registry.h"
#include "broker/grpc/front_metrics.h"
#include "common/metrics.h"
#include "common/mutex.h"
#include "common/string_map.h"

namespace petrel::broker {

// Labels that RocketMQ puts on every series of a broker; here all series of the process have them.
ConstantLabels node_labels(std::string cluster, std::string broker_name);

// What the front end counts, under the names and labels of RocketMQ 5's exporter where the thing is
// the same. Any thread; per request a few relaxed additions and one short lock to find the topic's
// counters.
class BrokerMetrics final : public grpcfront::FrontMetrics {
 public:
  explicit BrokerMetrics(MetricRegistry& registry);

  void sent(std::string_view topic, int64_t messages, int64_t body_bytes) override;
  void delivered(std::string_view topic, std::string_view group, int64_t messages,
                 int64_t body_bytes) override;
  void finished(grpcfront::Rpc rpc, grpcfront::rmq::Code code, int64_t duration_us) override;
  // Ends the series of topics and groups that went since the last call. Whoever looks for nothing
  // new pays little.
  void forget_gone(const core::Registry& registry);

 private:
  struct In {
    Counter* messages;
    Counter* bytes;
    Histogram* size;
  };
  struct Out {
    Counter* messages;
    Counter* bytes;
  };
  // To be used while the lock is held: forget_gone ends series.
  In in(std::string_view topic)ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Out out(std::string_view topic, std::string_view group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  using Names = std::set<std::string, std::less<>>;
  struct Counted {
    Names topics;
    Names groups;
  };
  Counted all_counted();

  static constexpr size_t kRpcs = static_cast<size_t>(grpcfront::Rpc::kOther) + 1;

  Family<Counter>& messages_in_;
  Family<Counter>& messages_out_;
  Family<Counter>& throughput_in_;
  Family<Counter>& throughput_out_;
  Family<Histogram>& message_size_;
  Family<Histogram>& rpc_latency_;
  Histogram& send_seconds_;
  std::array<std::atomic<Histogram*>, kRpcs> ok_latency_{};
  // The housekeeper's: changes up to here were looked at.
  int64_t forgotten_epoch_ = -1;
  int64_t forgotten_version_ = 0;
  Mutex mutex_;
  StringMap<In> in_ ABSL_GUARDED_BY(mutex_);
  StringMap<Out> out_ ABSL_GUARDED_BY(mutex_);  // by topic, a space, group
};

}  // namespace petrel::broker
