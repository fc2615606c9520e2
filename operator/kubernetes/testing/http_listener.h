// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include "common/mutex.h"

namespace petrel::k8s::testing {

struct HttpRequest {
  std::string method;
  std::string target;                          // path and query, as sent
  std::string path;                            // as sent, without the query
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;

  std::string header(const std::string& lower_case_name) const;
  std::string parameter(const std::string& name) const;
};

std::string percent_decode(std::string_view text);

// The answer to one request. All functions return false once the connection is gone.
class Exchange {
 public:
  explicit Exchange(int socket) : socket_(socket) {}

  bool respond(int code, const std::string& content_type, const std::string& body,
               const std::string& extra_headers = "");

  // A chunked answer without an end in sight.
  bool begin_stream(const std::string& content_type);
  bool write_chunk(std::string_view bytes);
  // Announces the bytes and sends the first half of them.
  void write_half_chunk(std::string_view bytes);
  bool end_stream();

  // Closes the connection after this exchange; with a TCP reset if asked for.
  void cut(bool reset);
  // Whether the client is still there, as far as the kernel knows.
  bool peer_is_there() const;
  bool is_cut() const { return cut_; }

 private:
  bool send_all(std::string_view bytes);

  const int socket_;
  bool cut_ = false;
};

// HTTP/1.1 on a port of 127.0.0.1, with a thread for each connection, and with ways to misbehave
// that no library offers. For tests: requests are trusted.
class HttpListener {
 public:
  // On the connection's thread. Ends soon after stop() has begun.
  using Handler = std::function<void(const HttpRequest&, Exchange&)>;

  explicit HttpListener(Handler handler) : handler_(std::move(handler)) {}
  ~HttpListener() { stop(); }
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  // Listens on the port, or on any free one for 0; returns the port. Aborts when it is in use.
  int start(int port);
  // Breaks all connections and waits for their threads.
  void stop();

 private:
  struct Connection {
    int socket = -1;
    std::thread thread;
    std::atomic<bool> finished{false};
  };

  void accept_loop();
  void serve(Connection& connection);
  void reap(bool all);

  const Handler handler_;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
  Mutex mutex_;
  std::list<Connection> connections_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::k8s::testing
