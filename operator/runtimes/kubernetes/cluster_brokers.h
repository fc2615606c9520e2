// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "operator/plan/plan.h"

namespace petrel::ops {

// The brokers of one cluster, as far as topics and groups go. Used by one thread at a time.
class ClusterBrokers {
 public:
  virtual ~ClusterBrokers() = default;

  struct Address {
    std::string host_port;
    // Says of itself that it serves.
    bool ready = false;
  };
  // These are the brokers now. Those that are not named any more are let go.
  virtual void set(const std::map<MemberId, Address>& brokers) = 0;

  // Of those that answer. Holds what write() wrote before.
  virtual std::map<MemberId, std::shared_ptr<const BrokerContent>> contents() = 0;

  // Does an action about topics or groups. Unavailable when the broker is not one that was set.
  virtual absl::Status write(const Action& action) = 0;
};

}  // namespace petrel::ops
