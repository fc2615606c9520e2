// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "broker/core/client_liveness.h"
#include "broker/core/options.h"
#include "broker/core/state.h"
#include "broker/core/turn_time.h"

namespace petrel::core {

// One lease a client: while it holds, what the client has is renewed. Not state: who is connected
// is not in the log, and nobody is when a core begins to lead. So leases hold
//   while the client is connected;
//   in a grace from the start on, for clients of which the state has open deliveries: until the
//   client is back, or lease_grace_ms have gone by.
// Core thread only.
class Leases {
 public:
  struct Parts {
    const CoreOptions& options;
    const BrokerState& state;
    const ClientLiveness& liveness;
    const TurnTime& time;
  };
  explicit Leases(const Parts& parts) : parts_(parts) {}

  // The core begins to lead.
  void begin();
  // What the client has stays invisible until then (log time) if it is renewed now; nothing: the
  // client's lease does not hold.
  std::optional<int64_t> renewed_until_ms(ClientId client) const;
  // To be called often while in_grace(): who is back, or has nothing open any more, has no grace.
  void look();
  // Clients whose lease holds only because of the start.
  size_t in_grace() const { return in_grace_.size(); }

 private:
  bool connected(ClientId client) const;

  const Parts parts_;
  absl::flat_hash_set<ClientId> in_grace_;
  int64_t grace_ends_ms_ = 0;
};

}  // namespace petrel::core
