// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/random.h"
#include "operator/kubernetes/api_client.h"
#include "operator/kubernetes/resource_type.h"
#include "operator/kubernetes/waitable_clock.h"

namespace petrel::k8s {

// Makes one of several processes the leader, by a Lease object that the leader renews.
//
// Others take the lease over when they have seen no renewal for its duration, measured by their own
// clock from when they saw the last one, so that clocks of different machines need not agree. The
// leader gives up before that: it stops leading when it could not renew for renew_deadline_ms,
// which is less than the duration. So there are never two, as long as clocks run at about the same
// speed and the leader stops working when it is told.
class LeaderElector {
 public:
  struct Options {
    ObjectKey lease;
    std::string identity;  // unique to the process
    int64_t lease_duration_ms = 15'000;
    int64_t renew_deadline_ms = 10'000;
    // Between attempts. Those who wait for another leader add up to 1.2 times that.
    int64_t retry_period_ms = 2'000;
  };

  struct Callbacks {
    // On the thread of run(). Returns soon: renewing waits for it.
    std::function<void()> on_started;
    // Leading has ended, by loss or by stop(). After stop(), the lease is released once this has
    // returned, so it stops the work and returns when nothing of it runs any more.
    std::function<void()> on_stopped;
    // Somebody else or this process has the lease. Optional.
    std::function<void(const std::string& identity)> on_new_leader;
  };

  // What is passed outlives the elector; "random" is used by run() only. The client's calls end
  // well before the renew deadline: deadline_ms a few seconds, attempts_max 1.
  LeaderElector(ApiClient& api, const WaitableClock& clock, Random& random, Options options,
                Callbacks callbacks);
  ~LeaderElector();
  LeaderElector(const LeaderElector&) = delete;
  LeaderElector& operator=(const LeaderElector&) = delete;

  // Waits for leadership, holds it, and returns when it is lost (true: the process should end, and
  // start anew) or after stop() (false; the lease is released). Called once.
  bool run();

  // Any thread.
  void stop();

  // The lease is held, and was renewed within the renew deadline by this machine's clock. Asked
  // again before each step that must not be done by two.
  bool is_leader() const;

  // As the lease last said; empty when nobody is.
  std::string leader() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace petrel::k8s
