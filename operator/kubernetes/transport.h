// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "operator/kubernetes/cancel_token.h"
#include "operator/kubernetes/config.h"

// Requests to the API server and its answers, whatever they mean.

namespace petrel::k8s {

struct Request {
  std::string method;  // GET, POST, PUT, PATCH, DELETE
  std::string path;    // with the query, percent-encoded
  std::string accept = "application/json";
  std::string content_type;  // of the body, when there is one
  std::string body;
  // From now until the last byte of the answer; of stream(), too.
  int64_t deadline_ms = 30'000;
  // Doing it twice is the same as doing it once. Only then it is sent again when a kept connection
  // turns out to be dead after something was sent on it.
  bool idempotent = true;
};

struct Response {
  int code = 0;  // of HTTP
  int64_t retry_after_ms = -1;
  std::string body;
};

// Thread-safe, blocking. A Response is whatever the server answered, 4xx and 5xx too. Errors mean
// that there is no whole answer:
//   Unavailable         no connection, or it broke
//   DeadlineExceeded    the deadline passed
//   Unauthenticated     there are no credentials (the plugin fails, no token file)
//   FailedPrecondition  the server's certificate is not to be trusted
//   ResourceExhausted   the answer is larger than body_bytes_max
//   Cancelled           by the token
class Transport {
 public:
  virtual ~Transport() = default;

  virtual absl::StatusOr<Response> send(const Request& request) = 0;

  // Gives the body of a 200 answer to on_bytes, in pieces of any size as they arrive, and ends when
  // the server ends it or on_bytes returns false. The Response then has no body. Other answers are
  // as those of send(). Uses a connection of its own.
  virtual absl::StatusOr<Response> stream(const Request& request,
                                          const std::function<bool(std::string_view)>& on_bytes,
                                          CancelToken& cancel) = 0;
};

struct HttpTransportOptions {
  // "petrel-operator/0.1.0 (linux)": shows in the server's audit log and metrics.
  std::string user_agent = "petrel-kubernetes";
  int64_t connect_timeout_ms = 5'000;
  // Of one answer after decompression. Streams have no limit.
  int64_t body_bytes_max = 64 * 1024 * 1024;
  // Kept connections. More calls at once than this are served by connections that are closed after.
  size_t idle_connections_max = 16;
  // Servers close idle connections (Kubernetes after 90 s and more): ours are younger.
  int64_t idle_ms_max = 30'000;
  // A peer that does not acknowledge for so long is dead, in streams that are silent, too.
  int64_t dead_peer_ms = 30'000;
};

// HTTP/1.1 with kept connections over TLS, always verified; http:// servers, without TLS, get
// credentials only on this machine. No redirects are followed. Credentials are read again as
// credentials.h says, and once more when the server answers 401. InvalidArgument when the config is
// of no use. The clock outlives the transport.
absl::StatusOr<std::unique_ptr<Transport>> make_http_transport(const ClientConfig& config,
                                                               const HttpTransportOptions& options,
                                                               const Clock& clock);

}  // namespace petrel::k8s
