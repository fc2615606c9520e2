// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/server.h"

#include <grpcpp/impl/codegen/service_type.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "common/log.h"
#include "common/metrics.h"
#include "common/mutex.h"
#include "common/rpc/rpc_server.h"
#include "common/status.h"
#include "common/version.h"
#include "nameserver/nameserver_metrics.h"
#include "nameserver/registry.h"
#include "nameserver/services.h"

namespace petrel::nameserver {
namespace {

constexpr log::Logger kLog("nameserver");

// Lets the registry evict silent brokers, about once a second.
class ExpiryThread {
 public:
  explicit ExpiryThread(Registry& registry) : thread_([this, &registry] { run(registry); }) {}
  ~ExpiryThread() {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

 private:
  void run(Registry& registry) {
    while (!stops_within(std::chrono::seconds(1))) {
      registry.expire();
    }
  }

  bool stops_within(std::chrono::seconds duration) {
    const auto deadline = std::chrono::steady_clock::now() + duration;
    const MutexLock lock(mutex_);
    while (!stopping_ && std::chrono::steady_clock::now() < deadline) {
      wake_.wait_until(mutex_, deadline);
    }
    return stopping_;
  }

  Mutex mutex_;
  CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace

struct NameserverServer::State {
  State(const NameserverConfig& the_config, const Clock& clock)
      : config(the_config),
        nameserver_metrics(metrics),
        registry(clock, nameserver_metrics, config.broker_expiry_ms),
        http(config.http) {
    services.push_back(make_registration_service(registry));
    services.push_back(make_admin_service(registry));
    services.push_back(make_messaging_service(registry, clock, nameserver_metrics));
    add_process_metrics(metrics, kVersion, kCommit);
    add_table_metrics(metrics, registry);
    add_operations_pages(http, metrics, {}, {{"serving", [this] {
                                                return serving ? absl::OkStatus()
                                                               : absl::UnavailableError("stopping");
                                              }}});
  }

  const NameserverConfig config;
  MetricRegistry metrics;
  NameserverMetrics nameserver_metrics;
  Registry registry;
  std::vector<std::unique_ptr<grpc::Service>> services;
  HttpServer http;
  std::unique_ptr<RpcServer> rpc;
  std::unique_ptr<ExpiryThread> expiry;
  std::atomic<bool> serving = false;
};

absl::StatusOr<std::unique_ptr<NameserverServer>> NameserverServer::start(
    const NameserverConfig& config, const Clock& clock) {
  PETREL_ASSIGN_OR_RETURN(const TlsIdentity tls, config.tls.identity({}, clock));
  auto state = std::make_unique<State>(config, clock);
  RpcServices services;
  for (const std::unique_ptr<grpc::Service>& service : state->services) {
    services.services.push_back(service.get());
  }
  PETREL_ASSIGN_OR_RETURN(state->rpc,
                          RpcServer::prepare(config.rpc, services, tls, clock, state->metrics));
  PETREL_RETURN_IF_ERROR(state->http.start());
  state->rpc->start();
  state->expiry = std::make_unique<ExpiryThread>(state->registry);
  state->serving = true;
  kLog.info("serving", {{"grpc_port", state->rpc->port()}, {"http_port", state->http.port()}});
  return std::unique_ptr<NameserverServer>(new NameserverServer(std::move(state)));
}

NameserverServer::NameserverServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

NameserverServer::~NameserverServer() { stop(); }

int NameserverServer::grpc_port() const { return state_->rpc->port(); }

int NameserverServer::http_port() const { return state_->http.port(); }

void NameserverServer::stop() {
  if (!state_->serving.exchange(false)) {
    return;
  }
  kLog.info("stopping");
  state_->expiry.reset();
  state_->registry.close();
  state_->rpc->shutdown(state_->config.shutdown_grace_ms);
  state_->http.stop();
}

}  // namespace petrel::nameserver
