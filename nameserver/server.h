// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "nameserver/config.h"

namespace petrel::nameserver {

// A whole nameserver: tables, services, both ports, and the thread that looks for silent brokers.
// start() -> stop(); the destructor stops. Owner: main() or a test.
class NameserverServer {
 public:
  // Serves when it returns. Errors name what could not be had: a port, a certificate.
  static absl::StatusOr<std::unique_ptr<NameserverServer>> start(const NameserverConfig& config,
                                                                 const Clock& clock);
  ~NameserverServer();
  NameserverServer(const NameserverServer&) = delete;
  NameserverServer& operator=(const NameserverServer&) = delete;

  int grpc_port() const;
  int http_port() const;

  // Says on /readyz that it is leaving, tells the brokers, lets calls end and closes both ports.
  // Calls after the first do nothing.
  void stop();

 private:
  struct State;
  explicit NameserverServer(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;
};

}  // namespace petrel::nameserver
