// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "broker/admin/admin_service.h"
#include "broker/core/events.h"
#include "broker/engine/engine_host.h"
#include "broker/expected_store.h"
#include "broker/frontend/access.h"
#include "broker/frontend/answer_memory.h"
#include "broker/frontend/client_registry.h"
#include "broker/frontend/delivery_loader.h"
#include "broker/frontend/host_text.h"
#include "broker/frontend/reply_threads.h"
#include "broker/frontend/silence_timers.h"
#include "broker/grpc/front_end.h"
#include "broker/grpc/grpc_transport.h"
#include "broker/grpc/nameserver_query.h"
#include "broker/housekeeper.h"
#include "broker/metrics/broker_gauges.h"
#include "broker/metrics/broker_metrics.h"
#include "broker/metrics/message_metrics.h"
#include "broker/metrics/timed_disk.h"
#include "broker/registration/identity.h"
#include "broker/registration/registrar.h"
#include "broker/rocketmq_files/rocketmq_config.h"
#include "common/concat.h"
#include "common/http_server.h"
#include "common/mutex.h"
#include "common/random.h"
#include "common/rpc/channel_credentials.h"
#include "common/status.h"
#include "common/tls.h"
#include "common/version.h"
#include "proto/endpoints.h"

namespace petrel::broker {
namespace {

constexpr log::Logger kLog("broker");
// A record is a body and up to this much besides.
constexpr int64_t kRecordOverheadMax = 128 << 10;
constexpr int kLagRefreshSeconds = 10;

std::string flush_mode_name(store::FlushMode mode) {
  return mode == store::FlushMode::kSync ? "sync" : "async";
}

absl::StatusOr<TlsIdentity> tls_identity(const BrokerConfig& config, const std::string& host,
                                         const Clock& clock) {
  TlsConfig tls = config.tls;
  if (tls.directory.empty()) tls.directory = config.store.directory;
  return tls.identity({host}, clock);
}

nameserver::v1::BrokerIdentity broker_identity(const BrokerConfig& config,
                                               const std::string& advertised) {
  nameserver::v1::BrokerIdentity identity;
  identity.set_cluster(config.cluster);
  identity.set_broker_name(config.broker_name);
  identity.set_broker_id(config.broker_id);
  add_address(own_grpc_address(advertised), &identity);
  SystemRandom random;
  identity.set_incarnation(concat(random.next(), "-", random.next()));
  identity.set_version(kVersion);
  identity.set_auto_create_topics(config.core.auto_create_topics);
  identity.set_auto_create_queues(config.core.default_queues);
  return identity;
}

store::MessageStore::Options store_options(const BrokerConfig& config) {
  store::MessageStore::Options options = config.store;
  options.log.record_bytes_max =
      std::max(options.log.record_bytes_max, config.body_bytes_max + kRecordOverheadMax);
  options.make_rocketmq_config = rocketmq_files::make_rocketmq_config;
  return options;
}

engine::LogThread::Options log_thread_options(const BrokerConfig& config) {
  engine::LogThread::Options options = config.log_thread;
  options.flush_mode = config.core.flush_mode;
  options.disk = config.store.retention.disk;
  return options;
}

engine::Engine::Options engine_options(const BrokerConfig& config, const HostPort& address,
                                       Random& store_ids) {
  core::CoreOptions core = config.core;
  core.store_host = frontend::parse_host(address.host, address.port);
  store::MessageStore::Options store = store_options(config);
  store.store_id = config.expected_store_id;
  store.random = &store_ids;
  return {.assembly = {.core = core,
                       .store = std::move(store),
                       .read_foreign_config = rocketmq_files::read_rocketmq_config},
          .log_thread = log_thread_options(config),
          .mailbox = {.requests = static_cast<size_t>(config.mailbox_max),
                      .bytes = static_cast<size_t>(config.mailbox_bytes_max)},
          .reader_threads = config.reader_threads,
          .segment_bytes_min = config.segment_bytes_min()};
}

grpcfront::OwnBroker own_broker(const BrokerConfig& config, const HostPort& address) {
  grpcfront::OwnBroker own;
  own.name = config.broker_name;
  own.id = config.broker_id;
  set_endpoints(address, &own.endpoints);
  return own;
}

}  // namespace

// In the order in which things need one another; stop() ends them in reverse.
struct Server::State {
  State(const BrokerConfig& broker_config, HostPort broker_address,
        std::function<void()> broker_failed, std::unique_ptr<store::Disk> store_disk)
      : config(broker_config),
        address(std::move(broker_address)),
        failed(std::move(broker_failed)),
        advertised(to_string(address)),
        started_ms(clock.wall_ms()),
        metric_registry(node_labels(config.cluster, config.broker_name)),
        metrics(metric_registry),
        message_metrics(metric_registry),
        clients(clock),
        disk(std::move(store_disk), clock, metric_registry),
        engine(engine_options(config, address, store_ids), engine_parts()) {}

  absl::Status serve_health();
  absl::Status prepare_front();
  absl::Status serve();
  void leave();
  absl::Status stop();

  engine::Engine::Parts engine_parts();
  AdminParts admin_parts();
  absl::Status check_store() const;
  absl::Status check_ready() const;
  void fail_store(std::string_view why);
  void keep_house();
  void tend_engine();
  admin::v1::BrokerSigns signs() const;

  enum class Phase { kOpening, kServing, kLeaving, kStopping };

  const BrokerConfig config;
  const HostPort address;
  const std::function<void()> failed;
  const std::string advertised;
  SystemClock clock;
  core::LogTime log_time{clock};
  SystemRandom store_ids;  // for a store that has none yet
  const int64_t started_ms;
  MetricRegistry metric_registry;
  BrokerMetrics metrics;
  MessageMetrics message_metrics;
  frontend::ClientRegistry clients;
  core::Registry registry;
  frontend::ReplyThreads replies{config.reply_threads};
  TimedDisk disk;
  engine::EngineHost engine;
  frontend::AllowAll access;
  frontend::AnswerMemory answer_memory{clock, config.answers};
  frontend::SilenceTimers answers_under_way{clock};
  frontend::SilenceTimers undescribed_streams{clock};
  frontend::DeliveryLoader deliveries{engine.slot(), clients,
                                      [this](store::LogOffset offset, int32_t size) {
                                        return engine.slot().read_record(offset, size);
                                      },
                                      engine.slot(), answer_memory};
  std::shared_ptr<GroupLags> lags = std::make_shared<GroupLags>();
  std::unique_ptr<grpcfront::NameserverQuery> nameservers;
  std::unique_ptr<grpcfront::ClusterRoutes> routes;
  std::unique_ptr<grpcfront::FrontEnd> front;
  ConfigWatchers watchers{registry, [this] { return signs(); }};
  std::unique_ptr<grpc::Service> messaging;
  const std::unique_ptr<Executor> admin_readers = make_thread_pool("admin-reader", 1);
  std::unique_ptr<grpc::Service> admin;
  std::unique_ptr<RpcServer> rpc;
  std::unique_ptr<Registrar> registrar;
  std::unique_ptr<Housekeeper> housekeeper;
  std::unique_ptr<HttpServer> http;
  std::atomic<Phase> phase{Phase::kOpening};
  std::atomic<bool> store_failed{false};
  Mutex leave_mutex;
  CondVar look_again;  // whether anybody is left to wait for
  bool stopped = false;
  int seconds = 0;  // housekeeper
};

absl::Status Server::State::serve_health() {
  http = std::make_unique<HttpServer>(config.http);
  const HealthCheck store_check{"store", [this] { return check_store(); }};
  add_operations_pages(*http, metric_registry, {store_check},
                       {store_check, {"serving", [this] { return check_ready(); }}});
  return http->start();
}

absl::Status Server::State::check_store() const {
  return store_failed ? absl::InternalError("a write or sync failed") : absl::OkStatus();
}

absl::Status Server::State::check_ready() const {
  switch (phase.load()) {
    case Phase::kOpening:
      return absl::UnavailableError("the store is being opened");
    case Phase::kServing:
      if (!engine.slot().serving()) {
        return absl::UnavailableError("the store is being opened again");
      }
      return registrar->settled() ? absl::OkStatus()
                                  : absl::UnavailableError("nameservers are being told");
    case Phase::kLeaving:
      return absl::UnavailableError(
          concat("left the routes, and serves on until no producer is connected, ",
                 (config.leave_time_ms + 999) / 1000, " s at most"));
    case Phase::kStopping:
      break;
  }
  return absl::UnavailableError("stopping");
}

void Server::State::fail_store(std::string_view why) {
  if (store_failed.exchange(true)) return;
  kLog.error("the store failed; the broker stops", {{"error", std::string(why)}});
  failed();
}

engine::Engine::Parts Server::State::engine_parts() {
  return {.core = {.disk = disk,
                   .clock = clock,
                   .liveness = clients,
                   .replies = replies,
                   .registry = registry,
                   .observer = &message_metrics,
                   .log_time = &log_time},
          .failed = [this](const absl::Status& status) { fail_store(status.ToString()); }};
}

absl::Status Server::State::prepare_front() {
  if (!config.nameserver_ca_file.empty()) {
    // Told now: later it would be one nameserver after the other that cannot be trusted.
    PETREL_RETURN_IF_ERROR(annotate(read_authorities(config.nameserver_ca_file).status(),
                                    "broker.nameserver-ca-file"));
  }
  nameservers = grpcfront::make_nameserver_query(
      clock, config.nameservers, concat("broker-", config.broker_name, "-", config.broker_id),
      config.nameserver_ca_file);
  routes = std::make_unique<grpcfront::ClusterRoutes>(
      clock, registry, engine.slot(), own_broker(config, address), nameservers.get());
  front.reset(new grpcfront::FrontEnd{
      .options = {.broker_name = config.broker_name,
                  .store_host = frontend::parse_host(address.host, address.port),
                  .settings = {.body_size_bytes_max = config.body_bytes_max},
                  .stalled_answer_ms = config.answers.wait_ms,
                  .settings_ms = config.settings_ms,
                  .undescribed_streams_max = static_cast<size_t>(config.undescribed_streams_max)},
      .clock = clock,
      .core = engine.slot(),
      .registry = registry,
      .clients = clients,
      .access = access,
      .routes = *routes,
      .deliveries = deliveries,
      .answers_under_way = answers_under_way,
      .undescribed_streams = undescribed_streams,
      .metrics = metrics});
  messaging = grpcfront::make_messaging_service(*front);
  admin = make_admin_service(admin_parts());
  PETREL_ASSIGN_OR_RETURN(const TlsIdentity identity, tls_identity(config, address.host, clock));
  PETREL_ASSIGN_OR_RETURN(
      rpc, RpcServer::prepare(config.rpc, {.services = {messaging.get(), admin.get()}}, identity,
                              clock, metric_registry));
  return absl::OkStatus();
}

AdminParts Server::State::admin_parts() {
  return {.description = {.cluster = config.cluster,
                          .broker_name = config.broker_name,
                          .broker_id = config.broker_id,
                          .version = kVersion,
                          .grpc_address = advertised,
                          .flush_mode = flush_mode_name(config.core.flush_mode),
                          .log_retention_ms = config.store.retention.age_ms,
                          .started_ms = started_ms},
          .access = access,
          .engine = engine.slot(),
          .readers = *admin_readers,
          .restart_engine = [this](engine::Engine::How how,
                                   auto done) { engine.restart_soon(how, std::move(done)); },
          .registry = registry,
          .watchers = watchers,
          .clients = clients};
}

void Server::State::tend_engine() {
  if (const auto serving = engine.slot().lease()) {
    serving->store().indexer().tick();
    if (serving->failed()) fail_store("the core cannot append");
  }
  if (seconds++ % kLagRefreshSeconds == 0) GroupLags::refresh(lags, engine.slot());
}

void Server::State::keep_house() {
  housekeeper =
      std::make_unique<Housekeeper>(Housekeeper::Duties{.every_second =
                                                            [this] {
                                                              clients.expire();
                                                              answer_memory.expire();
                                                              answers_under_way.expire();
                                                              undescribed_streams.expire();
                                                              tend_engine();
                                                              watchers.notify();
                                                              const MutexLock lock(leave_mutex);
                                                              look_again.notify_all();
                                                            },
                                                        .config_changed =
                                                            [this](int64_t) {
                                                              registrar->config_changed();
                                                              watchers.notify();
                                                              metrics.forget_gone(registry);
                                                            }});
  registry.set_listener(
      [this](int64_t config_version) { housekeeper->config_changed(config_version); });
}

absl::Status Server::State::serve() {
  registrar = std::make_unique<Registrar>(config.nameservers, broker_identity(config, advertised),
                                          config.nameserver_ca_file, registry);
  add_process_metrics(metric_registry, kVersion, kCommit);
  add_gauges(metric_registry, {.clock = clock,
                               .log_time = log_time,
                               .registry = registry,
                               .engine = engine.slot(),
                               .clients = clients,
                               .answer_memory = answer_memory,
                               .registrar = *registrar,
                               .routes = *routes,
                               .lags = lags});
  housekeeper->start();
  rpc->start();
  registrar->start();
  phase = Phase::kServing;
  return absl::OkStatus();
}

admin::v1::BrokerSigns Server::State::signs() const {
  admin::v1::BrokerSigns signs;
  signs.set_nameservers(static_cast<int32_t>(registrar->nameservers()));
  signs.set_registered(static_cast<int32_t>(registrar->registered()));
  if (const auto serving = engine.slot().lease()) {
    signs.set_sends_refused_since_ms(serving->log_thread().stats().sends_refused_since_ms);
  }
  return signs;
}

void Server::State::leave() {
  phase = Phase::kLeaving;
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(config.leave_time_ms);
  if (config.leave_time_ms == 0 || clients.producers() == 0 || !registrar->leave()) return;
  kLog.info("leaving", {{"producers", clients.producers()}, {"at_most_ms", config.leave_time_ms}});
  const MutexLock lock(leave_mutex);
  while (clients.producers() > 0 && !store_failed && std::chrono::steady_clock::now() < deadline) {
    look_again.wait_until(leave_mutex, deadline);
  }
}

absl::Status Server::State::stop() {
  if (std::exchange(stopped, true)) return absl::OkStatus();
  phase = Phase::kStopping;
  engine.no_more_restarts();
  if (registrar != nullptr) registrar->stop();
  if (rpc != nullptr) {
    clients.ask_to_reconnect(advertised);
    clients.end_channels();
    watchers.close();
    engine.slot().post_internal(std::make_unique<core::BeginShutdown>());
    rpc->shutdown(config.shutdown_grace_ms);
  }
  if (housekeeper != nullptr) housekeeper->stop();
  nameservers.reset();
  if (http != nullptr) http->stop();
  const absl::Status closed = engine.stop(engine::Engine::How::kClose);
  return store_failed ? absl::InternalError("a write or sync failed") : closed;
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() { (void)state_->stop(); }

absl::StatusOr<std::unique_ptr<Server>> Server::start(const BrokerConfig& config,
                                                      std::function<void()> failed,
                                                      std::unique_ptr<store::Disk> disk) {
  PETREL_ASSIGN_OR_RETURN(HostPort address, parse_host_port(config.advertised()));
  std::unique_ptr<Server> server(new Server(
      std::make_unique<State>(config, std::move(address), std::move(failed), std::move(disk))));
  State& state = *server->state_;
  PETREL_RETURN_IF_ERROR(state.serve_health());
  state.keep_house();
  PETREL_RETURN_IF_ERROR(check_expected_store(state.disk, config.store.directory,
                                              config.expected_store_id, state.store_ids));
  PETREL_RETURN_IF_ERROR(state.engine.start());
  PETREL_RETURN_IF_ERROR(state.prepare_front());
  PETREL_RETURN_IF_ERROR(state.serve());
  kLog.info("serving", {{"broker", config.broker_name},
                        {"address", state.advertised},
                        {"store", config.store.directory},
                        {"flush_mode", flush_mode_name(config.core.flush_mode)},
                        {"topics", state.registry.topic_count()},
                        {"start_ms", state.clock.wall_ms() - state.started_ms}});
  return server;
}

void Server::leave() { state_->leave(); }

absl::Status Server::stop() { return state_->stop(); }

const std::string& Server::advertised() const { return state_->advertised; }

}  // namespace petrel::broker
