// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/rpc/open_sockets.h"

namespace petrel {

enum class TlsMode : uint8_t {
  kPermissive,  // TLS and plaintext are taken
  kEnforcing,   // TLS only
};

struct DualListenerOptions {
  std::string host = "0.0.0.0";
  int port = 0;  // 0: any free one
  TlsMode tls_mode = TlsMode::kPermissive;
  // Connections beyond are closed at once. Counts those handed over and those undecided.
  int64_t connections_max = 16'384;
  // Connections that have not sent a byte yet. One more evicts the oldest of them, so that silent
  // ones cannot lock others out.
  int64_t undecided_max = 4'096;
  int64_t first_byte_timeout_ms = 10'000;
};

// Accepts TCP connections and tells TLS from plaintext by the first byte: a TLS record of a
// handshake begins with 0x16, and nothing in HTTP/2 does. The byte is looked at and left in the
// socket; then the socket is handed over, non-blocking and with TCP_NODELAY.
//
// With TlsMode::kEnforcing a connection that is not TLS is closed there and then, before anything
// of it was read: nothing in HTTP/2 tells a client why that would not also have it dial again at
// once. So the reason stands in our log, at a bounded rate and with the peer, and in a counter.
//
// One thread of its own runs an epoll loop, and nothing on it waits for a single connection. A
// connection that closes before its first byte, as health probes do, is closed without a word. When
// descriptors run out, accepting pauses for a moment and the kernel's backlog holds what comes.
//
// bind() -> start() -> stop(), each once; the destructor stops. Metrics:
// petrel_rpc_connections{kind}, petrel_rpc_connections_accepted_total{kind},
// petrel_rpc_connections_dropped_total{reason}, petrel_rpc_accept_pauses_total.
class DualListener {
 public:
  // Takes over the descriptor. Runs on the listener's thread and must not block.
  using HandOver = std::function<void(int fd, ConnectionKind kind)>;

  // Binds and listens; connections wait in the backlog until start(). Unavailable when the address
  // is in use. The clock and the registry must outlive the listener.
  static absl::StatusOr<std::unique_ptr<DualListener>> bind(const DualListenerOptions& options,
                                                            const Clock& clock,
                                                            MetricRegistry& registry);
  ~DualListener();
  DualListener(const DualListener&) = delete;
  DualListener& operator=(const DualListener&) = delete;

  // The port that is bound.
  int port() const;

  void start(HandOver hand_over);

  // Closes the listening socket and the undecided connections, and joins. Sockets handed over are
  // not touched.
  void stop();

 private:
  class Loop;
  explicit DualListener(std::unique_ptr<Loop> loop);

  const std::unique_ptr<Loop> loop_;
};

}  // namespace petrel
