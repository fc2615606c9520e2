// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "operator/main/config.h"

namespace petrel::ops {

// A whole operator: its connection to the Kubernetes API, caches, controller, leader election and
// HTTP port. A replica that does not lead keeps its caches up to date, is ready, and waits.
// start() -> stop(); the destructor stops. Owner: main() or a test.
class Operator {
 public:
  // Serves HTTP when it returns; the rest begins as soon as the API server answers. `on_lost` is
  // called, on another thread, when another replica may lead by now: the process is to end.
  // Errors name what could not be had: a port, a kubeconfig.
  static absl::StatusOr<std::unique_ptr<Operator>> start(const OperatorConfig& config,
                                                         std::function<void()> on_lost);
  ~Operator();
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  int http_port() const;

  // Says on /readyz that it is leaving, lets each worker finish the action that it is in, hands
  // leadership over, and closes the port. Calls after the first do nothing.
  void stop();

 private:
  struct State;
  explicit Operator(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;
};

}  // namespace petrel::ops
