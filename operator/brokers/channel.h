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
  // Encrypted. Without ca_file any certificate is taken, as the servers' default one is
  // self-signed.
  bool tls = false;
  // PEM file of the authority that the server's certificate must come from.
  std::string ca_file;
  // While a call is under way, a server that is silent this long is taken for dead.
  int silence_ms_max = 15'000;
  friend bool operator==(const Connection&, const Connection&) = default;
};

// Connects on first use and again after a loss, soon.
std::shared_ptr<grpc::Channel> make_channel(const Connection& connection);

// "ADDRESS: the server's sentence" with the same code; for an unreachable server a sentence that
// says what to look at.
absl::Status from_grpc(const grpc::Status& status, const std::string& address);

// Whether the error means that a server was not reached, so that another time may be better.
bool is_unreached(const absl::Status& status);

}  // namespace petrel::ops
