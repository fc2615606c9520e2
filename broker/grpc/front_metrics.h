// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "apache/rocketmq/v2/definition.pb.h"

namespace petrel::grpcfront {

namespace rmq = ::apache::rocketmq::v2;

enum class Rpc {
  kQueryRoute,
  kQueryAssignment,
  kHeartbeat,
  kSendMessage,
  kReceiveMessage,
  kAckMessage,
  kChangeInvisibleDuration,
  kForwardToDeadLetters,
  kNotifyClientTermination,
  kOther,
};

// Told about each call and each message that went through, on any thread; cheap. The broker counts
// them (broker/metrics), tests may look at them.
class FrontMetrics {
 public:
  virtual ~FrontMetrics() = default;
  // Messages of one request were stored.
  virtual void sent(std::string_view topic, int64_t messages, int64_t body_bytes) = 0;
  // Messages of one request went to a client.
  virtual void delivered(std::string_view topic, std::string_view group, int64_t messages,
                         int64_t body_bytes) = 0;
  virtual void finished(Rpc rpc, rmq::Code code, int64_t duration_us) = 0;
};

}  // namespace petrel::grpcfront
