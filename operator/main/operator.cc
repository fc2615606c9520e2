// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/main/operator.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>
#include <utility>

#include "common/concat.h"
#include "common/http_server.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/random.h"
#include "common/status.h"
#include "common/version.h"
#include "operator/control/caches.h"
#include "operator/control/controller.h"
#include "operator/control/kubernetes_cluster_runtime.h"
#include "operator/control/operator_metrics.h"
#include "operator/kubernetes/api_client.h"
#include "operator/kubernetes/config.h"
#include "operator/kubernetes/events.h"
#include "operator/kubernetes/leader_election.h"
#include "operator/kubernetes/transport.h"
#include "operator/kubernetes/waitable_clock.h"

namespace petrel::ops {
namespace {

constexpr log::Logger kLog("operator");
constexpr const char* kName = "petrel-operator";
constexpr int64_t kLeaseCallDeadlineMs = 5'000;

k8s::ApiClient::Options api_options(OperatorMetrics& operator_metrics) {
  k8s::ApiClient::Options options;
  options.field_manager = kName;
  options.on_call = [&operator_metrics](const k8s::CallRecord& call) {
    operator_metrics.api_called(call.verb, call.type == nullptr ? "discovery" : call.type->plural,
                                call.code, call.duration_us);
  };
  return options;
}

// A call that hangs must not cost the leadership.
k8s::ApiClient::Options lease_api_options(OperatorMetrics& operator_metrics) {
  k8s::ApiClient::Options options = api_options(operator_metrics);
  options.deadline_ms = kLeaseCallDeadlineMs;
  options.attempts_max = 1;
  return options;
}

k8s::HttpTransportOptions transport_options() {
  k8s::HttpTransportOptions options;
  options.user_agent = concat(kName, "/", kVersion, " (linux)");
  return options;
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

// Unique to the process: a container that starts again in its Pod is another one.
std::string identity_of(const OperatorConfig& config) {
  SystemRandom random;
  return concat(config.pod_name.empty() ? host_name() : config.pod_name, "_", random.next());
}

// The transport uses the clock for as long as it lives.
struct ApiConnection {
  const k8s::SystemWaitableClock clock;
  std::unique_ptr<k8s::Transport> transport;
};

}  // namespace

struct Operator::State {
  State(const OperatorConfig& the_config, const k8s::ClientConfig& client,
        std::unique_ptr<ApiConnection> the_connection, std::function<void()> lost)
      : config(the_config),
        on_lost(std::move(lost)),
        operator_metrics(metrics),
        connection(std::move(the_connection)),
        clock(connection->clock),
        api(*connection->transport, clock, api_options(operator_metrics)),
        lease_api(*connection->transport, clock, lease_api_options(operator_metrics)),
        events(api, clock, {.controller = "petrel.io/operator", .instance = identity_of(config)}),
        caches(api, clock, config.watch_namespaces),
        runtimes(api, clock, caches,
                 {.broker_image = config.broker_image,
                  .nameserver_image = config.nameserver_image,
                  .cluster_domain = config.cluster_domain}),
        controller(api, clock, caches, events, operator_metrics, runtimes.factory(),
                   {.workers = config.workers}),
        random(SystemRandom().next()),
        elector(lease_api, clock, random, elector_options(client), elector_callbacks()),
        http(config.http) {
    add_process_metrics(metrics, kVersion, kCommit);
    caches.add_metrics(metrics);
    controller.add_metrics(metrics);
    add_operations_pages(
        http, metrics,
        {{"clusters", [this] { return controller.progressing(config.stuck_after_ms); }},
         {"caches", [this] { return caches.alive(config.stuck_after_ms); }}},
        {{"serving",
          [this] { return stopping ? absl::UnavailableError("stopping") : absl::OkStatus(); }},
         {"caches", [this] {
            return caches.synced() ? absl::OkStatus() : absl::UnavailableError("not complete yet");
          }}});
  }

  k8s::LeaderElector::Options elector_options(const k8s::ClientConfig& client) const {
    k8s::LeaderElector::Options options;
    options.lease = {config.pod_namespace.empty() ? client.default_namespace : config.pod_namespace,
                     kName};
    options.identity = identity_of(config);
    return options;
  }

  k8s::LeaderElector::Callbacks elector_callbacks() {
    return {.on_started =
                [this] {
                  kLog.info("this replica leads");
                  operator_metrics.leading(true);
                  controller.start([this] { return elector.is_leader(); });
                },
            .on_stopped =
                [this] {
                  operator_metrics.leading(false);
                  controller.stop();
                },
            .on_new_leader =
                [](const std::string& identity) {
                  kLog.info("another leader", {{"identity", identity}});
                }};
  }

  void run() {
    if (!wait_for_kinds(api, clock, [this] { return stopping.load(); })) {
      return;
    }
    caches.start();
    events.start();
    if (!config.leader_elect) {
      operator_metrics.leading(true);
      controller.start([] { return true; });
    } else if (elector.run()) {
      kLog.error("leadership is lost");
      on_lost();
    }
  }

  const OperatorConfig config;
  const std::function<void()> on_lost;
  MetricRegistry metrics;
  OperatorMetrics operator_metrics;
  const std::unique_ptr<ApiConnection> connection;
  const k8s::WaitableClock& clock;
  k8s::ApiClient api;
  k8s::ApiClient lease_api;
  k8s::EventRecorder events;
  Caches caches;
  KubernetesClusterRuntimes runtimes;
  Controller controller;
  SeededRandom random;
  k8s::LeaderElector elector;
  HttpServer http;
  std::atomic<bool> stopping = false;
  std::thread thread;  // run()
};

absl::StatusOr<std::unique_ptr<Operator>> Operator::start(const OperatorConfig& config,
                                                          std::function<void()> on_lost) {
  PETREL_ASSIGN_OR_RETURN(const k8s::ClientConfig client,
                          k8s::load_default(config.kubeconfig, config.context));
  auto connection = std::make_unique<ApiConnection>();
  PETREL_ASSIGN_OR_RETURN(connection->transport,
                          k8s::make_http_transport(client, transport_options(), connection->clock));
  auto state = std::make_unique<State>(config, client, std::move(connection), std::move(on_lost));
  PETREL_RETURN_IF_ERROR(state->http.start());
  kLog.info("started", {{"api_server", client.server}, {"http_port", state->http.port()}});
  state->thread = std::thread([state = state.get()] { state->run(); });
  return std::unique_ptr<Operator>(new Operator(std::move(state)));
}

Operator::Operator(std::unique_ptr<State> state) : state_(std::move(state)) {}

Operator::~Operator() { stop(); }

int Operator::http_port() const { return state_->http.port(); }

void Operator::stop() {
  if (state_->stopping.exchange(true)) {
    return;
  }
  kLog.info("stopping");
  state_->elector.stop();
  state_->thread.join();
  state_->controller.stop();
  state_->events.stop();
  state_->caches.stop();
  state_->http.stop();
}

}  // namespace petrel::ops
