// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/config.h"
#include "common/metrics.h"
#include "common/rpc/dual_listener.h"
#include "common/tls.h"

namespace grpc {
class CallbackGenericService;
class Service;
}  // namespace grpc

namespace petrel {

// What all gRPC servers of Petrel have in common.
struct RpcServerConfig {
  DualListenerOptions listener;
  int64_t receive_bytes_max = 64 << 20;
  int64_t memory_bytes_max = 1 << 30;
  int64_t streams_max = 4'096;
  int64_t handshake_timeout_ms = 20'000;
  int64_t keepalive_interval_ms = 60'000;
  int64_t keepalive_timeout_ms = 20'000;

  // Declares the keys below prefix: "grpc" gives "grpc.port" and so on. Set the default port
  // before.
  void declare(ConfigSchema& schema, const std::string& prefix);
};

// What is served; all of it outlives the server.
struct RpcServices {
  std::vector<grpc::Service*> services;
  grpc::CallbackGenericService* generic = nullptr;  // gets every method that no service has
};

// A gRPC server that speaks TLS and, unless its configuration says otherwise, plaintext on one
// port. Callbacks run on the library's threads.
//
//   prepare() -> start() -> shutdown(); the destructor shuts down at once.
class RpcServer {
 public:
  // Binds the port and builds the server. Until start(), connections wait in the kernel's backlog,
  // so that what the services need can be made ready in between. Clock and registry outlive the
  // server.
  static absl::StatusOr<std::unique_ptr<RpcServer>> prepare(const RpcServerConfig& config,
                                                            const RpcServices& services,
                                                            const TlsIdentity& identity,
                                                            const Clock& clock,
                                                            MetricRegistry& registry);
  ~RpcServer();
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  int port() const;

  void start();

  // Accepts nothing any more, asks clients to go elsewhere, lets calls end for up to grace_ms and
  // cancels the rest. Connections that carry no call and stay all the same, as those of clients
  // that do not listen, are closed a moment after the last call's end. Returns when all callbacks
  // have run. Calls after the first do nothing.
  void shutdown(int64_t grace_ms);

 private:
  struct State;
  explicit RpcServer(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;
};

}  // namespace petrel
