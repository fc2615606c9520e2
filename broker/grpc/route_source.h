// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "apache/rocketmq/v2/definition.pb.h"
#include "broker/grpc/status_map.h"

namespace petrel::grpcfront {

// The queues of a topic over the whole cluster, or why there are none.
struct Route {
  Verdict verdict;
  google::protobuf::RepeatedPtrField<rmq::MessageQueue>
      queues;  // the topic's name with its namespace, as brokers know it
};

// Where routes come from. Any thread.
class RouteSource {
 public:
  virtual ~RouteSource() = default;
  using Done = absl::AnyInvocable<void(std::shared_ptr<const Route>) &&>;
  // Calls `done` once, on any thread, perhaps before it returns. `topic` is a valid name.
  virtual void find(const std::string& topic, Done done) = 0;
};

}  // namespace petrel::grpcfront
