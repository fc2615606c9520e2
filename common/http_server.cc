// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/http_server.h"

#include <httplib.h>

#include <deque>
#include <thread>
#include <utility>

#include "common/concat.h"
#include "common/mutex.h"

namespace petrel {
namespace {

constexpr size_t kThreads = 3;
constexpr size_t kWaitingMax = 16;
constexpr int kBacklog = 128;
constexpr size_t kRequestBytesMax = 64 << 10;
constexpr int kFirstByteTimeoutSeconds = 1;
constexpr int kReadTimeoutSeconds = 2;
constexpr int kWriteTimeoutSeconds = 5;

// The library's own pool queues connections without bound. This one makes the accepting thread
// wait, so that further connections stay in the kernel's backlog.
class BoundedPool final : public httplib::TaskQueue {
 public:
  BoundedPool() {
    for (size_t i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this] { run(); });
    }
  }

  void enqueue(std::function<void()> task) override {
    MutexLock lock(mutex_);
    while (tasks_.size() >= kWaitingMax) {
      changed_.wait(mutex_);
    }
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }

  // Runs what is queued, and joins.
  void shutdown() override {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

 private:
  void run() {
    for (;;) {
      std::function<void()> task;
      {
        MutexLock lock(mutex_);
        while (tasks_.empty() && !stopping_) {
          changed_.wait(mutex_);
        }
        if (tasks_.empty()) {
          return;
        }
        task = std::move(tasks_.front());
        tasks_.pop_front();
        changed_.notify_all();
      }
      task();
    }
  }

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

HttpReply health_reply(const std::vector<HealthCheck>& checks) {
  HttpReply reply;
  for (const HealthCheck& check : checks) {
    const absl::Status status = check.check();
    if (!status.ok()) {
      reply.status = 503;
      reply.body += concat(check.name, ": ", status.message(), "\n");
    }
  }
  if (reply.body.empty()) {
    reply.body = "ok\n";
  }
  return reply;
}

}  // namespace

void HttpServerConfig::declare(ConfigSchema& schema, const std::string& prefix) {
  schema.add(prefix + ".host", &host, {.help = "Address of the port for metrics and health"});
  schema.add(prefix + ".port", &port,
             {.help = "Port for metrics and health; 0 takes any free one", .max = 65'535});
}

struct HttpServer::State {
  HttpServerConfig config;
  httplib::Server server;
  std::thread thread;
  int port = 0;
  int listener_fd = -1;  // the library's
};

HttpServer::HttpServer(HttpServerConfig config) : state_(std::make_unique<State>()) {
  state_->config = std::move(config);
  httplib::Server& server = state_->server;
  server.new_task_queue = [] { return new BoundedPool(); };
  server.set_payload_max_length(kRequestBytesMax);
  server.set_read_timeout(kReadTimeoutSeconds);
  server.set_write_timeout(kWriteTimeoutSeconds);
  server.set_keep_alive_max_count(1);
  server.set_keep_alive_timeout(kFirstByteTimeoutSeconds);
  server.set_tcp_nodelay(true);
  // The library would share the port with any other process of this user.
  server.set_socket_options([state = state_.get()](socket_t socket) {
    const int on = 1;
    state->listener_fd = socket;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  });
  server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) {
      response.set_content(concat(response.status, "\n"), "text/plain");
    }
  });
}

HttpServer::~HttpServer() { stop(); }

void HttpServer::get(const std::string& path, Handler handler) {
  state_->server.Get(
      path, [handler = std::move(handler)](const httplib::Request&, httplib::Response& response) {
        const HttpReply reply = handler();
        response.status = reply.status;
        response.set_content(reply.body, reply.content_type);
      });
}

absl::Status HttpServer::start() {
  State& state = *state_;
  const HttpServerConfig& config = state.config;
  if (config.port == 0) {
    state.port = state.server.bind_to_any_port(config.host);
  } else {
    state.port = state.server.bind_to_port(config.host, config.port) ? config.port : -1;
  }
  if (state.port < 0) {
    return absl::UnavailableError(
        concat("cannot listen on ", config.host, ":", config.port, " for HTTP"));
  }
  listen(state.listener_fd, kBacklog);  // again, because the library asks for 5
  state.thread = std::thread([&state] { state.server.listen_after_bind(); });
  // The library's stop() does nothing while its loop has not begun.
  while (!state.server.is_running()) {
    std::this_thread::yield();
  }
  return absl::OkStatus();
}

int HttpServer::port() const { return state_->port; }

void HttpServer::stop() {
  if (state_->thread.joinable()) {
    state_->server.stop();
    state_->thread.join();
  }
}

void add_operations_pages(HttpServer& server, const MetricRegistry& registry,
                          std::vector<HealthCheck> alive, std::vector<HealthCheck> ready) {
  server.get("/metrics", [&registry] {
    return HttpReply{200, "text/plain; version=0.0.4; charset=utf-8", registry.text()};
  });
  server.get("/healthz", [checks = std::move(alive)] { return health_reply(checks); });
  server.get("/readyz", [checks = std::move(ready)] { return health_reply(checks); });
}

}  // namespace petrel
