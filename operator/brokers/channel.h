// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"

namespace grpc {
class Channel;
class Status;
}  // namespace grpc

// Connections of clients. Safe from any thread.

namespace petrel::ops {

struct Connection {
  std::string address;  // host:port
  // Of members of a cluster always: they take TLS in either mode
  // (common/rpc/channel_credentials.h).
  bool tls = true;
  // PEM file of the authorities that the server's certificate may come from; empty: any will do.
  std::string ca_file;
  // While a call is under way, a server that is silent this long is taken for dead.
  int silence_ms_max = 15'000;
  friend bool operator==(const Connection&, const Connection&) = default;
};

// Connects on first use and again after a loss, soon.
std::shared_ptr<grpc::Channel> make_channel(const Connection& connection);

// What a call on a channel of this connection came to: "ADDRESS: the server's sentence" with the
// same code; for a server that is unreachable or hangs up a sentence that says what to look at.
absl::Status from_grpc(const grpc::Status& status, const Connection& connection);

// Whether the error means that a server was not reached, so that another time may be better.
bool is_unreached(const absl::Status& status);

}  // namespace petrel::ops
