// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/config.h"
#include "common/metrics.h"

// The HTTP port for operators: metrics and health. It serves small GET requests of a few trusted
// machines, and what it costs is bounded, not fast.

namespace petrel {

struct HttpServerConfig {
  std::string host = "0.0.0.0";
  int port = 0;  // 0: any free one

  // Declares "PREFIX.host" and "PREFIX.port". Set the default port before.
  void declare(ConfigSchema& schema, const std::string& prefix);
};

struct HttpReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// A server with three threads. Requests of more than 64 KiB and connections that are slow to ask
// are ended; further connections wait in the kernel. One request a connection. get() -> start() ->
// stop(); the destructor stops.
class HttpServer {
 public:
  // Runs on one of the server's threads.
  using Handler = std::function<HttpReply()>;

  explicit HttpServer(HttpServerConfig config);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Before start(). Paths that are not named here give 404.
  void get(const std::string& path, Handler handler);

  // Unavailable when the address is in use.
  absl::Status start();

  // The port that is bound, after start().
  int port() const;

  // Returns when no handler runs any more.
  void stop();

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

// One reason for which a process may be unwell.
struct HealthCheck {
  std::string name;
  std::function<absl::Status()> check;  // any thread
};

// Adds /metrics, /healthz (is the process worth keeping?) and /readyz (may it get work?). The
// latter two answer 200 "ok", or 503 with a line "NAME: message" for each check that failed. What
// is passed outlives the server.
void add_operations_pages(HttpServer& server, const MetricRegistry& registry,
                          std::vector<HealthCheck> alive, std::vector<HealthCheck> ready);

}  // namespace petrel
