// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "broker/core/client_liveness.h"
#include "broker/core/options.h"
#include "broker/core/service.h"
#include "broker/core/state.h"
#include "broker/core/turn_time.h"

namespace petrel::core {

// One lease a client: while it holds, what the client has is renewed. Not state: who is connected
// is not in the log, and nobody is when a core begins to lead. So leases hold
//   while the client is connected;
//   in a grace of kGraceMs, for clients of which the state has open deliveries.
//     From the core's lead on: until the client is back.
//     From when the core was away: a process that stood still (SIGSTOP, a virtual machine that was
//     stopped) could hear nobody. Some clients are found to be silent for too long at once, others
//     still count as connected though their connections ended meanwhile, so being connected ends
//     no such grace.
// Core thread only.
class Leases final : public Service {
 public:
  static constexpr int64_t kGraceMs = 60'000;
  // A turn that comes so long after the one before (Clock::mono_us, by which clients are silent)
  // finds that the core was away. While anybody has something open, a turn is due twice a second.
  static constexpr int64_t kAwayUs = 10'000'000;

  struct Parts {
    const CoreOptions& options;
    const BrokerState& state;
    const ClientLiveness& liveness;
    const TurnTime& time;
  };
  explicit Leases(const Parts& parts) : parts_(parts) {}

  // What the client has stays invisible until then (log time) if it is renewed now; nothing: the
  // client's lease does not hold.
  std::optional<int64_t> renewed_until_ms(ClientId client) const;
  // Clients whose lease holds whether they are connected or not.
  size_t in_grace() const { return in_grace_.size(); }

  // --- Service ---
  void lead() override;
  // Before anybody asks: what fell due while the core was away must not be given to somebody else.
  void begin_turn() override;
  std::optional<int64_t> next_deadline_us() const override;

 private:
  bool connected(ClientId client) const;
  void begin_grace();
  // Who has nothing open any more, or has come back to a new lead, has no grace.
  void look();

  const Parts parts_;
  absl::flat_hash_set<ClientId> in_grace_;
  bool was_away_ = false;      // rather than that it leads anew
  int64_t grace_ends_ms_ = 0;  // log time
  int64_t last_turn_us_ = 0;
  int64_t next_look_us_ = 0;
};

}  // namespace petrel::core
