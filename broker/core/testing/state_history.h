// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "broker/core/testing/state_events.h"

namespace petrel::core {

// A random history of a state: events that fit, over few names, so that topics, groups and clients
// are deleted and made again all the time. The same seed gives the same history.
class StateHistory {
 public:
  struct Options {
    bool first_format = false;  // only what the first format could say
    int64_t topics = 4;
    int64_t groups = 3;
    int64_t clients = 5;
    int32_t queues = 3;
  };
  StateHistory(uint32_t seed, const Options& options) : random_(seed), options_(options) {}

  // Fits the state; is not applied.
  events::Event next(const BrokerState& state);

  // A number below `end`.
  int64_t pick(int64_t end) { return static_cast<int64_t>(random_()) % end; }

 private:
  events::Event change_config(const BrokerState& state);
  events::Event change_client(const BrokerState& state);
  events::Event consume(const BrokerState& state, const Subscription* subscription,
                        const events::Queue& queue);
  events::Event deliver(const BrokerState& state, const events::Queue& queue,
                        const GroupQueue* known);
  int64_t some_offset(const GroupQueue& queue);

  std::mt19937 random_;
  const Options options_;
  int64_t now_ms_ = 1'000;
  int64_t client_to_use_ = 0;  // was just made: the next delivery is for it
};

}  // namespace petrel::core
