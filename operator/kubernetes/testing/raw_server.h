// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/mutex.h"

namespace petrel::k8s::testing {

// A TCP server whose every byte is the test's: for answers that no decent server gives.
class RawServer {
 public:
  // One accepted connection, closed when the handler returns.
  class Peer {
   public:
    explicit Peer(int fd) : fd_(fd) {}
    // A request's head and, with Content-Length, its body; empty when the client is gone.
    std::string read_request();
    // False when the client is gone.
    bool write(std::string_view bytes);
    // Blocks until the client closes.
    void wait_for_end();
    // Makes the close a reset.
    void abort();

   private:
    const int fd_;
  };
  // Called for each connection on a thread of its own; `number` counts from 0.
  using Handler = std::function<void(Peer& peer, int number)>;

  explicit RawServer(Handler handler);
  // Closes everything, also under handlers that still run.
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  int port() const { return port_; }
  std::string url() const;
  int connections() const { return connections_; }

 private:
  void accept_all();

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<int> open_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> handlers_;  // of the accepting thread, then of the destructor
  std::thread acceptor_;
};

// "HTTP/1.1 CODE X" with the length of the body and further header lines, each with its CRLF.
std::string http_answer(int code, std::string_view body, std::string_view header_lines = "");

}  // namespace petrel::k8s::testing
