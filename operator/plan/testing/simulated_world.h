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
    bool stopping = false;
    // Rounds until it is ready, or has stopped.
    int rounds_left = 0;
    std::string digest;
    std::string failure;
    BrokerContent content;  // survives a stop
  };

  // Of processes, a restart is one step, as with local ones; else a restart only begins the stop,
  // as with Pods, and the start is an action of its own.
  explicit SimulatedWorld(const Desired& what, bool restarts_in_one_step = true)
      : desired(what), restarts_in_one_step_(restarts_in_one_step) {}

  absl::StatusOr<Snapshot> observe() override;
  absl::Status act(const Action& action) override;
  void wait() override;

  // What the members are started with.
  const Desired& desired;
  std::map<MemberId, Member> members;
  std::set<std::string> objects_to_repair;
  std::set<std::string> forgotten;
  ManualClock clock;
  // Actions about these are refused: about topics, as a broker does it, with all of the call.
  std::set<std::string> refused_topics;
  std::set<MemberId> refused_members;
  int rounds_until_ready = 2;
  // Asked before each action; not OK: the reconciler dies there.
  std::function<absl::Status()> before_action = [] { return absl::OkStatus(); };
  int64_t actions = 0;
  // Ready brokers that were stopped or restarted while another broker was not ready.
  int64_t unsafe_restarts = 0;

 private:
  bool refuses(const Action& action) const;
  absl::Status change_content(const Action& action, Member& member);
  bool is_ready(const Member& member) const;
  bool all_others_ready(const MemberId& id) const;
  void begin(Member& member, const MemberId& id) const;

  const bool restarts_in_one_step_;
};

}  // namespace petrel::ops
