// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace petrel::frontend {

// What a client is, in the words of no protocol.
enum class ClientKind {
  kUnknown,
  kProducer,
  kPushConsumer,    // is handed messages, and the broker may renew them while it is connected
  kSimpleConsumer,  // asks for messages when it likes
  kPullConsumer,    // reads queues by their offsets
};

// A connected client as it described itself.
struct Client {
  bool is_producer() const { return kind == ClientKind::kProducer; }

  static constexpr int64_t kDefaultRequestTimeoutMs = 3'000;

  std::string protocol;  // of the front end that it uses, as metrics name it: "grpc"
  std::string language;
  std::string version;
  ClientKind kind = ClientKind::kUnknown;
  std::string group;    // of a consumer, with its namespace
  std::string address;  // host:port from which it connected
  int64_t request_timeout_ms = kDefaultRequestTimeoutMs;
};

}  // namespace petrel::frontend
