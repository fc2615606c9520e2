// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace grpc {
class Server;
}

namespace petrel::bench {

// Serves apache.rocketmq.v2 with nothing behind it: any topic has eight queues here, every send is
// answered OK and forgotten, every receive finds nothing. What the gRPC library alone costs, and so
// the ceiling for a broker that uses it. Plaintext. Serves from start() to its destructor, on
// threads of the library.
class EmptyServer {
 public:
  // Port 0 takes a free one. Unavailable when it cannot listen.
  static absl::StatusOr<std::unique_ptr<EmptyServer>> start(const std::string& host, int port);
  ~EmptyServer();

  int port() const { return port_; }

 private:
  class Service;

  EmptyServer();

  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace petrel::bench
