// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "common/clock.h"
#include "operator/plan/reconcile.h"

// A cluster without processes, for tests of the planner. It checks on the way that no action does
// what must never happen.

namespace petrel::ops {

class SimulatedWorld final : public Runtime {
 public:
  struct Member {
    bool running = false;
    int rounds_until_ready = 0;
    std::string digest;
    std::string failure;
    BrokerContent content;  // survives a stop
  };

  explicit SimulatedWorld(const Desired& what) : desired(what) {}

  absl::StatusOr<Snapshot> observe() override;
  absl::Status act(const Action& action) override;
  void wait() override;

  // What the members are started with.
  const Desired& desired;
  std::map<MemberId, Member> members;
  std::set<std::string> forgotten;
  ManualClock clock;
  int rounds_until_ready = 2;
  // Asked before each action; not OK: the reconciler dies there.
  std::function<absl::Status()> before_action = [] { return absl::OkStatus(); };
  int64_t actions = 0;
  // Ready brokers that were stopped or restarted while another broker was not ready.
  int64_t unsafe_restarts = 0;

 private:
  bool all_others_ready(const MemberId& id) const;
};

}  // namespace petrel::ops
